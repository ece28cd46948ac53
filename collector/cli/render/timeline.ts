import type { TimelineEntry } from '../../contract/answers.js';
import { renderDuration } from './figures.js';
import type { Brush, Canvas } from './paint.js';
import { describeError, titleSpan } from './span-title.js';
import { cutText, measureWidth, padText } from './text.js';

const DEEPEST_INDENT = 10;
const LEAST_BAR_WIDTH = 10;

/**
 * A waterfall: the spans in the order given, each with a bar where it ran. The scale begins with the trace and is at
 * least `traceMillis` long, so that some of its spans stand where they would stand among all.
 */
export function renderTimeline(entries: readonly TimelineEntry[], canvas: Canvas, traceMillis = 0): string {
  if (entries.length === 0) return '';
  const { paint, width } = canvas;
  const rows = entries.map((entry) => ({ entry, title: describeEntry(entry), time: describeTime(entry) }));
  const scaleMillis = measureScale(entries, traceMillis);
  const timeWidth = rows.reduce((widest, row) => Math.max(widest, row.time.length), 0);
  const titleWidth = Math.min(
    rows.reduce((widest, row) => Math.max(widest, measureWidth(row.title)), 0),
    Math.max(16, Math.floor(width * 0.4)),
  );
  const barWidth = Math.max(LEAST_BAR_WIDTH, width - titleWidth - timeWidth - 4);
  const margin = ' '.repeat(titleWidth + 2);

  const lines = [paint.dim(margin + renderScale(scaleMillis, barWidth))];
  for (const { entry, title, time } of rows) {
    const laidTitle = padText(cutText(title, titleWidth), titleWidth);
    const bar = padText(drawBar(entry, scaleMillis, barWidth), barWidth);
    const titleBrush = entry.outcome === 'failed' ? paint.red : paint.plain;
    lines.push(
      `${titleBrush(laidTitle)}  ${chooseBarBrush(entry, canvas)(bar)}  ${time.padStart(timeWidth)}`,
    );
    const error = entry.outcome === 'failed' ? describeError(entry) : '';
    if (error !== '') lines.push(margin + paint.red(cutText(error, Math.max(16, width - margin.length))));
  }
  return lines.join('\n');
}

function measureScale(entries: readonly TimelineEntry[], traceMillis: number): number {
  return entries.reduce((most, entry) => Math.max(most, entry.offset_ms + entry.duration_ms), traceMillis);
}

/** The left end and the right. */
function renderScale(scaleMillis: number, width: number): string {
  return `0${renderDuration(scaleMillis).padStart(Math.max(0, width - 1))}`;
}

function drawBar(entry: TimelineEntry, scaleMillis: number, width: number): string {
  const columns = (millis: number) => (scaleMillis === 0 ? 0 : (millis / scaleMillis) * width);
  const left = Math.min(width - 1, Math.floor(columns(entry.offset_ms)));
  if (entry.duration_ms === 0) return `${' '.repeat(left)}▏`;
  const right = Math.round(columns(entry.offset_ms + entry.duration_ms));
  return ' '.repeat(left) + '█'.repeat(Math.min(width, Math.max(left + 1, right)) - left);
}

function describeEntry(entry: TimelineEntry): string {
  const { label, name } = titleSpan(entry);
  const mark = entry.outcome === 'failed' ? '✗ ' : '';
  return `${'  '.repeat(Math.min(DEEPEST_INDENT, entry.depth))}${mark}${label === '' ? '' : `${label} `}${name}`;
}

function describeTime(entry: TimelineEntry): string {
  return entry.outcome === 'running' ? 'running' : renderDuration(entry.duration_ms);
}

function chooseBarBrush(entry: TimelineEntry, { paint }: Canvas): Brush {
  if (entry.outcome === 'failed') return paint.red;
  switch (entry.type) {
    case 'llm':
    case 'embedding':
      return paint.magenta;
    case 'tool':
    case 'retrieval':
      return paint.cyan;
    case 'agent':
    case 'workflow':
      return paint.blue;
    default:
      return paint.dim;
  }
}
