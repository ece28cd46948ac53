import type { z } from 'zod';
import type { Fault } from '../errors.js';
import { SpanledgerError } from '../errors.js';
import { SchemaWriter } from '../contract/json-schema.js';
import { listParameters } from '../contract/openapi.js';
import type { Route } from '../contract/route.js';
import { cleanText } from '../model/ids.js';

/** How the texts of a URL become what a route takes. Made once for each route. */
export interface InputParser {
  /** `search` is what stands behind the question mark. */
  parse(params: Record<string, unknown>, search: string, body: unknown): ParsedInput;
}

export interface ParsedInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Makes the parser of a route. It throws `API_BAD_REQUEST` with every fault at once. */
export function createInputParser(route: Route): InputParser {
  const types = new Map<string, unknown>();
  for (const parameter of listParameters(route, new SchemaWriter())) {
    if (parameter.in === 'query') types.set(parameter.name, (parameter.schema as { type?: unknown }).type);
  }
  return {
    /** `search` is what stands behind the question mark. */
    parse(params, search, body) {
      const faults: Fault[] = [];
      const query = readQuery(search, types, faults);
      const parsed = {
        params: parsePart(route.params, cleanTexts(params), '/params', faults),
        query: faults.length > 0 ? undefined : parsePart(route.query, query, '/query', faults),
        body: route.body === null ? null : parsePart(route.body, body, '/body', faults),
      };
      if (faults.length > 0) throw new SpanledgerError('API_BAD_REQUEST', describeFaults(faults), { faults });
      return parsed;
    },
  };
}

/** Texts that Postgres stores have no U+0000 and no lone surrogates, so that none is asked for. */
function cleanTexts(texts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, typeof text === 'string' ? cleanText(text) : text]),
  );
}

/** Splits a query string and turns each text into the type of its parameter. Unknown and repeated names are faults. */
function readQuery(
  search: string,
  types: ReadonlyMap<string, unknown>,
  faults: Fault[],
): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  for (const pair of search.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeText(equals === -1 ? pair : pair.slice(0, equals));
    const text = decodeText(equals === -1 ? '' : pair.slice(equals + 1));
    const pointer = `/query/${escapePointer(name)}`;
    if (!types.has(name)) {
      faults.push({ pointer, detail: `unknown parameter; this route knows ${listNames(types)}` });
    } else if (Object.hasOwn(query, name)) {
      faults.push({ pointer, detail: 'was given more than once' });
    } else {
      query[name] = coerceText(text, types.get(name));
    }
  }
  return query;
}

function listNames(types: ReadonlyMap<string, unknown>): string {
  return types.size === 0 ? 'no query parameters' : [...types.keys()].join(', ');
}

function decodeText(text: string): string {
  try {
    return cleanText(decodeURIComponent(text.replaceAll('+', ' ')));
  } catch (cause) {
    throw new SpanledgerError(
      'API_BAD_REQUEST',
      'A percent escape in the URL is not UTF-8; a percent sign itself is written %25.',
      { cause },
    );
  }
}

/** What is not of its type stays a text, and its schema then refuses it. */
function coerceText(text: string, type: unknown): unknown {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (type === 'number')
    return /^-?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?$/.test(text) ? Number(text) : text;
  return text;
}

function parsePart(schema: z.ZodType, value: unknown, pointer: string, faults: Fault[]): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const at = issue.path.map((step) => `/${escapePointer(String(step))}`).join('');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        faults.push({ pointer: `${pointer}${at}/${escapePointer(key)}`, detail: 'unknown member' });
      }
    } else {
      faults.push({ pointer: `${pointer}${at}`, detail: describeIssue(issue, value) });
    }
  }
  return undefined;
}

/** In words for whoever sent it: those of the contract, and where it has none not those of the validator. */
function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  if (findMember(value, issue.path) === undefined) return 'is required';
  return issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : issue.message;
}

function findMember(value: unknown, path: readonly PropertyKey[]): unknown {
  let member: unknown = value;
  for (const step of path) {
    if (typeof member !== 'object' || member === null) return undefined;
    member = (member as Record<PropertyKey, unknown>)[step];
  }
  return member;
}

/** RFC 6901, section 3. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function describeFaults(faults: readonly Fault[]): string {
  const [first] = faults;
  const rest = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return first === undefined ? '' : `${first.pointer}: ${first.detail}${rest}`;
}
