import type { CollectedSpan } from './collected-span.js';
import { showValue } from './match-value.js';
import {
  readCost,
  readModel,
  readNumber,
  readOutcome,
  readOutput,
  readProvider,
  readUsage,
} from './span-facts.js';
import { placeSpans, type SpanNode } from './span-tree.js';
import { ATTR } from '../semconv.js';
import { readFailure } from './span-queries.js';

/** What {@link renderTree} writes besides names, types, tokens, costs, durations and errors. */
export interface RenderOptions {
  /** Arguments and results of tools and outputs of agents and models, cut to a line. Default false. */
  content?: boolean | undefined;
  /** The start of each span, in milliseconds after that of the first. Default false. */
  starts?: boolean | undefined;
}

/** Room for a value on a line. */
const MAX_VALUE = 80;

/**
 * Writes spans as a tree of text, a line each, in the order in which they are given: stable for snapshots as far as ids,
 * clock and the order of the code's own work are.
 */
export function renderTree(spans: readonly CollectedSpan[], options: RenderOptions = {}): string {
  const first = Math.min(...spans.map(({ startMillis }) => startMillis));
  const lines: string[] = [];
  const write = (node: SpanNode, head: string, indent: string): void => {
    lines.push(head + renderSpan(node.span, first, options));
    node.children.forEach((child, index) => {
      const isLast = index === node.children.length - 1;
      write(child, indent + (isLast ? '└─ ' : '├─ '), indent + (isLast ? '   ' : '│  '));
    });
  };
  for (const root of placeSpans(spans).roots) write(root, '', '');
  return lines.join('\n');
}

function renderSpan(span: CollectedSpan, first: number, { content, starts }: RenderOptions): string {
  const facts = [
    span.type,
    starts === true ? `at ${renderDuration(span.startMillis - first)}` : undefined,
    renderModel(span),
    renderTokens(span),
    renderCost(span),
    span.type === 'record' ? undefined : renderDuration(span.durationMillis),
    renderEnding(span),
    content === true ? renderContent(span) : undefined,
  ];
  return `${span.name} (${facts.filter((fact) => fact !== undefined).join(', ')})`;
}

/** Where the name does not say it: the model that answered, and who serves it. */
function renderModel(span: CollectedSpan): string | undefined {
  if (span.type !== 'llm' && span.type !== 'embedding') return undefined;
  const model = readModel(span);
  const words = [
    readProvider(span),
    model !== undefined && !span.name.endsWith(` ${model}`) ? model : undefined,
  ];
  const known = words.filter((word) => word !== undefined);
  return known.length === 0 ? undefined : known.join(' ');
}

function renderTokens(span: CollectedSpan): string | undefined {
  const usage = readUsage(span);
  if (usage === undefined) return undefined;
  const cached = readNumber(span, ATTR.cacheReadTokens);
  const input = `${usage.inputTokens} in${cached === undefined || cached === 0 ? '' : ` (${cached} cached)`}`;
  return `${input} ${usage.outputTokens} out`;
}

function renderCost(span: CollectedSpan): string | undefined {
  const cost = readCost(span);
  return cost === undefined ? undefined : `$${Number(cost.toFixed(12))}`;
}

function renderEnding(span: CollectedSpan): string | undefined {
  const outcome = readOutcome(span);
  if (outcome === 'completed') return undefined;
  const { type, message } = readFailure(span) ?? {};
  if (outcome === 'cancelled') return 'cancelled';
  return `FAILED ${[type, message].filter((word) => word !== undefined).join(': ')}`.trim();
}

function renderContent(span: CollectedSpan): string | undefined {
  const output = readOutput(span);
  const input = span.attributes[ATTR.toolCallArguments];
  const words = [
    typeof input === 'string' ? cut(input) : undefined,
    output === undefined ? undefined : `→ ${cut(typeof output === 'string' ? output : showValue(output))}`,
  ].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(' ');
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > MAX_VALUE ? `${line.slice(0, MAX_VALUE - 1)}…` : line;
}

function renderDuration(millis: number): string {
  if (millis < 1_000) return `${trim(millis)} ms`;
  if (millis < 60_000) return `${trim(millis / 1_000)} s`;
  return `${Math.floor(millis / 60_000)} min ${trim((millis % 60_000) / 1_000)} s`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(3)));
}
