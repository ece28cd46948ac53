import pg from 'pg';

// Object ids of pg_type, which never change (src/include/catalog/pg_type.dat).
const INT8 = 20;
const JSON_TEXT = 114;
const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;
const JSONB = 3802;

const TIMESTAMPTZ_TEXT =
  /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** Microseconds since the Unix epoch of a timestamptz as Postgres writes it in the ISO date style. */
export function parseTimestamptz(text: string): bigint {
  const match = TIMESTAMPTZ_TEXT.exec(text);
  if (match === null) throw new Error(`not a timestamptz: ${text}`);
  const part = (index: number): number => Number(match[index] ?? 0);
  const year = match[12] === undefined ? part(1) : 1 - part(1);
  const date = new Date(0);
  date.setUTCFullYear(year, part(2) - 1, part(3));
  date.setUTCHours(part(4), part(5), part(6));
  const offsetSeconds = (part(9) * 3600 + part(10) * 60 + part(11)) * (match[8] === '-' ? -1 : 1);
  const micros = BigInt((match[7] ?? '').padEnd(6, '0'));
  return (BigInt(date.getTime() / 1000) - BigInt(offsetSeconds)) * 1_000_000n + micros;
}

function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

const keepText = (text: string): string => text;

const parsers = new Map<number, (text: string) => unknown>([
  [INT8, parseInt8],
  [TIMESTAMPTZ, parseTimestamptz],
  [NUMERIC, keepText],
  [JSON_TEXT, keepText],
  [JSONB, keepText],
]);

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];

/** The parser for a type's text form: ours where we want another value than `pg` gives, else pg's own. */
export const findTypeParser: typeof pg.types.getTypeParser = (oid: TypeId, format?: string): unknown =>
  format === 'binary'
    ? pg.types.getTypeParser(oid, 'binary')
    : (parsers.get(oid) ?? pg.types.getTypeParser(oid, 'text'));
