import { SpanledgerError } from '../../../errors.js';
import { cleanText, cutIdentifier } from '../../../model/ids.js';
import { splitMicros } from '../../../model/time.js';
import { renderTimestamp } from '../rows/timestamp.js';
import type { SqlParameters } from './sql-parameters.js';

/** Turns the value of one filter into a condition. */
export type Condition<Value> = (value: Value, parameters: SqlParameters) => string;

/** For each filter of a list, the condition it means. A filter that is not given means none. */
export type FilterConditions<Filter> = {
  readonly [Name in keyof Filter]-?: Condition<NonNullable<Filter[Name]>>;
};

/** The conditions of the filters that are given; their values are bound. */
export function listConditions<Filter extends object>(
  conditions: FilterConditions<Filter>,
  filter: Filter,
  parameters: SqlParameters,
): string[] {
  const given: string[] = [];
  for (const name of Object.keys(conditions) as (keyof Filter)[]) {
    const value = filter[name];
    if (value !== undefined && value !== null) given.push(conditions[name](value, parameters));
  }
  return given;
}

/** Equal to a text as it is stored: cut like an identifier. */
export function isIdentifier(expression: string): Condition<string> {
  return (value, parameters) => `${expression} = ${parameters.bind(cutIdentifier(value))}`;
}

/** Equal to a text of any length. */
export function isText(expression: string): Condition<string> {
  return (value, parameters) => `${expression} = ${parameters.bind(cleanText(value))}`;
}

/** One of the texts of an array column. */
export function includesIdentifier(column: string): Condition<string> {
  return (value, parameters) => `${column} @> array[${parameters.bind(cutIdentifier(value))}::text]`;
}

/** Equal to an id in hex; a text that is none equals nothing. */
export function isHex(column: string): Condition<string> {
  return (value, parameters) => {
    const bytes = parseHex(value);
    return bytes === undefined ? 'false' : `${column} = ${parameters.bind(bytes)}`;
  };
}

/** Equal to a UUID; a text that is none equals nothing. */
export function isUuid(column: string): Condition<string> {
  return (value, parameters) => (isUuidText(value) ? `${column} = ${parameters.bind(value)}::uuid` : 'false');
}

/** At least so many; compared as decimals, so that no digit is lost. */
export function isAtLeast(expression: string, factor = 1): Condition<number> {
  return (value, parameters) => `${expression} >= ${bindDecimal(value, factor, parameters)}`;
}

/** At most so many. */
export function isAtMost(expression: string, factor = 1): Condition<number> {
  return (value, parameters) => `${expression} <= ${bindDecimal(value, factor, parameters)}`;
}

/** At or after a time, to the nanosecond. */
export function isFrom(microsColumn: string, nanosColumn: string): Condition<string> {
  return (value, parameters) => {
    const { time, nanos } = bindTime(value, parameters);
    const at = `${microsColumn} >= ${time}`;
    return nanos === 0 ? at : `${at} and (${microsColumn} > ${time} or ${nanosColumn} >= ${nanos})`;
  };
}

/** Before a time, to the nanosecond. */
export function isBefore(microsColumn: string, nanosColumn: string): Condition<string> {
  return (value, parameters) => {
    const { time, nanos } = bindTime(value, parameters);
    if (nanos === 0) return `${microsColumn} < ${time}`;
    return `${microsColumn} <= ${time} and (${microsColumn} < ${time} or ${nanosColumn} < ${nanos})`;
  };
}

/** The bytes of a text of hexadecimal digits, in either case. */
export function parseHex(text: string): Buffer | undefined {
  return /^([0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

export function isUuidText(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function bindDecimal(value: number, factor: number, parameters: SqlParameters): string {
  const place = `${parameters.bind(String(value))}::numeric`;
  return factor === 1 ? place : `${place} * ${factor}`;
}

function bindTime(text: string, parameters: SqlParameters): { time: string; nanos: number } {
  const { micros, nanos } = splitMicros(parseTime(text));
  return { time: `${parameters.bind(renderTimestamp(micros))}::timestamptz`, nanos };
}

const TIME = /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** Nanoseconds since the epoch of an RFC 3339 time, whose further digits are cut; what is before the epoch is 0. */
function parseTime(text: string): bigint {
  const match = TIME.exec(text);
  const millis = match === null ? Number.NaN : Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`.toUpperCase());
  if (Number.isNaN(millis)) {
    throw new SpanledgerError('API_BAD_REQUEST', `${JSON.stringify(text)} is not an RFC 3339 time.`);
  }
  const fraction = (match?.[2] ?? '').slice(0, 9).padEnd(9, '0');
  const unixNano = BigInt(millis) * 1_000_000n + BigInt(fraction);
  return unixNano < 0n ? 0n : unixNano;
}
