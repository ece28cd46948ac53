import { operations } from '../contract/operations.js';
import type { Operation } from '../contract/operations.js';
import type { Route } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { z } from 'zod';
import { readProblem, ClientError, ServerUnreachableError } from './client-error.js';

export { ClientError, ServerUnreachableError } from './client-error.js';
export type { Problem } from '../contract/answers.js';
export type * from '../contract/explanation-shapes.js';
export type * from '../contract/price-shapes.js';
export type * from '../contract/rerun-shapes.js';
export type * from '../contract/shapes.js';
export type * from '../contract/whereabouts-shapes.js';

export interface ClientOptions {
  /** Such as `http://127.0.0.1:4318`; a path before `/api/v1` is kept. */
  baseUrl: string;
  apiKey?: string | undefined;
  /** Used in place of the global `fetch`. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  signal?: AbortSignal;
}

/** The members of one part of a request; a part that takes nothing adds none. */
type MembersOf<Part> =
  Part extends z.ZodObject<infer Shape> ? ([keyof Shape] extends [never] ? unknown : z.input<Part>) : unknown;

/** What a call takes: path and query parameters by name side by side, and the members of the body. */
export type CallInput<R extends Route> = MembersOf<R['params']> &
  MembersOf<R['query']> &
  MembersOf<R['body']>;

export type CallOutput<R extends Route> = z.output<R['response']>;

type RowOf<Output> = Output extends { data: (infer Row)[]; next_cursor: string | null } ? Row : never;

/** The argument may be left out where nothing is required. */
type CallArguments<Input> =
  Partial<Input> extends Input
    ? [input?: Input, options?: CallOptions]
    : [input: Input, options?: CallOptions];

export interface Call<R extends Route> {
  /** Rejects with {@link ClientError} or {@link ServerUnreachableError}. */
  (...args: CallArguments<CallInput<R>>): Promise<CallOutput<R>>;
}

export interface ListCall<R extends Route> extends Call<R> {
  /** Every page from the given cursor on, each read when it is asked for. */
  pages(...args: CallArguments<CallInput<R>>): AsyncGenerator<CallOutput<R>, void, undefined>;
  /** Every row of those pages. */
  rows(...args: CallArguments<CallInput<R>>): AsyncGenerator<RowOf<CallOutput<R>>, void, undefined>;
}

type CallOf<R> = R extends Route ? ([RowOf<CallOutput<R>>] extends [never] ? Call<R> : ListCall<R>) : never;

/** One function for each operation of the contract: `client.traces.list({ limit: 10 })`. */
export type Client = {
  readonly [Group in keyof Routes]: { readonly [Verb in keyof Routes[Group]]: CallOf<Routes[Group][Verb]> };
};

type Input = Record<string, unknown>;
interface Answer {
  data: unknown[];
  next_cursor: string | null;
}

/** Makes a client of the query API. It holds no connection and needs no closing. */
export function createClient(options: ClientOptions): Client {
  const groups = Object.entries(operations).map(([group, verbs]) => [
    group,
    Object.fromEntries(
      Object.entries<Operation>(verbs).map(([verb, operation]) => [verb, createCall(options, operation)]),
    ),
  ]);
  const client: unknown = Object.fromEntries(groups);
  // The operations have the groups and verbs of the routes, which `routes.ts` makes sure of.
  return client as Client;
}

function createCall(options: ClientOptions, operation: Operation) {
  const call = (input: Input = {}, callOptions: CallOptions = {}) =>
    send(options, operation, input, callOptions);
  async function* pages(input: Input = {}, callOptions: CallOptions = {}) {
    for (let cursor: unknown = input['cursor']; cursor !== null;) {
      const page = (await call({ ...input, cursor }, callOptions)) as Answer;
      yield page;
      cursor = page.next_cursor;
    }
  }
  async function* rows(input: Input = {}, callOptions: CallOptions = {}) {
    for await (const page of pages(input, callOptions)) yield* page.data;
  }
  return Object.assign(call, { pages, rows });
}

async function send(
  { baseUrl, apiKey, fetch: fetchWith = fetch }: ClientOptions,
  operation: Operation,
  input: Input,
  { signal }: CallOptions,
): Promise<unknown> {
  const { path, rest } = fillPath(operation.path, input);
  const hasBody = operation.method === 'post' || operation.method === 'put';
  const url = `${baseUrl.replace(/\/+$/, '')}${path}${hasBody ? '' : renderQuery(rest)}`;
  const request: RequestInit = {
    method: operation.method.toUpperCase(),
    headers: {
      accept: 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { body: JSON.stringify(rest) } : {}),
    ...(signal ? { signal } : {}),
  };
  const { response, text } = await exchange(fetchWith, url, request);
  if (!response.ok) throw new ClientError(response.status, readProblem(text));
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ClientError(response.status, null, { cause, message: `${url} did not answer with JSON` });
  }
}

async function exchange(
  fetchWith: typeof fetch,
  url: string,
  request: RequestInit,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetchWith(url, request);
    return { response, text: await response.text() };
  } catch (cause) {
    if (request.signal?.aborted) throw cause;
    throw new ServerUnreachableError(url, { cause });
  }
}

function fillPath(template: string, input: Input): { path: string; rest: Input } {
  const rest = { ...input };
  const path = template.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const value = rest[name];
    if (typeof value !== 'string' || value === '')
      throw new TypeError(`${name} must be a text that is not empty`);
    Reflect.deleteProperty(rest, name);
    return encodeURIComponent(value);
  });
  return { path, rest };
}

function renderQuery(input: Input): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === 'string') query.set(name, value);
    else if (typeof value === 'number' || typeof value === 'boolean') query.set(name, value.toString());
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
