import type { Message, MessagePart, Usage, UsageDetails } from '../model/gen-ai.js';
import type { JsonValue } from '../model/json.js';
import type { SpanType } from '../model/normalized-span.js';
import type { SpanData } from '../model/span-data.js';
import type { AnyValue } from '../model/any-value.js';
import type { Readable } from './readers/scalars.js';
import type { SpanView } from './span-view.js';

/** Counts of tokens as sent: whether cached and reasoning tokens are inside the others is the sender's way. */
type CountValues = Record<keyof Usage | keyof UsageDetails, number>;

/** The light facts that tables can say, with what each is read as. */
export interface FactValues extends CountValues {
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
  /** Before that of the resource. */
  environment: string;
  tags: string[];
  caseId: string;
  workflowId: string;
  attempt: number;
  /** Only to check the others: no column of its own. */
  totalTokens: number;
  reportedCostUsd: string;
  /** `default`, `flex`, `batch` …: only for the price. */
  serviceTier: string;
  /** Only for the price: a model on this machine costs nothing. */
  serverAddress: string;
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
  /** A correction: asked before all other sources, for a sender that is known to misuse another dialect's key. */
  isFirst?: boolean;
  /** Only where this dialect decided the role: for keys so general that anybody may mean something else by them. */
  isOwn?: boolean;
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
  /** The attributes that it looks at, so that they are known as read; it is asked only where one of them is there. */
  keys?: readonly string[];
  /** Asked also where none of its keys is there. */
  isAlwaysAsked?: boolean;
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
  /** Which values, as `docs/dialects.md` says it; needed where they are not `true` or `error`. */
  about?: string;
  isFailure: (value: Readable) => boolean;
  /** Only for spans of other types than these. */
  except?: readonly SpanType[];
  /** Only where this dialect decided the role. */
  isOwn?: boolean;
}

/** Log records that report something: each becomes an entry, read by the same tables as a span. */
export interface LogSource {
  /** Names of the event, in each form in which they are sent. */
  events: readonly string[];
  /** What `isOwn` asks beside the name, as `docs/dialects.md` says it. */
  about?: string;
  /** Of records with such a name, those that count: other senders may use it too, or send it twice. */
  isOwn?: (view: SpanView) => boolean;
  type: SpanType;
  /** The attribute that holds how long it took, in milliseconds; the record's time is its end. */
  durationKey?: string;
}

/** How a sender counts where it is known not to count like the conventions; what is left out is as they say. */
export interface CountingRule {
  /** Cached tokens stand beside the input tokens, not inside them. */
  isCacheApart?: boolean;
  /** Reasoning stands beside the output tokens, not inside them. */
  isReasoningApart?: boolean;
  /** Who counts so, as a reader is told it. */
  because: string;
}

/** What one instrumentation's words mean. A new dialect is one such table and one line in `registry.ts`. */
export interface Dialect {
  name: string;
  /** Words that any span may have: they make no span an AI span. */
  isGeneral?: boolean;
  /**
   * The name by which the spans are known whose role this table decides, where it is not the table's own: it only adds
   * one sender's words to another dialect, which that sender speaks. Nothing in such a table can be `isOwn`.
   */
  speaks?: string;
  /**
   * Recognises, by the scope's name or which keys are there, a sender that marks its spans in the conventions' own words
   * (`otel-genai`): they are then known as this dialect's. The answer is remembered for spans alike in both.
   */
  isSpeaker?: (view: SpanView) => boolean;
  /** What the functions of this table do, as `docs/dialects.md` says it: half sentences without a full stop. */
  about?: { speaker?: string; counting?: string; announced?: string };
  roles?: readonly RoleSource[];
  /** For each field the sources in order of preference. */
  facts?: { readonly [F in FactField]?: readonly FactSource<FactValues[F]>[] };
  content?: { readonly [F in ContentField]?: readonly ContentSource<ContentValues[F]>[] };
  failures?: readonly FailureSource[];
  /** Bodies that no field is read from, but that are bodies all the same. */
  otherContentKeys?: readonly string[];
  otherContentPrefixes?: readonly string[];
  /** Answers for spans whose sender is known to count differently. */
  findCountingRule?: (view: SpanView, sent: Usage) => CountingRule | undefined;
  logs?: readonly LogSource[];
  /**
   * For a span that only announces another: the span that it announces, as far as it is known, which takes its place
   * as a pending copy (see `spanledger.pending`).
   */
  readAnnounced?: (data: SpanData) => SpanData | undefined;
}

/** The order in which marks of a span's role are believed, most specific first. */
export const ROLE_ORDER = {
  logfirePending: 0,
  langfuse: 1,
  openInference: 2,
  langSmith: 3,
  mastra: 4,
  vercelAi: 5,
  /** Spans of single senders that are something else than their operation says. */
  misnomers: 6,
  genAiOperation: 7,
  mlflow: 8,
  openLlmetry: 9,
  llmRequestType: 10,
  claudeCode: 11,
  googleAdk: 12,
  spanNames: 13,
  mcp: 14,
  modelWithUsage: 15,
  general: 16,
  /** Spans of a sender that says nothing of what they are. */
  senders: 17,
} as const;
