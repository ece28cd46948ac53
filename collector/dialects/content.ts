import type { Message, MessagePart } from '../model/gen-ai.js';
import type { SpanContent, SpanFacts } from '../model/normalized-span.js';
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
  return readWhole(new SpanView(data, logs));
}

/** The same of a log record that reports something. */
export function readReportContent(log: LogRecordData): SpanContent {
  return readWhole(viewLog(log));
}

/**
 * The same as {@link readContent} of a span whose facts are known, each body read when it is asked for: a conversation
 * is sent again with every call, and most of it nobody asks for.
 */
export function openContent(data: SpanData, logs: readonly LogRecordData[], facts?: SpanFacts): SpanContent {
  return open(new SpanView(data, logs), facts);
}

/** The same of a log record that reports something. */
export function openReportContent(log: LogRecordData, facts?: SpanFacts): SpanContent {
  return open(viewLog(log), facts);
}

function open(view: SpanView, facts: SpanFacts | undefined): OpenContent {
  if (facts === undefined) readSpan(view, new Candidates(view));
  else Object.assign(view, { type: facts.type, dialect: facts.dialect });
  return new OpenContent(view);
}

function readWhole(view: SpanView): SpanContent {
  readSpan(view, new Candidates(view));
  const content = new OpenContent(view);
  return {
    inputMessages: content.inputMessages,
    outputMessages: content.outputMessages,
    systemInstructions: content.systemInstructions,
    thinking: content.thinking,
    toolArguments: content.toolArguments,
    toolResult: content.toolResult,
    toolDefinitions: content.toolDefinitions,
    rawInput: content.rawInput,
    rawOutput: content.rawOutput,
  };
}

/** Needs the view's type and dialect. */
class OpenContent implements SpanContent {
  readonly #view: SpanView;
  readonly #picks = new Map<ContentField, ContentPick<unknown> | undefined>();

  constructor(view: SpanView) {
    this.#view = view;
  }

  get inputMessages(): SpanContent['inputMessages'] {
    return this.#pick('inputMessages')?.value ?? null;
  }

  get outputMessages(): SpanContent['outputMessages'] {
    return this.#pick('outputMessages')?.value ?? null;
  }

  get systemInstructions(): SpanContent['systemInstructions'] {
    return this.#pick('systemInstructions')?.value ?? findSystemParts(this.inputMessages ?? []) ?? null;
  }

  get thinking(): string[] {
    return listThinking(this.outputMessages ?? []);
  }

  get toolArguments(): SpanContent['toolArguments'] {
    return this.#pick('toolArguments')?.value;
  }

  get toolResult(): SpanContent['toolResult'] {
    return this.#pick('toolResult')?.value;
  }

  get toolDefinitions(): SpanContent['toolDefinitions'] {
    return this.#pick('toolDefinitions')?.value;
  }

  get rawInput(): string | null {
    const pick = this.#pick('rawInput');
    return pick?.value ?? renderRaw(this.#view, this.#pick('toolArguments') ?? this.#pick('inputMessages'));
  }

  get rawOutput(): string | null {
    const pick = this.#pick('rawOutput');
    return pick?.value ?? renderRaw(this.#view, this.#pick('toolResult') ?? this.#pick('outputMessages'));
  }

  #pick<F extends ContentField>(field: F): ContentPick<ContentValues[F]> | undefined {
    if (!this.#picks.has(field)) this.#picks.set(field, pickContent(this.#view, field));
    return this.#picks.get(field) as ContentPick<ContentValues[F]> | undefined;
  }
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
