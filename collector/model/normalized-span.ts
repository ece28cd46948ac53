import { NO_USAGE } from './gen-ai.js';
import type { Message, MessagePart, Usage } from './gen-ai.js';
import type { JsonValue } from './json.js';
import type { Billing } from './price.js';
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

/**
 * The agent type of an SDK's outer operation (a generation with its tools and steps), which works like an agent but
 * which nobody has declared one: its name is a function's at most.
 */
export const AGENT_TYPE_OPERATION = 'operation';

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
  /** What the call cost by the prices when it came in, as decimal text; null where it has no price or no tokens. */
  computedCostUsd: string | null;
  /** Where that price is from, or why there is none (`PriceAnswer.ref`); null where there was nothing to price. */
  priceRef: string | null;
  errorType: string | null;
  errorMessage: string | null;
}

/** Of a plain span that completed and says nothing. */
export const NO_FACTS: SpanFacts = {
  dialect: null,
  type: 'span',
  operation: null,
  outcome: 'completed',
  isPending: false,
  agentName: null,
  agentId: null,
  agentVersion: null,
  agentType: null,
  requestModel: null,
  responseModel: null,
  provider: null,
  responseId: null,
  finishReasons: [],
  toolName: null,
  toolCallId: null,
  sessionId: null,
  conversationId: null,
  userId: null,
  serviceName: null,
  environment: null,
  tags: [],
  caseId: null,
  workflowId: null,
  attempt: null,
  usage: NO_USAGE,
  reportedCostUsd: null,
  computedCostUsd: null,
  priceRef: null,
  errorType: null,
  errorMessage: null,
};

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

/** Something about a span that its sender should mend; it was stored all the same. */
export interface SpanIssue {
  /** Stable code, `UPPER_SNAKE`. */
  code: string;
  /** The attribute that it is about; null where it is about the span. */
  key: string | null;
  message: string;
}

/** A span with what was understood of it. */
export interface NormalizedSpan {
  data: SpanData;
  facts: SpanFacts;
  /** For pricing it, beside the facts. */
  billing: Billing;
  /** Attribute keys that hold message bodies: they are stored apart, with a retention of their own. */
  contentKeys: ReadonlySet<string>;
  /** True where the span's events hold message bodies (the first two generations of GenAI events). */
  hasContentEvents: boolean;
  issues: readonly SpanIssue[];
}
