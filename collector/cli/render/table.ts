import type { Brush, Canvas } from './paint.js';
import { cleanLine, cutText, measureWidth, padText } from './text.js';

export interface Column<Row> {
  title: string;
  align?: 'left' | 'right';
  read(row: Row): string;
  brush?(row: Row): Brush;
  /** Shares the room that the others leave, and is cut to it; at least this many columns. */
  leastWidth?: number;
  /** Left out on a narrow terminal, the greatest number first, and where no row says anything; absent where it must stay. */
  dropOrder?: number;
}

const GAP = '  ';

/** Rows under titles in aligned columns; what does not fit is cut, and columns that may be dropped are dropped. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  canvas: Canvas,
): string {
  const texts = new Map(columns.map((column) => [column, rows.map((row) => cleanLine(column.read(row)))]));
  const natural = (column: Column<Row>) =>
    Math.max(measureWidth(column.title), ...(texts.get(column) ?? []).map(measureWidth));
  const widths = new Map(columns.map((column) => [column, natural(column)]));
  const isSaying = (column: Column<Row>) =>
    column.dropOrder === undefined || texts.get(column)?.some((text) => text !== '') === true;
  const kept = chooseColumns(columns.filter(isSaying), widths, canvas.width);
  shareWidth(kept, widths, canvas.width);

  const lay = (column: Column<Row>, text: string) =>
    padText(cutText(text, widths.get(column) ?? 0), widths.get(column) ?? 0, column.align);
  const head = kept.map((column) => lay(column, column.title)).join(GAP);
  const lines = rows.map((row, index) =>
    kept
      .map((column) => {
        const brush = column.brush?.(row) ?? canvas.paint.plain;
        return brush(lay(column, texts.get(column)?.[index] ?? ''));
      })
      .join(GAP)
      .trimEnd(),
  );
  return [canvas.paint.dim(head.trimEnd()), ...lines].join('\n');
}

function chooseColumns<Row>(
  columns: readonly Column<Row>[],
  widths: ReadonlyMap<Column<Row>, number>,
  width: number,
): readonly Column<Row>[] {
  const least = (column: Column<Row>) => {
    const natural = widths.get(column) ?? 0;
    return column.leastWidth === undefined ? natural : Math.min(column.leastWidth, natural);
  };
  let kept = columns;
  while (sum(kept.map(least)) + GAP.length * (kept.length - 1) > width) {
    const last = kept.reduce<Column<Row> | undefined>(
      (worst, column) => ((column.dropOrder ?? 0) > (worst?.dropOrder ?? 0) ? column : worst),
      undefined,
    );
    if (last === undefined) break;
    kept = kept.filter((column) => column !== last);
  }
  return kept;
}

/** Cuts the flexible columns, widest first, until the line fits. */
function shareWidth<Row>(
  columns: readonly Column<Row>[],
  widths: Map<Column<Row>, number>,
  width: number,
): void {
  const flexible = columns.filter((column) => column.leastWidth !== undefined);
  let excess =
    sum(columns.map((column) => widths.get(column) ?? 0)) + GAP.length * (columns.length - 1) - width;
  while (excess > 0) {
    const room = (column: Column<Row>) => (widths.get(column) ?? 0) - (column.leastWidth ?? 0);
    const widest = flexible.reduce<Column<Row> | undefined>(
      (best, column) => (best === undefined || room(column) > room(best) ? column : best),
      undefined,
    );
    if (widest === undefined || room(widest) <= 0) return;
    widths.set(widest, (widths.get(widest) ?? 0) - 1);
    excess -= 1;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
