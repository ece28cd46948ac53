import type { Brush, Canvas } from './paint.js';
import { cleanLine, cutText, measureWidth, padText, wrapText } from './text.js';

export interface Column<Row> {
  title: string;
  align?: 'left' | 'right';
  read(row: Row): string;
  brush?(row: Row): Brush;
  /** Shares the room that the others leave, and is cut to it; at least this many columns. */
  leastWidth?: number;
  /** Goes on beneath instead of being cut. */
  wraps?: boolean;
  /** Left out on a narrow terminal, the greatest number first, and where no row says anything; absent where it must stay. */
  dropOrder?: number;
  /** What it says in fewer columns; tried when its `order`, one among the drop orders, is the greatest that is left. */
  short?: { order: number; title: string; read: (row: Row) => string };
}

const GAP = '  ';

/** Rows under titles in aligned columns; what does not fit is cut, and columns that may be dropped are dropped. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  canvas: Canvas,
): string {
  const measured = columns.map((column) => measureColumn(column, rows));
  const isSaying = ({ column, texts }: Measured<Row>) =>
    column.dropOrder === undefined || texts.some((text) => text !== '');
  const kept = chooseColumns(measured.filter(isSaying), rows, canvas.width);
  shareWidth(kept, canvas.width);

  const lay = ({ column, width }: Measured<Row>, text: string) => padText(text, width, column.align);
  const head = kept.map((entry) => lay(entry, cutText(entry.column.title, entry.width))).join(GAP);
  const lines = rows.flatMap((row, index) => {
    const cells = kept.map((entry) => fitText(entry, entry.texts[index] ?? ''));
    const height = Math.max(...cells.map((parts) => parts.length));
    return Array.from({ length: height }, (_, line) =>
      kept
        .map((entry, place) => {
          const brush = entry.column.brush?.(row) ?? canvas.paint.plain;
          return brush(lay(entry, cells[place]?.[line] ?? ''));
        })
        .join(GAP)
        .trimEnd(),
    );
  });
  return [canvas.paint.dim(head.trimEnd()), ...lines].join('\n');
}

function fitText<Row>({ column, width }: Measured<Row>, text: string): string[] {
  return column.wraps === true ? wrapText(text, width) : [cutText(text, width)];
}

/** A column with what its rows say, and the width that takes, later the width it gets. */
interface Measured<Row> {
  column: Column<Row>;
  texts: readonly string[];
  width: number;
}

function measureColumn<Row>(column: Column<Row>, rows: readonly Row[]): Measured<Row> {
  const texts = rows.map((row) => cleanLine(column.read(row)));
  const width = texts.reduce((widest, text) => Math.max(widest, measureWidth(text)), 0);
  return { column, texts, width: Math.max(width, measureWidth(column.title)) };
}

/** Shortens and drops columns in their order until the rest fits. */
function chooseColumns<Row>(
  columns: readonly Measured<Row>[],
  rows: readonly Row[],
  width: number,
): readonly Measured<Row>[] {
  const least = ({ column, width: natural }: Measured<Row>) =>
    column.leastWidth === undefined ? natural : Math.min(column.leastWidth, natural);
  const orderOf = ({ column }: Measured<Row>) => Math.max(column.short?.order ?? 0, column.dropOrder ?? 0);
  let kept = columns;
  while (sum(kept.map(least)) + GAP.length * (kept.length - 1) > width) {
    const last = kept.reduce<Measured<Row> | undefined>(
      (worst, entry) => (orderOf(entry) > (worst === undefined ? 0 : orderOf(worst)) ? entry : worst),
      undefined,
    );
    if (last === undefined) break;
    kept = kept.flatMap((entry) => (entry === last ? shorten(last, rows) : entry));
  }
  return kept;
}

/** The column in its short form; none where it has no such form, or has it already. */
function shorten<Row>({ column }: Measured<Row>, rows: readonly Row[]): Measured<Row>[] {
  const { short, ...rest } = column;
  if (short === undefined || short.order < (column.dropOrder ?? 0)) return [];
  return [measureColumn({ ...rest, title: short.title, read: short.read }, rows)];
}

/** Cuts the flexible columns, widest first, until the line fits. */
function shareWidth<Row>(columns: readonly Measured<Row>[], width: number): void {
  const flexible = columns.filter(({ column }) => column.leastWidth !== undefined);
  const room = (entry: Measured<Row>) => entry.width - (entry.column.leastWidth ?? 0);
  let excess = sum(columns.map((entry) => entry.width)) + GAP.length * (columns.length - 1) - width;
  while (excess > 0) {
    const widest = flexible.reduce<Measured<Row> | undefined>(
      (best, entry) => (best === undefined || room(entry) > room(best) ? entry : best),
      undefined,
    );
    if (widest === undefined || room(widest) <= 0) return;
    widest.width -= 1;
    excess -= 1;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
