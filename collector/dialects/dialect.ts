import type { Message, MessagePart, Usage } from '../model/gen-ai.js';
import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import type { AnyValue } from '../model/any-value.js';
import type { Readable } from './readers/scalars.js';
import type { SpanView } from './span-view.js';

/** The light facts that tables can say, with what each is read as. */
export interface FactValues {
  isPending: boolean;
  operation: string;
  agentName: string;
  agentId: string;
  agentVersion: string;
  agentType: string;
  requestModel: string;
  responseModel: string;
  /** As sent; `normalizeProvider` makes it the conventions' name. */
  provider: string;
  responseId: string;
  /** As sent; `normalizeFinishReason` makes them the conventions' words. */
  finishReasons: string[];
  toolName: string;
  toolCallId: string;
  sessionId: string;
  conversationId: string;
  userId: string;
  tags: string[];
  caseId: string;
  workflowId: string;
  attempt: number;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  /** Only to check the others: no column of its own. */
  totalTokens: number;
  reportedCostUsd: string;
  errorType: string;
  errorMessage: string;
}

export type FactField = keyof FactValues;

/** The message bodies that tables can say. `rawInput` and `rawOutput` are only named where the winner's text won't do. */
export interface ContentValues {
  inputMessages: Message[];
  outputMessages: Message[];
  systemInstructions: MessagePart[];
  toolArguments: JsonValue;
  toolResult: JsonValue;
  toolDefinitions: JsonValue;
  rawInput: string;
  rawOutput: string;
}

export type ContentField = keyof ContentValues;

interface SourceConditions {
  /** Only for spans of these types. */
  only?: readonly SpanType[];
  /** A fallback: asked after all other sources of all dialects. */
  isLate?: boolean;
}

/** A fact that stands in an attribute, or with `path` at a place in the JSON that the attribute holds. */
export interface AttributeSource<T> extends SourceConditions {
  key: string;
  path?: readonly (string | number)[];
  read: (value: Readable) => T | undefined;
}

/** A fact that follows from more than one attribute, such as the span's name with its scope. */
export interface DerivedSource<T> extends SourceConditions {
  /** What it is derived from, as `docs/dialects.md` says it. */
  about: string;
  derive: (view: SpanView) => T | undefined;
}

export type FactSource<T> = AttributeSource<T> | DerivedSource<T>;

/** A message body. All its keys, and all keys with its prefix, are kept as content. */
export interface ContentSource<T> extends SourceConditions {
  keys?: readonly string[];
  /** Of flattened attributes, with the dot at its end. */
  prefix?: string;
  /** Reads span events and log records besides. */
  readsEvents?: boolean;
  read: (view: SpanView) => T | undefined;
}

/** One row of the table of roles. The lowest order that answers wins, whatever the dialect. */
export interface RoleSource {
  /** The place in the order of all dialects' marks (see `ROLE_ORDER`). */
  order: number;
  /** Asked only where this attribute is there; without a key always. */
  key?: string;
  /** What it says that `values` does not, as `docs/dialects.md` says it. */
  about?: string;
  /** The attribute's values that mean a role, where they can be listed. */
  values?: ReadonlyMap<string, SpanType>;
  read: (view: SpanView, value: AnyValue | undefined) => SpanType | undefined;
}

/** An attribute by which a sender marks a failure where the span's status may say nothing. */
export interface FailureSource {
  key: string;
  isFailure: (value: Readable) => boolean;
}

/** What one instrumentation's words mean. A new dialect is one such table and one line in `registry.ts`. */
export interface Dialect {
  name: string;
  /** Words that any span may have: they make no span an AI span. */
  isGeneral?: boolean;
  roles?: readonly RoleSource[];
  /** For each field the sources in order of preference. */
  facts?: { readonly [F in FactField]?: readonly FactSource<FactValues[F]>[] };
  content?: { readonly [F in ContentField]?: readonly ContentSource<ContentValues[F]>[] };
  failures?: readonly FailureSource[];
  /** Bodies that no field is read from, but that are bodies all the same. */
  otherContentKeys?: readonly string[];
  otherContentPrefixes?: readonly string[];
  /** True where the sender is known to leave cached tokens out of its input tokens. */
  isCacheExcluded?: (view: SpanView, usage: Usage) => boolean;
}

/** The order in which marks of a span's role are believed, most specific first. */
export const ROLE_ORDER = {
  logfirePending: 0,
  langfuse: 1,
  openInference: 2,
  langSmith: 3,
  mastra: 4,
  vercelAi: 5,
  genAiOperation: 6,
  mlflow: 7,
  openLlmetry: 8,
  llmRequestType: 9,
  claudeCode: 10,
  googleAdk: 11,
  spanNames: 12,
  mcp: 13,
  modelWithUsage: 14,
  general: 15,
} as const;
