import type { Attributes } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type * as GenAiPrices from '@pydantic/genai-prices';
import { ATTR } from '../semconv.js';
import { copySpan } from './copy-span.js';
import { computeCost, findPrice, roundDollars, type CallUsage, type PriceTable } from './price-table.js';

/**
 * Which prices model calls are stamped with. Without any of it none is: Spanledger's collector prices what it receives by
 * kept-up prices and the project's own, and says so (`computed`).
 */
export interface CostOptions {
  /** Own prices. What they say is written as the call's cost, which every backend takes for what was billed. */
  prices?: PriceTable;
  /**
   * Whether models that `prices` does not have are priced by `@pydantic/genai-prices`; false by default. For backends
   * that can't price by themselves. It is loaded when the first call with tokens ends (some 800 kB, never at import), and
   * batches wait until it is there; where it can't be loaded they go as they are.
   */
  library?: boolean;
  /**
   * Whether a cost by the library is written as the call's cost, too; false by default. Spanledger's collector would take
   * it for a reported one and no longer compute its own.
   */
  libraryAsReported?: boolean;
}

/** Stamps costs on spans. */
export interface CostStamp {
  /** The span itself, or a copy with its cost. */
  stamp: (span: ReadableSpan) => ReadableSpan;
  /** As `prepare` of the span transform. */
  prepare: (spans: readonly ReadableSpan[]) => Promise<void> | undefined;
}

/** Values of `spanledger.cost.source`. */
export const COST_SOURCE = { ownPrices: 'sdk:prices', library: 'sdk:@pydantic/genai-prices' } as const;

type Library = typeof GenAiPrices;

/** Operations that are one call of a model: on those around them the same tokens would be paid twice. */
const CALLS: ReadonlySet<string> = new Set(['chat', 'text_completion', 'generate_content', 'embeddings']);

/** Where others write what a call cost (spec/dialects.md, 1.4): it is known better than a price list could. */
const REPORTED_COSTS = [
  ATTR.cost,
  ATTR.costUsd,
  'operation.cost',
  'llm.cost.total',
  'langfuse.observation.cost_details',
  'mlflow.llm.cost',
];

/**
 * Creates what writes a cost on ended model calls that report tokens and none: `spanledger.cost.usd` and
 * `spanledger.cost.source`, which say that it was computed and by whom, and, from own prices, `gen_ai.usage.cost`.
 */
export function createCostStamp({ prices, library, libraryAsReported = false }: CostOptions): CostStamp {
  const loader = library === true ? new LibraryLoader() : undefined;
  const isLeftToLibrary = (call: Call): boolean =>
    prices === undefined || findPrice(prices, call.model, call.provider) === undefined;

  return {
    stamp: (span) => {
      const call = readCall(span);
      if (call === undefined) return span;
      const own = prices && findPrice(prices, call.model, call.provider);
      if (own !== undefined) return withCost(span, computeCost(own, call.usage), COST_SOURCE.ownPrices, true);
      if (loader?.loaded === undefined) return span;
      return withCost(span, priceByLibrary(loader.loaded, call), COST_SOURCE.library, libraryAsReported);
    },
    prepare: (spans) => {
      if (loader === undefined || loader.isSettled) return undefined;
      const needsLibrary = spans.some((span) => {
        const call = readCall(span);
        return call !== undefined && isLeftToLibrary(call);
      });
      return needsLibrary ? loader.load() : undefined;
    },
  };
}

class LibraryLoader {
  loaded: Library | undefined;
  isSettled = false;
  #loading: Promise<void> | undefined;

  load(): Promise<void> {
    this.#loading ??= import('@pydantic/genai-prices')
      .then((library) => {
        this.loaded = library;
      })
      .catch(() => undefined)
      .finally(() => {
        this.isSettled = true;
      });
    return this.#loading;
  }
}

interface Call {
  model: string;
  provider: string | undefined;
  usage: CallUsage;
  startMillis: number;
}

/** The model call that a span is, if it reports tokens and no cost. */
function readCall({ attributes, startTime }: ReadableSpan): Call | undefined {
  const model = readText(attributes, [ATTR.responseModel, ATTR.requestModel]);
  const operation = attributes[ATTR.operationName];
  if (model === undefined || attributes[ATTR.pending] === true) return undefined;
  if (operation !== undefined && !(typeof operation === 'string' && CALLS.has(operation))) return undefined;
  if (REPORTED_COSTS.some((key) => attributes[key] !== undefined)) return undefined;
  const usage = readUsage(attributes);
  if (usage === undefined) return undefined;
  const provider = readText(attributes, [ATTR.providerName, 'gen_ai.system']);
  return { model, provider, usage, startMillis: hrTimeToMilliseconds(startTime) };
}

/** Names of all generations of the conventions (spec/dialects.md, 1.4). */
function readUsage(attributes: Attributes): CallUsage | undefined {
  const input = readCount(attributes, [ATTR.inputTokens, 'gen_ai.usage.prompt_tokens']);
  const output = readCount(attributes, [ATTR.outputTokens, 'gen_ai.usage.completion_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const cacheRead =
    readCount(attributes, [ATTR.cacheReadTokens, 'gen_ai.usage.cache_read_input_tokens']) ?? 0;
  const cacheWrite =
    readCount(attributes, [
      ATTR.cacheWriteTokens,
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.cache_creation_input_tokens',
      'gen_ai.usage.cache_write_input_tokens',
    ]) ?? 0;
  const reasoning = readCount(attributes, [ATTR.reasoningTokens, 'gen_ai.usage.reasoning_tokens']) ?? 0;
  const told = input ?? 0;
  return {
    // Who tells less input than came from the cache does not count that in (spec/dialects.md, 1.4, rule a).
    input: cacheRead + cacheWrite > told ? told + cacheRead + cacheWrite : told,
    output: Math.max(output ?? 0, reasoning),
    cacheRead,
    cacheWrite,
    reasoning,
  };
}

function readText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function readCount(attributes: Attributes, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  }
  return undefined;
}

/** Usage keys and inclusive counts as in `calcPrice` of @pydantic/genai-prices 0.1.8; it throws at usage that it refuses. */
function priceByLibrary(
  { calcPrice }: Library,
  { model, provider, usage, startMillis }: Call,
): number | undefined {
  try {
    const price = calcPrice(
      {
        input_tokens: usage.input,
        cache_read_tokens: usage.cacheRead,
        cache_write_tokens: usage.cacheWrite,
        output_tokens: usage.output,
        output_reasoning_tokens: usage.reasoning,
      },
      model,
      { timestamp: new Date(startMillis), ...(provider === undefined ? {} : { providerId: provider }) },
    );
    return price === null ? undefined : roundDollars(price.total_price);
  } catch {
    return undefined;
  }
}

function withCost(
  span: ReadableSpan,
  usd: number | undefined,
  source: string,
  isReported: boolean,
): ReadableSpan {
  if (usd === undefined) return span;
  return copySpan(span, {
    attributes: {
      ...span.attributes,
      [ATTR.costUsd]: usd,
      [ATTR.costSource]: source,
      ...(isReported ? { [ATTR.cost]: usd } : {}),
    },
  });
}
