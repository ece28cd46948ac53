import type { Usage, UsageDetails } from './gen-ai.js';
import type { JsonValue } from './json.js';
import type { SpanType } from './normalized-span.js';

/** Where a value is from. All null where it is from no attribute and no table, such as the type of a plain span. */
export interface ExplainedSource {
  dialect: string | null;
  /** The attribute it was read from; null where it follows from something else, which `about` says. */
  key: string | null;
  about: string | null;
}

export interface ExplainedField extends ExplainedSource {
  /** A column of the span in camel case: `inputTokens`, `provider`, `outcome` … */
  field: string;
  /** As the column holds it. */
  value: JsonValue;
  /** The place in the JSON that the attribute holds, its steps joined with dots; null for the whole attribute. */
  path: string | null;
}

/** An attribute that a table reads and that this span's columns are not from. */
export interface PassedOverKey {
  key: string;
  /** What could have been read from it. */
  field: string;
  dialect: string;
  because: string;
}

export interface ExplainedBody {
  field: string;
  dialect: string;
  /**
   * Attributes, a flattened family as its prefix with `*`; empty where it was read from span events or log records.
   */
  keys: string[];
}

/** How the token counts came about. */
export interface ExplainedUsage {
  /** The counts as the sender wrote them. */
  sent: Usage;
  /** Cached tokens inside the input, reasoning inside the output. */
  usage: Usage;
  details: UsageDetails;
  /** How the sender counts; null where it counts like the conventions, or nothing shows a difference. */
  rule: { isCacheApart: boolean; isReasoningApart: boolean; because: string } | null;
}

/** Which part of a span each of its columns is from, so that every column can be checked against what was sent. */
export interface SpanExplanation {
  type: ExplainedSource & { value: SpanType };
  /** Only the columns that have a value. */
  fields: ExplainedField[];
  passedOver: PassedOverKey[];
  /** Attributes that no table reads, in the order in which they were sent. */
  unmapped: string[];
  bodies: ExplainedBody[];
  usage: ExplainedUsage;
}
