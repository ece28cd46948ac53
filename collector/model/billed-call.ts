import type { SpanFacts, SpanType } from './normalized-span.js';
import type { BilledCall, Billing } from './price.js';
import type { SpanData } from './span-data.js';

/** What may cost something. Agents and workflows may be the only ones that say what the calls below them used. */
export const BILLED_TYPES: ReadonlySet<SpanType> = new Set(['llm', 'embedding', 'agent', 'workflow']);

/** The call that a span is billed as; undefined where there is nothing to price. */
export function readBilledCall(
  data: Pick<SpanData, 'startTimeUnixNano' | 'endTimeUnixNano'>,
  facts: SpanFacts,
  billing: Billing,
): BilledCall | undefined {
  const { type, provider, requestModel, responseModel, usage } = facts;
  if (!BILLED_TYPES.has(type) || (usage.inputTokens === null && usage.outputTokens === null))
    return undefined;
  const timeUnixNano = data.startTimeUnixNano === 0n ? data.endTimeUnixNano : data.startTimeUnixNano;
  return { provider, requestModel, responseModel, usage, billing, timeUnixNano };
}
