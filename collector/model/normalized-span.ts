import type { Message, MessagePart, Usage } from './gen-ai.js';
import type { JsonValue } from './json.js';
import type { SpanData } from './span-data.js';

/** What kind of work a span is (spec of traces: entry types). `span` is anything that no dialect claims. */
export type SpanType =
  | 'agent'
  | 'llm'
  | 'tool'
  | 'handoff'
  | 'retrieval'
  | 'embedding'
  | 'rerank'
  | 'guardrail'
  | 'evaluation'
  | 'workflow'
  | 'step'
  | 'http'
  | 'db'
  | 'event'
  | 'span';

/** How the work ended, as understood; `status` is what the span itself says. */
export type Outcome = 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';

/**
 * What a span says of itself in today's GenAI conventions: light scalars only, one column each.
 * Identifiers and names are at most 200 characters (see `cutIdentifier`) and free of what Postgres text refuses.
 */
export interface SpanFacts {
  /** Name of the dialect that decided the type; null for a plain span. */
  dialect: string | null;
  type: SpanType;
  /** The operation name as the sender wrote it, such as `chat` or `ai.generateText`. */
  operation: string | null;
  outcome: Outcome;
  /** A copy sent when the span started (`spanledger.pending`); the real span replaces it. */
  isPending: boolean;
  agentName: string | null;
  agentId: string | null;
  agentVersion: string | null;
  agentType: string | null;
  requestModel: string | null;
  responseModel: string | null;
  provider: string | null;
  responseId: string | null;
  finishReasons: string[];
  toolName: string | null;
  toolCallId: string | null;
  sessionId: string | null;
  conversationId: string | null;
  userId: string | null;
  serviceName: string | null;
  environment: string | null;
  tags: string[];
  caseId: string | null;
  workflowId: string | null;
  attempt: number | null;
  /** As understood: `inputTokens` with cached tokens inside, `outputTokens` with reasoning inside. */
  usage: Usage;
  /** Decimal text in US dollars as the sender reported it, or null. */
  reportedCostUsd: string | null;
  errorType: string | null;
  errorMessage: string | null;
}

/** The message bodies of a span: read out of its raw attributes whenever they are needed, never stored twice. */
export interface SpanContent {
  inputMessages: Message[] | null;
  outputMessages: Message[] | null;
  systemInstructions: MessagePart[] | null;
  thinking: string[];
  toolArguments: JsonValue | undefined;
  toolResult: JsonValue | undefined;
  toolDefinitions: JsonValue | undefined;
  /** The input in the sender's own form: the text of the attribute it came from, or JSON text where it was spread. */
  rawInput: string | null;
  rawOutput: string | null;
}

/** A span with what was understood of it. */
export interface NormalizedSpan {
  data: SpanData;
  facts: SpanFacts;
  /** Attribute keys that hold message bodies: they are stored apart, with a retention of their own. */
  contentKeys: ReadonlySet<string>;
  /** True where the span's events hold message bodies (the first two generations of GenAI events). */
  hasContentEvents: boolean;
}
