import { renderDecimal } from '../model/decimal.js';
import type { BilledCall, PriceAnswer, PriceBook, PriceRow } from '../model/price.js';
import { countOf, splitTokens } from '../model/token-classes.js';
import { makeBill, renderLine, tierOf, type Bill, type TieredRates } from './bill.js';
import { createMemo } from './memo.js';
import { findModel, findOrigin, type Finding } from './find-model.js';
import { bundledLibrary, type DatedPrice, type ListedModel, type PriceLibrary } from './price-library.js';
import { compileRows, isInForce, type CompiledRow } from './project-rows.js';
import { adviseUnpriced, type UnpricedReason } from './unpriced.js';

/** Models that a book remembers the match of. */
const MAX_REMEMBERED = 4096;

/** What the names of a call lead to, whatever its time and tokens. */
interface Match {
  /** Those of the project that fit, the most specific first; those that fit the response's model before all others. */
  rows: readonly { row: CompiledRow; path: readonly string[] }[];
  outcome: Finding['outcome'];
  steps: readonly string[];
}

/**
 * How a call is billed: by rates, for nothing, or not at all. Where the rates are complete, what they do not name costs
 * nothing, as the output of an embedding model does.
 */
type Verdict =
  | {
      rates: TieredRates;
      ref: string;
      path: readonly string[];
      steps: readonly string[];
      isComplete: boolean;
    }
  | { isLocal: true; path: readonly string[]; steps: readonly string[] }
  | { reason: UnpricedReason; path: readonly string[]; steps: readonly string[] };

/**
 * The prices of one project: its own rows first, then the library at the time of the call, then nothing for models on
 * machines of one's own. What has no price says why and is never 0. Pure; the same call always has the same answer.
 */
export function createPriceBook(
  rows: readonly PriceRow[],
  library: PriceLibrary = bundledLibrary,
): PriceBook {
  const compiled = compileRows(rows);
  const recall = createMemo(MAX_REMEMBERED, (call: BilledCall) => findMatch(call, compiled, library));
  let last: { call: BilledCall; match: Match } | undefined;
  const match = (call: BilledCall): Match => {
    if (last === undefined || !isAlike(last.call, call)) last = { call, match: recall(keyOf(call), call) };
    return last.match;
  };
  const judge = (call: BilledCall): { verdict: Verdict; bill: Bill | null } => {
    if (countOf(call.usage.inputTokens) === null && countOf(call.usage.outputTokens) === null)
      return { verdict: unpriced('no_usage'), bill: null };
    const verdict = decide(call, match(call), library.version);
    return 'rates' in verdict ? charge(call, verdict) : { verdict, bill: null };
  };
  return {
    price(call) {
      const { verdict, bill } = judge(call);
      return shortAnswer(verdict, bill);
    },
    explain(call) {
      const { verdict, bill } = judge(call);
      const steps = [...verdict.path, ...verdict.steps];
      if (bill !== null && 'rates' in verdict) steps.push(...billSteps(call, verdict.rates, bill));
      const classes = bill === null ? [] : bill.lines.map(renderLine);
      const advice = 'reason' in verdict ? adviseUnpriced(verdict.reason) : null;
      return { ...shortAnswer(verdict, bill), steps, classes, advice };
    },
  };
}

/** Everything of a call that {@link findMatch} reads. */
function keyOf({ provider, requestModel, responseModel, billing }: BilledCall): string {
  return JSON.stringify([provider, requestModel, responseModel, billing.serverAddress]);
}

/** That two calls have the same {@link keyOf}, which is dearer: a run mostly asks one model again and again. */
function isAlike(left: BilledCall, right: BilledCall): boolean {
  return (
    left.provider === right.provider &&
    left.requestModel === right.requestModel &&
    left.responseModel === right.responseModel &&
    left.billing.serverAddress === right.billing.serverAddress
  );
}

function shortAnswer(verdict: Verdict, bill: Bill | null): Pick<PriceAnswer, 'costUsd' | 'ref'> {
  if ('reason' in verdict) return { costUsd: null, ref: `unpriced:${verdict.reason}` };
  if ('isLocal' in verdict) return { costUsd: '0', ref: 'local' };
  return { costUsd: bill === null ? null : renderDecimal(bill.total), ref: verdict.ref };
}

function findMatch(call: BilledCall, rows: readonly CompiledRow[], library: PriceLibrary): Match {
  const names = [call.responseModel, call.requestModel].filter((name) => name !== null && name.trim() !== '');
  const distinct = [...new Set(names)] as string[];
  if (distinct.length === 0) return { rows: [], outcome: { reason: 'no_model' }, steps: [] };
  const origin = findOrigin(call.provider, call.billing.serverAddress, library);
  const findings = distinct.map((name) => findModel(name, origin, library));
  return {
    rows: findings.flatMap((finding) => fittingRows(rows, finding, call.provider)),
    ...choose(findings),
  };
}

function fittingRows(rows: readonly CompiledRow[], finding: Finding, provider: string | null): Match['rows'] {
  const name = provider?.trim().toLowerCase() ?? null;
  return rows.flatMap((row) => {
    if (row.row.provider !== null && row.row.provider.toLowerCase() !== name) return [];
    const fit = finding.spellings.find((spelling) => row.matches(spelling.name));
    if (fit === undefined) return [];
    return [{ row, path: [...fit.steps, `the project's price \`${row.row.pattern}\` fits \`${fit.name}\``] }];
  });
}

/** Reasons that say only that a name is not known, so that the other name of the call may be asked. */
const OPEN_REASONS: ReadonlySet<UnpricedReason> = new Set([
  'unknown_model',
  'not_in_list',
  'azure_deployment',
  'opaque_profile',
]);

/** The response's model, unless it is not known and the request's is; of two reasons the one that says more. */
function choose(findings: readonly Finding[]): Pick<Match, 'outcome' | 'steps'> {
  const steps: string[] = [];
  let best: Finding['outcome'] | undefined;
  for (const finding of findings) {
    steps.push(...finding.steps);
    const { outcome } = finding;
    if (!('reason' in outcome) || !OPEN_REASONS.has(outcome.reason)) return { outcome, steps };
    if (best === undefined || outcome.reason !== 'unknown_model') best = outcome;
  }
  return { outcome: best ?? { reason: 'no_model' }, steps };
}

/** Names of the tier that list prices are for; OpenAI's, Anthropic's and Groq's words for it. */
const STANDARD_TIERS = new Set(['', 'default', 'auto', 'standard', 'standard_only', 'on_demand']);

function decide(call: BilledCall, { rows, outcome, steps: path }: Match, version: string): Verdict {
  const tier = call.billing.serviceTier?.trim().toLowerCase() ?? '';
  const serviceTier = STANDARD_TIERS.has(tier) ? null : tier;
  const inputTokens = countOf(call.usage.inputTokens);
  let otherTierPath: readonly string[] | undefined;
  for (const { row, path: rowPath } of rows) {
    if (!isInForce(row, call.timeUnixNano)) continue;
    const found = row.ratesFor(serviceTier, inputTokens);
    if (found !== undefined)
      return { ...found, ref: `project:${row.row.id}`, path: rowPath, isComplete: false };
    otherTierPath ??= rowPath;
  }
  if (otherTierPath !== undefined)
    return unpriced('service_tier', otherTierPath, [`it has no rates for the service tier \`${tier}\``]);
  const hasList = 'model' in outcome;
  if (hasList && serviceTier !== null)
    return unpriced('service_tier', path, [`the list has no rates for the service tier \`${tier}\``]);
  if (hasList) return listVerdict(outcome.model, path, call.timeUnixNano, version);
  return 'isLocal' in outcome ? { isLocal: true, path, steps: [] } : unpriced(outcome.reason, path);
}

function listVerdict(
  model: ListedModel,
  path: readonly string[],
  timeUnixNano: bigint,
  version: string,
): Verdict {
  const price = priceAt(model, Number(timeUnixNano / 1_000_000n));
  if (price?.isByTokens !== true) return unpriced('no_token_rate', path, price?.steps);
  const ref = `library:${version}:${model.list}/${model.id}`;
  return { rates: price.rates, ref, path, steps: price.steps, isComplete: true };
}

/** The last one that holds, else the first, as the library reads its own data (dist/index.js of 0.1.8). */
function priceAt(model: ListedModel, timeMillis: number): DatedPrice | undefined {
  for (let index = model.prices.length - 1; index > 0; index--) {
    const price = model.prices[index];
    if (price?.holdsAt(timeMillis) === true) return price;
  }
  return model.prices[0];
}

function unpriced(
  reason: UnpricedReason,
  path: readonly string[] = [],
  steps: readonly string[] = [],
): Verdict {
  return { reason, path, steps };
}

function charge(
  { usage, billing }: BilledCall,
  verdict: Extract<Verdict, { rates: TieredRates }>,
): { verdict: Verdict; bill: Bill | null } {
  const bill = makeBill(splitTokens(usage, billing.details), verdict.rates, countOf(usage.inputTokens));
  if (verdict.isComplete || bill.unrated.length === 0) return { verdict, bill };
  const step = `it has no rate for ${bill.unrated.join(', ')}`;
  return { verdict: unpriced('no_token_rate', verdict.path, [...verdict.steps, step]), bill: null };
}

function billSteps({ usage }: BilledCall, rates: TieredRates, bill: Bill): string[] {
  const inputTokens = countOf(usage.inputTokens);
  const above = tierOf(rates, inputTokens);
  return [
    ...(above === null ? [] : [`rates of calls with more than ${String(above)} input tokens`]),
    ...(inputTokens === null ? ['input tokens unknown: not charged'] : []),
    ...(countOf(usage.outputTokens) === null ? ['output tokens unknown: not charged'] : []),
    ...bill.lines
      .filter(({ rateClass, rateOf }) => rateClass !== rateOf)
      .map(({ rateClass, rateOf }) => `${rateClass} charged at the rate of ${rateOf}`),
    ...(Object.keys(rates).length === 0 ? [] : bill.unrated).map(
      (rateClass) => `no rate for ${rateClass}: not charged`,
    ),
  ];
}
