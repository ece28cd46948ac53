import {
  findProvider,
  type ConditionalPrice,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices';
import { parseDecimal, type Decimal } from '../model/decimal.js';
import type { RateClass } from '../model/price.js';
import { compileMatch, isOtherRelease, type Matcher } from './model-match.js';
import type { TieredRate, TieredRates } from './bill.js';

/** The version of @pydantic/genai-prices whose data is used; a test holds it against the package. */
export const LIBRARY_VERSION = '0.1.8';

/** Kept-up prices of many providers. Pure, the same answer always. */
export interface PriceLibrary {
  readonly version: string;
  findList(id: string): PriceList | undefined;
  /** The id of the list of whoever answers at a host. */
  findListOfHost(host: string): string | undefined;
}

export interface PriceList {
  readonly id: string;
  /** The model that a name in lower case fits best; `ambiguous` where several fit equally well. */
  findModel(name: string, how: 'whole' | 'loose'): ListedModel | 'ambiguous' | undefined;
}

export interface ListedModel {
  readonly list: string;
  readonly id: string;
  /** By date and time of day; the last one that holds is the price, the first one where none does. */
  readonly prices: readonly DatedPrice[];
}

export interface DatedPrice {
  readonly rates: TieredRates;
  /** False where the model is billed by something else than tokens, or nobody knows how. */
  readonly isByTokens: boolean;
  /** When the price is in force and what it does not cover, in words. */
  readonly steps: readonly string[];
  holdsAt(timeMillis: number): boolean;
}

/**
 * What each price key of the library says, in the classes that tokens come in. Keys not named here cannot be billed
 * by tokens. (`cache_write_mtok` is the rate of writes kept for 5 minutes; see data of `anthropic`, 0.1.8.)
 */
const CLASS_OF_KEY: ReadonlyMap<string, RateClass> = new Map([
  ['input_mtok', 'input'],
  ['cache_read_mtok', 'cache_read'],
  ['cache_write_mtok', 'cache_write'],
  ['cache_write_5m_mtok', 'cache_write_5m'],
  ['cache_write_1h_mtok', 'cache_write_1h'],
  ['input_audio_mtok', 'input_audio'],
  ['input_image_mtok', 'input_image'],
  ['output_mtok', 'output'],
  ['output_reasoning_mtok', 'reasoning'],
  ['output_audio_mtok', 'output_audio'],
  ['output_image_mtok', 'output_image'],
]);

/** The data bundled with @pydantic/genai-prices; each list is compiled when it is first asked for. */
export const bundledLibrary: PriceLibrary = createBundledLibrary();

function createBundledLibrary(): PriceLibrary {
  const lists = new Map<string, PriceList | undefined>();
  return {
    version: LIBRARY_VERSION,
    findList(id) {
      if (!lists.has(id)) {
        const provider = findProvider({ providerId: id });
        lists.set(id, provider?.id === id ? compileList(id, provider.models) : undefined);
      }
      return lists.get(id);
    },
    findListOfHost: (host) => findProvider({ providerApiUrl: `https://${host}/` })?.id,
  };
}

interface CompiledModel {
  model: ListedModel;
  matches: Matcher;
}

function compileList(id: string, models: readonly ModelInfo[]): PriceList {
  const all = models.map((info) => ({
    info,
    model: compileModel(id, info),
    matches: compileMatch(info.match),
  }));
  const byName = new Map<string, ListedModel>();
  const add = (name: string, model: ListedModel): void => {
    if (!byName.has(name.toLowerCase())) byName.set(name.toLowerCase(), model);
  };
  for (const { info, model } of all) for (const name of literalsOf(info.match, 'equals')) add(name, model);
  for (const { info, model } of all)
    for (const name of literalsOf(info.match, 'starts_with')) add(name, model);
  for (const { model } of all) add(model.id, model);
  return {
    id,
    findModel(name, how) {
      return byName.get(name) ?? (how === 'whole' ? undefined : findBest(all, name));
    },
  };
}

/** The texts that a whole name may be: prefixes too, which a name may consist of. */
function literalsOf(logic: MatchLogic, kind: 'equals' | 'starts_with'): string[] {
  if ('or' in logic) return logic.or.flatMap((part) => literalsOf(part, kind));
  if (kind === 'equals') return 'equals' in logic ? [logic.equals] : [];
  return 'starts_with' in logic ? [logic.starts_with] : [];
}

function findBest(models: readonly CompiledModel[], name: string): ListedModel | 'ambiguous' | undefined {
  let best: CompiledModel | undefined;
  let bestFit = -1;
  let isTied = false;
  for (const candidate of models) {
    const fit = candidate.matches(name);
    if (fit === undefined || fit < bestFit || isOtherRelease(name, candidate.model.id)) continue;
    isTied = fit === bestFit;
    best = candidate;
    bestFit = fit;
  }
  return isTied ? 'ambiguous' : best?.model;
}

function compileModel(list: string, { id, prices }: ModelInfo): ListedModel {
  const dated = Array.isArray(prices) ? prices : [{ prices }];
  return { list, id, prices: dated.map((price) => compilePrice(id, price)) };
}

function compilePrice(modelId: string, { prices, constraint }: ConditionalPrice): DatedPrice {
  const rates: TieredRates = {};
  const otherKeys: string[] = [];
  for (const [key, value] of Object.entries(prices)) {
    if (value === undefined) continue;
    const rateClass = CLASS_OF_KEY.get(key);
    const rate = rateClass === undefined ? null : compileRate(value);
    if (rateClass === undefined || rate === null) otherKeys.push(key);
    else rates[rateClass] = rate;
  }
  // A list without any rate is of a free model only where the name says so: the library leaves out what it lacks, too.
  const isFree = modelId.endsWith(':free') && Object.keys(prices).length === 0;
  return {
    rates,
    isByTokens: isFree || rates.input !== undefined,
    steps: [
      ...describeConstraint(constraint),
      ...(isFree ? ['free of charge'] : []),
      ...describeOthers(otherKeys),
    ],
    holdsAt: compileConstraint(constraint),
  };
}

function describeOthers(keys: readonly string[]): string[] {
  const name = (key: string) => key.replace(/_(?:mtok|kcount)$/, '').replaceAll('_', ' ');
  const isRate = (key: string) => key.endsWith('_mtok');
  const untold = keys.filter(isRate).map(name).join(', ');
  const others = keys
    .filter((key) => !isRate(key))
    .map(name)
    .join(', ');
  return [
    ...(untold === ''
      ? []
      : [`the counts do not tell apart what these rates of the list are for: ${untold}`]),
    ...(others === '' ? [] : [`tokens only: ${others} of the list not charged`]),
  ];
}

/**
 * A tier's rate is for the whole request once its input tokens, cached ones included, are more than `start`:
 * `a > o.start && (i = o.price); return i * t / 1e6` with `a` = `input_tokens` (dist/index.js of 0.1.8).
 */
function compileRate(value: NonNullable<ModelPrice[string]>): TieredRate | null {
  if (typeof value === 'number') {
    const base = decimalOf(value);
    return base === null ? null : { base, tiers: [] };
  }
  const base = decimalOf(value.base);
  if (base === null) return null;
  const tiers = value.tiers.flatMap(({ start, price }) => {
    const rate = decimalOf(price);
    return rate === null ? [] : [{ above: start, rate }];
  });
  return { base, tiers: tiers.sort((left, right) => left.above - right.above) };
}

/** The library's numbers are decimals written as JavaScript numbers; their shortest text is what was written. */
function decimalOf(value: number): Decimal | null {
  return value >= 0 ? parseDecimal(String(value)) : null;
}

type Constraint = ConditionalPrice['constraint'];

const DAY_MILLIS = 86_400_000;

/** As in the library: dates begin at midnight UTC, a time of day may run over midnight, its end is exclusive. */
function compileConstraint(constraint: Constraint): (timeMillis: number) => boolean {
  if (constraint === undefined) return () => true;
  if (constraint.type === 'start_date') {
    const start = Date.parse(constraint.start_date);
    return (timeMillis) => timeMillis >= start;
  }
  const start = millisOfDay(constraint.start_time);
  const end = millisOfDay(constraint.end_time);
  return (timeMillis) => {
    const now = ((timeMillis % DAY_MILLIS) + DAY_MILLIS) % DAY_MILLIS;
    return end < start ? now >= start || now < end : now >= start && now < end;
  };
}

function describeConstraint(constraint: Constraint): string[] {
  if (constraint === undefined) return [];
  return constraint.type === 'start_date'
    ? [`rates in force since ${constraint.start_date}`]
    : [`rates in force from ${constraint.start_time} to ${constraint.end_time}`];
}

/** `16:30:00Z` or with an offset, in milliseconds since midnight UTC. */
function millisOfDay(time: string): number {
  const millis = Date.parse(`1970-01-02T${time}`);
  return ((millis % DAY_MILLIS) + DAY_MILLIS) % DAY_MILLIS;
}
