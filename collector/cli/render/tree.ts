import type { SessionEntry, SpanTree } from '../../contract/shapes.js';
import { isUnpriced, renderCallCost, renderDuration, renderQuantity, renderTokenFlow } from './figures.js';
import type { Brush, Canvas, Paint } from './paint.js';
import { findPlainSpans } from './plain-spans.js';
import { addReportedSteps, type ReportedTree } from './reported-steps.js';
import { describeError, titleSpan } from './span-title.js';
import { cutText, measureWidth, padText } from './text.js';
import { placeTree, type Placed } from './tree-guides.js';
import { findTroubled, foldSiblings, listParentsFirst, type TreeItem } from './tree-items.js';

export interface TreeOptions {
  /** Shows every sibling of a run of similar ones, and all plain spans. */
  showsAll?: boolean;
  /** Prints the id of each span, or of the log record that a step is known from, behind it. */
  showsIds?: boolean;
  /** Log records whose usage is counted, as steps of the tree. */
  reports?: readonly SessionEntry[];
  /** Text of a tool call's arguments, by span id. */
  argumentPreviews?: ReadonlyMap<string, string>;
}

/** One line of the tree before it is laid out; `beneath` is written under it. */
interface TreeLine {
  guide: string;
  pieces: { text: string; brush: Brush }[];
  time: { text: string; brush: Brush };
  tokens: string;
  cost: string;
  id: string;
  isSlow: boolean;
  beneath: { guide: string; text: string } | undefined;
}

/** A step that took a quarter of the trace, and at least this long, is worth a look. */
const SLOW_SHARE = 0.25;
const SLOW_MILLIS = 1000;
const SLOW_MARK = '▲ ';
const PLAIN_LEGEND = 'plain spans say nothing of agents, models and tools: --all shows each';
const SLOW_LEGEND = '▲ took a quarter of the trace or more';

/**
 * The steps of a trace as a tree: what ran, how long, with which model and how many tokens. Failed steps carry `✗` and
 * their message beneath, where the failure began; slow ones `▲`. Runs of similar siblings are summed up, and so are
 * many plain spans.
 */
export function renderTree(spans: readonly SpanTree[], canvas: Canvas, options: TreeOptions = {}): string {
  const { paint } = canvas;
  const { roots, recordIds } = addReportedSteps(spans, options.reports ?? []);
  const troubled = findTroubled(roots);
  const sets = { troubled, plain: findPlainSpans(roots, troubled) };
  const collapse = (siblings: readonly SpanTree[]) => foldSiblings(siblings, sets, options.showsAll ?? false);
  const placed = placeTree<TreeItem>(collapse(roots), (item) =>
    item.kind === 'span' ? collapse(item.span.children) : [],
  );
  const slowMillis = Math.max(SLOW_MILLIS, measureTrace(roots) * SLOW_SHARE);
  const lines = placed.map((place) => describePlaced(place, slowMillis, paint, { ...options, recordIds }));
  const legend = [
    ...(lines.some((line) => line.isSlow) ? [SLOW_LEGEND] : []),
    ...(placed.some(({ node }) => node.kind === 'plain') ? [PLAIN_LEGEND] : []),
  ];
  return [layLines(lines, canvas), ...legend.map(paint.dim)].join('\n');
}

/** Milliseconds from the first start to the last end. */
function measureTrace(roots: readonly SpanTree[]): number {
  const spans = listParentsFirst(roots);
  let start = Infinity;
  let end = -Infinity;
  for (const span of spans) {
    start = Math.min(start, Date.parse(span.started_at));
    end = Math.max(end, Date.parse(span.ended_at));
  }
  return Math.max(0, end - start);
}

function describePlaced(
  { node, guide, beneath }: Placed<TreeItem>,
  slowMillis: number,
  paint: Paint,
  options: TreeOptions & Pick<ReportedTree, 'recordIds'>,
): TreeLine {
  const summed = { guide, time: { text: '', brush: paint.dim }, id: '', isSlow: false, beneath: undefined };
  if (node.kind === 'plain') {
    const text = `× ${renderQuantity(node.count, 'plain span')}`;
    return { ...summed, pieces: [{ text, brush: paint.dim }], tokens: '', cost: '' };
  }
  if (node.kind === 'repeat') {
    return {
      ...summed,
      pieces: [
        { text: `× ${node.count} more ${node.names.join(' + ')}, --all shows each`, brush: paint.dim },
      ],
      time: { text: renderDuration(node.durationMillis), brush: paint.dim },
      tokens: renderTokenFlow(node.inputTokens, node.outputTokens),
      cost: renderCallCost(node.costUsd, node.hasUnpriced),
    };
  }
  const { span } = node;
  const isSlow = isStep(span) && span.duration_ms >= slowMillis;
  const error = chooseError(span);
  const recordId = options.recordIds.get(span);
  const mark = recordId === undefined ? [] : [{ text: ' from a log record', brush: paint.dim }];
  return {
    guide,
    pieces: [...describeSpan(span, paint, options.argumentPreviews?.get(span.span_id)), ...mark],
    time: {
      text:
        (isSlow ? SLOW_MARK : '') +
        (span.outcome === 'running' ? 'running' : renderDuration(span.duration_ms)),
      brush: isSlow ? paint.yellow : paint.plain,
    },
    tokens: span.counted ? renderTokenFlow(span.input_tokens, span.output_tokens) : '',
    cost: span.counted ? renderCallCost(span.cost_usd, isUnpriced(span)) : '',
    id: options.showsIds === true ? span.span_id : '',
    isSlow,
    beneath: error === '' ? undefined : { guide: beneath, text: error },
  };
}

/** Steps that hold others are slow because those are. */
function isStep(span: SpanTree): boolean {
  return span.children.length === 0 || span.type === 'llm';
}

function describeSpan(span: SpanTree, paint: Paint, preview: string | undefined): TreeLine['pieces'] {
  const { label, name, detail } = titleSpan(span, preview);
  const marks: Record<SpanTree['outcome'], string> = {
    completed: '',
    failed: '✗ ',
    running: '… ',
    waiting: '‖ ',
    cancelled: '○ ',
  };
  const nameBrush = span.outcome === 'failed' ? paint.red : span.type === 'agent' ? paint.bold : paint.plain;
  return [
    { text: marks[span.outcome], brush: span.outcome === 'failed' ? paint.red : paint.cyan },
    { text: label === '' ? '' : `${label} `, brush: paint.dim },
    { text: name, brush: nameBrush },
    { text: detail === '' ? '' : ` ${detail}`, brush: paint.dim },
  ];
}

/** The message of a failure, unless one of the children that failed says the same. */
function chooseError(span: SpanTree): string {
  if (span.outcome !== 'failed') return '';
  const error = describeError(span);
  const isRepeated = span.children.some(
    (child) => child.outcome === 'failed' && describeError(child) === error,
  );
  return isRepeated ? '' : error;
}

function layLines(lines: readonly TreeLine[], canvas: Canvas): string {
  const { paint, width } = canvas;
  const columnWidth = (read: (line: TreeLine) => string) =>
    lines.reduce((widest, line) => Math.max(widest, measureWidth(read(line))), 0);
  const timeWidth = columnWidth((line) => line.time.text);
  let tokensWidth = columnWidth((line) => line.tokens);
  let costWidth = columnWidth((line) => line.cost);
  const idWidth = columnWidth((line) => line.id);
  const rightWidth = () =>
    [timeWidth, tokensWidth, costWidth, idWidth].reduce((sum, one) => sum + (one && one + 2), 0);
  // On a narrow terminal the names matter most.
  if (width - rightWidth() < 36) tokensWidth = 0;
  if (width - rightWidth() < 30) costWidth = 0;
  const naturalLeft = lines.reduce((widest, line) => Math.max(widest, measureLeft(line)), 0);
  const leftWidth = Math.max(16, Math.min(naturalLeft, width - rightWidth()));

  const laid: string[] = [];
  for (const line of lines) {
    const cells = [layLeft(line, leftWidth, paint)];
    cells.push(line.time.brush(padText(line.time.text, timeWidth, 'right')));
    if (tokensWidth > 0) cells.push(padText(line.tokens, tokensWidth, 'right'));
    if (costWidth > 0) cells.push(padText(line.cost, costWidth, 'right'));
    if (idWidth > 0) cells.push(paint.dim(line.id));
    laid.push(cells.join('  ').trimEnd());
    if (line.beneath !== undefined) {
      const room = width - measureWidth(line.beneath.guide);
      laid.push(paint.dim(line.beneath.guide) + paint.red(cutText(line.beneath.text, Math.max(16, room))));
    }
  }
  return laid.join('\n');
}

function measureLeft(line: TreeLine): number {
  return line.pieces.reduce((sum, piece) => sum + measureWidth(piece.text), measureWidth(line.guide));
}

function layLeft(line: TreeLine, width: number, paint: Paint): string {
  const guide = cutText(line.guide, Math.max(0, width - 8));
  let room = width - measureWidth(guide);
  let laid = paint.dim(guide);
  for (const { text, brush } of line.pieces) {
    const cut = cutText(text, room);
    laid += brush(cut);
    room -= measureWidth(cut);
    if (cut !== text) break;
  }
  return laid + ' '.repeat(Math.max(0, room));
}
