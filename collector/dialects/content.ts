import type { Message, MessagePart } from '../model/gen-ai.js';
import type { SpanContent } from '../model/normalized-span.js';
import type { LogRecordData, SpanData } from '../model/span-data.js';
import { Candidates } from './candidates.js';
import type { ContentField, ContentSource, ContentValues } from './dialect.js';
import { readSpan } from './facts.js';
import { viewLog } from './log.js';
import { renderValue } from './readers/json.js';
import { REGISTRY } from './registry.js';
import { SpanView } from './span-view.js';

/** A body with where it came from. */
export interface ContentPick<T> {
  value: T;
  source: ContentSource<T>;
  dialect: string;
}

/**
 * The message bodies of a span, from its attributes and events and, where it has no message events of its own, from
 * the log records among `logs` that name it. Never throws; what is not there is null or undefined.
 */
export function readContent(data: SpanData, logs: readonly LogRecordData[]): SpanContent {
  return readContentOf(new SpanView(data, logs));
}

/** The same of a log record that reports something. */
export function readReportContent(log: LogRecordData): SpanContent {
  return readContentOf(viewLog(log));
}

function readContentOf(view: SpanView): SpanContent {
  readSpan(view, new Candidates(view));
  const input = pickContent(view, 'inputMessages');
  const output = pickContent(view, 'outputMessages');
  const toolArguments = pickContent(view, 'toolArguments');
  const toolResult = pickContent(view, 'toolResult');
  return {
    inputMessages: input?.value ?? null,
    outputMessages: output?.value ?? null,
    systemInstructions:
      pickContent(view, 'systemInstructions')?.value ?? findSystemParts(input?.value ?? []) ?? null,
    thinking: listThinking(output?.value ?? []),
    toolArguments: toolArguments?.value,
    toolResult: toolResult?.value,
    toolDefinitions: pickContent(view, 'toolDefinitions')?.value,
    rawInput: pickContent(view, 'rawInput')?.value ?? renderRaw(view, toolArguments ?? input),
    rawOutput: pickContent(view, 'rawOutput')?.value ?? renderRaw(view, toolResult ?? output),
  };
}

/** The body by the first source in order that has one. Needs the view's type. */
export function pickContent<F extends ContentField>(
  view: SpanView,
  field: F,
): ContentPick<ContentValues[F]> | undefined {
  for (const ranked of REGISTRY.content.get(field) ?? []) {
    const { source, dialect } = ranked;
    if (!isPresent(view, source) || source.only?.includes(view.type) === false) continue;
    if (source.isOwn === true && view.dialect !== dialect) continue;
    const value = source.read(view);
    if (value !== undefined) return { value, source, dialect } as unknown as ContentPick<ContentValues[F]>;
  }
  return undefined;
}

/** Flattened families are looked for by their reader. */
function isPresent(view: SpanView, source: ContentSource<unknown>): boolean {
  return source.keys === undefined || source.keys.some((key) => view.attributes.has(key));
}

function findSystemParts(messages: readonly Message[]): MessagePart[] | undefined {
  return messages.find((message) => message.role === 'system' && message.parts.length > 0)?.parts;
}

/** Of the output alone: reasoning in the input is the history's. */
function listThinking(messages: readonly Message[]): string[] {
  return messages.flatMap((message) =>
    message.parts.flatMap((part) =>
      part.type === 'reasoning' && typeof part.content === 'string' ? [part.content] : [],
    ),
  );
}

/** The text of the one attribute that a body came from, or the body as JSON text where it was spread. */
function renderRaw(view: SpanView, pick: ContentPick<unknown> | undefined): string | null {
  if (pick === undefined) return null;
  const present = (pick.source.keys ?? []).filter((key) => view.attributes.has(key));
  const key = present[0];
  if (present.length === 1 && key !== undefined) return renderValue(view.attributes.get(key) ?? null);
  return typeof pick.value === 'string' ? pick.value : JSON.stringify(pick.value);
}
