import type { Rerun } from '../../../contract/rerun-shapes.js';
import { parseDecimal, renderDecimal, sumDecimals } from '../../../model/decimal.js';

/** Sums over traces; money is decimal text. */
export type TallyTotals = Omit<Rerun['changes']['before'], 'cost_usd'> & { cost_usd: string | null };

/** What a rerun has done so far. */
export interface RerunTally {
  counts: Record<'traces_done' | 'traces_changed' | 'spans_done' | 'spans_changed' | 'spans_skipped', number>;
  changes: { fields: Rerun['changes']['fields']; before: TallyTotals; after: TallyTotals };
}

/** Columns by name, as JSON values. */
export type FieldValues = Readonly<Record<string, unknown>>;

const EXAMPLES = 3;
/** A field in one dialect is one; more than these are all alike. */
const MAX_FIELDS = 1_000;

const SUMS = [
  'llm_calls',
  'failed_llm_calls',
  'tool_calls',
  'error_count',
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const;

const NO_TOTALS: TallyTotals = {
  llm_calls: 0,
  failed_llm_calls: 0,
  tool_calls: 0,
  error_count: 0,
  input_tokens: null,
  output_tokens: null,
  cached_input_tokens: null,
  cache_write_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
};

export function createTally(): RerunTally {
  return {
    counts: { traces_done: 0, traces_changed: 0, spans_done: 0, spans_changed: 0, spans_skipped: 0 },
    changes: { fields: [], before: { ...NO_TOTALS }, after: { ...NO_TOTALS } },
  };
}

/** The names of the columns that differ; a column that is absent is null. */
export function listDifferences(before: FieldValues, after: FieldValues): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => canonical(name, before[name]) !== canonical(name, after[name]));
}

/** Notes one span, or one report, that came out differently in these columns. */
export function addDifferences(
  { counts, changes }: RerunTally,
  place: { trace_id: string | null; span_id: string },
  before: FieldValues,
  after: FieldValues,
  names: readonly string[],
): void {
  counts.spans_changed += 1;
  const dialect = typeof after.dialect === 'string' ? after.dialect : null;
  for (const field of names) {
    let known = changes.fields.find((other) => other.dialect === dialect && other.field === field);
    if (known === undefined) {
      if (changes.fields.length >= MAX_FIELDS) continue;
      known = { dialect, field, count: 0, examples: [] };
      changes.fields.push(known);
    }
    known.count += 1;
    if (known.examples.length < EXAMPLES) {
      known.examples.push({ ...place, before: before[field] ?? null, after: after[field] ?? null });
    }
  }
  changes.fields.sort((a, b) => b.count - a.count);
}

export function addTotals(sum: TallyTotals, totals: TallyTotals): void {
  for (const name of SUMS) {
    const value = totals[name];
    if (value !== null) sum[name] = (sum[name] ?? 0) + value;
  }
  const costs = [sum.cost_usd, totals.cost_usd].filter((cost) => cost !== null);
  sum.cost_usd = costs.length === 0 ? null : sumDecimals(costs);
}

export function areSameTotals(left: TallyTotals, right: TallyTotals): boolean {
  return listDifferences(left, right).length === 0;
}

/** One text for one value: amounts of money may be written in several ways. */
function canonical(name: string, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'null';
  const decimal = name.endsWith('cost_usd') && typeof value === 'string' ? parseDecimal(value) : null;
  return decimal === null ? JSON.stringify(value) : renderDecimal(decimal);
}
