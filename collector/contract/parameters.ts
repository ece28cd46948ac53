import { z } from 'zod';

/** Ids in paths and queries are understood in upper case too. */
export const TraceIdParameter = z
  .string()
  .regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hexadecimal digits')
  .toLowerCase()
  .describe('Trace id: 32 hexadecimal digits.');

export const SpanIdParameter = z
  .string()
  .regex(/^[0-9a-fA-F]{16}$/, 'must be 16 hexadecimal digits')
  .toLowerCase()
  .describe('Span id: 16 hexadecimal digits.');

export const UuidParameter = z
  .string()
  .regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'must be a UUID')
  .toLowerCase();

export const ExecutionIdParameter = UuidParameter.describe('Execution id: a UUID.');

/** A text that must be equal to what was stored. */
export function textParameter(description: string) {
  return z.string().min(1, 'must not be empty').max(2_000).describe(description);
}

const AMOUNT = 'must be a number, 0 or more';

export function amountParameter(description: string) {
  return z.number(AMOUNT).min(0, AMOUNT).describe(description);
}

/** A whole number between two bounds. */
export function wholeNumberParameter(least: number, most: number) {
  const said = `must be a whole number from ${least} to ${most}`;
  return z.int(said).min(least, said).max(most, said);
}

/** A switch: `true` or `false`. */
export function switchParameter() {
  return z.boolean('must be true or false');
}

export const pageQuery = {
  limit: wholeNumberParameter(1, 500).default(50).describe('Rows in a page.'),
  cursor: z.string().min(1).max(4_000).optional().describe('The `next_cursor` of the page before.'),
};

/** How attributes are written: as plain JSON, or without any loss as OTLP/JSON encodes them. */
export const attributesQuery = {
  attributes: z
    .enum(['plain', 'typed'])
    .default('plain')
    .describe(
      '`plain`: JSON objects. `typed`: as OTLP/JSON encodes them, a list of `{key, value: {intValue: "1"}}`, so that types, 64-bit digits, bytes, NaN and duplicate keys are kept.',
    ),
};

export const payloadsQuery = {
  payloads: z
    .enum(['none', 'full'])
    .default('none')
    .describe('`full` loads the message bodies; `raw_input` and `raw_output` are cut at 4,096 bytes.'),
};

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+ -]\d\d:\d\d)$/;
const RELATIVE = /^(\d{1,9})(s|m|h|d|w)$/;
const LAST_MILLIS = Date.UTC(9999, 11, 31);
const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/**
 * The moment that a time filter means, as RFC 3339 in UTC; undefined where the text is no time. `15m` is fifteen
 * minutes before now. An unescaped `+` of an offset arrives as a space and is understood. Times before 1970 and after
 * 9999, where nothing can be, become those.
 */
export function readTimeFilter(text: string, nowMillis: number): string | undefined {
  const relative = RELATIVE.exec(text);
  if (relative) {
    const seconds = Number(relative[1]) * (UNIT_SECONDS[relative[2] ?? ''] ?? 0);
    return new Date(Math.max(0, nowMillis - seconds * 1000)).toISOString();
  }
  const [, day, time, fraction, zone] = RFC_3339.exec(text) ?? [];
  if (day === undefined || time === undefined || zone === undefined) return undefined;
  const offset = zone.toUpperCase().replace(' ', '+');
  const millis = Date.parse(`${day}T${time}${offset}`);
  if (Number.isNaN(millis)) return undefined;
  // `Date.parse` takes the 31st of a shorter month for the 1st of the next.
  if (!new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)) return undefined;
  if (millis < 0) return new Date(0).toISOString();
  if (millis > LAST_MILLIS) return new Date(LAST_MILLIS).toISOString();
  return new Date(millis).toISOString().replace('.000Z', `.${(fraction ?? '').padEnd(3, '0')}Z`);
}

export function timeFilter(description: string) {
  return z
    .string()
    .transform((text, context) => {
      const time = readTimeFilter(text, Date.now());
      if (time !== undefined) return time;
      context.addIssue({
        code: 'custom',
        message: 'must be RFC 3339, such as 2026-01-31T12:00:00Z, or relative, such as 15m, 24h or 7d',
      });
      return z.NEVER;
    })
    .describe(description);
}

export const timeQuery = {
  from: timeFilter(
    'Earliest time, inclusive: RFC 3339, or relative to now such as `15m`, `24h`, `7d`.',
  ).optional(),
  to: timeFilter('Latest time, exclusive: RFC 3339, or relative to now.').optional(),
};

export const sortQuery = {
  sort: z
    .enum(['started_at', 'duration_ms', 'cost_usd', 'tokens'])
    .default('started_at')
    .describe('Order by.'),
  order: z.enum(['asc', 'desc']).default('desc').describe('Direction.'),
};

export const measureQuery = {
  min_duration_ms: amountParameter('Least duration in milliseconds.').optional(),
  max_duration_ms: amountParameter('Greatest duration in milliseconds.').optional(),
  min_tokens: amountParameter('Least sum of input and output tokens.').optional(),
  max_tokens: amountParameter('Greatest sum of input and output tokens.').optional(),
  min_cost_usd: amountParameter('Least cost in US dollars.').optional(),
  max_cost_usd: amountParameter('Greatest cost in US dollars.').optional(),
};
