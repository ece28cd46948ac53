import { NO_USAGE, NO_USAGE_DETAILS, type Usage, type UsageDetails } from '../../collector/model/gen-ai.js';
import type { BilledCall } from '../../collector/model/price.js';

export interface CallFacts extends Partial<Usage>, Partial<UsageDetails> {
  provider?: string | null;
  model?: string | null;
  response?: string | null;
  server?: string | null;
  serviceTier?: string | null;
  at?: string;
}

/** A call of GPT-4o by OpenAI on 2026-10-01 without usage, except for what is said. */
export function billedCall(facts: CallFacts = {}): BilledCall {
  const pick = <T extends object>(defaults: T): T =>
    Object.fromEntries(
      Object.entries(defaults).map(([key, value]) => [key, (facts as Record<string, unknown>)[key] ?? value]),
    ) as T;
  return {
    provider: facts.provider === undefined ? 'openai' : facts.provider,
    requestModel: facts.model === undefined ? 'gpt-4o' : facts.model,
    responseModel: facts.response ?? null,
    usage: pick(NO_USAGE),
    billing: {
      details: pick(NO_USAGE_DETAILS),
      serviceTier: facts.serviceTier ?? null,
      serverAddress: facts.server ?? null,
    },
    timeUnixNano: nanos(facts.at ?? '2026-10-01'),
  };
}

export function nanos(time: string): bigint {
  return BigInt(Date.parse(time)) * 1_000_000n;
}
