import { randomUUID } from 'node:crypto';
import type { PriceQuote } from '../../contract/price-shapes.js';
import type { RouteInput } from '../../contract/route.js';
import type { Routes } from '../../contract/routes.js';
import type { BilledCall, PriceRow } from '../../model/price.js';
import { nowUnixNano, parseTime, renderTime } from '../../model/time.js';
import { splitTokens } from '../../model/token-classes.js';
import { presentPage, requireFound } from '../handler.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';
import { presentPrice, presentPriceAnswer, readPrice } from '../present-price.js';
import { presentTokenClasses } from '../present-usage.js';
import { findUncountedCalls } from '../uncounted-calls.js';
import { pagePrices } from '../price-cursor.js';

type QuoteQuery = RouteInput<Routes['prices']['quote']>['query'];

/** What is quoted where no count is given. */
const USUAL_TOKENS = 1_000;

export function createPriceHandlers(handlerOptions: HandlerOptions): GroupHandlers<Routes['prices']> {
  const { storage, understanding, startRerun } = handlerOptions;
  return {
    async list({ query }, projectId) {
      const { pattern, provider, ...options } = query;
      const rows = (await storage.listPrices(projectId)).filter(
        (row) =>
          (pattern === undefined || equalsName(row.pattern, pattern)) &&
          (provider === undefined || (row.provider !== null && equalsName(row.provider, provider))),
      );
      return presentPage(pagePrices(rows, options), presentPrice);
    },
    async create({ body }, projectId) {
      return presentPrice(await storage.putPrice(projectId, readPrice(randomUUID(), body)));
    },
    async quote({ query }, projectId) {
      const call = readQuotedCall(query);
      const answer = understanding.createPriceBook(await storage.listPrices(projectId)).explain(call);
      return { ...presentQuotedCall(query, call), ...presentPriceAnswer(answer) };
    },
    async missing({ query }, projectId) {
      const { from, to, ...options } = query;
      const leaveOut = await findUncountedCalls(handlerOptions, projectId, { from, to });
      const page = await storage.listUnpriced(projectId, { from, to }, { ...options, leaveOut });
      return presentPage(page, (row) => ({ ...row, advice: understanding.adviseUnpriced(row.reason) }));
    },
    recompute: ({ body }, projectId) => startRerun(projectId, 'prices', body),
    async get({ params }, projectId) {
      return presentPrice(await findPrice(projectId, params.price_id));
    },
    async replace({ params, body }, projectId) {
      const { id } = await findPrice(projectId, params.price_id);
      return presentPrice(await storage.putPrice(projectId, readPrice(id, body)));
    },
    async remove({ params }, projectId) {
      const row = await findPrice(projectId, params.price_id);
      await storage.deletePrice(projectId, row.id);
      return presentPrice(row);
    },
  };

  async function findPrice(projectId: string, id: string): Promise<PriceRow> {
    const rows = await storage.listPrices(projectId);
    return requireFound(
      rows.find((row) => row.id === id),
      `price ${id}`,
    );
  }
}

function equalsName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function readQuotedCall(query: QuoteQuery): BilledCall {
  const isCounted = Object.entries(query).some(
    ([name, value]) => name.endsWith('_tokens') && value !== undefined,
  );
  const usual = isCounted ? null : USUAL_TOKENS;
  return {
    provider: query.provider ?? null,
    requestModel: query.model,
    responseModel: null,
    usage: {
      inputTokens: query.input_tokens ?? usual,
      outputTokens: query.output_tokens ?? usual,
      cachedInputTokens: query.cached_input_tokens ?? null,
      cacheWriteTokens: query.cache_write_tokens ?? null,
      reasoningTokens: query.reasoning_tokens ?? null,
    },
    billing: {
      details: {
        cacheWrite5mTokens: query.cache_write_5m_tokens ?? null,
        cacheWrite1hTokens: query.cache_write_1h_tokens ?? null,
        inputAudioTokens: query.input_audio_tokens ?? null,
        outputAudioTokens: query.output_audio_tokens ?? null,
        inputImageTokens: query.input_image_tokens ?? null,
        outputImageTokens: query.output_image_tokens ?? null,
      },
      serviceTier: query.service_tier?.toLowerCase() ?? null,
      serverAddress: query.server_address ?? null,
    },
    timeUnixNano: (query.at === undefined ? undefined : parseTime(query.at)) ?? nowUnixNano(),
  };
}

function presentQuotedCall(
  query: QuoteQuery,
  { provider, usage, billing, timeUnixNano }: BilledCall,
): Pick<PriceQuote, 'model' | 'provider' | 'at' | 'token_classes'> {
  return {
    model: query.model,
    provider,
    at: renderTime(timeUnixNano),
    token_classes: presentTokenClasses(splitTokens(usage, billing.details)),
  };
}
