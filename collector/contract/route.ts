import { z } from 'zod';
import type { Operation } from './operations.js';

const nothing = z.strictObject({});
type Nothing = typeof nothing;

type Fields = z.ZodObject;

/** One route as data: where it is, what it takes, what it answers. */
export interface Route<
  Params extends Fields = Fields,
  Query extends Fields = Fields,
  Body extends z.ZodType | null = z.ZodType | null,
  Response extends z.ZodType = z.ZodType,
> extends Operation {
  summary: string;
  description: string;
  tag: string;
  params: Params;
  query: Query;
  /** null where the route takes no body. */
  body: Body;
  response: Response;
  /** Answered without credentials, because it shows nothing that was stored. */
  isPublic: boolean;
  /** The HTTP status of its answer: 201 where something was made, 202 where work goes on after it. */
  status: 200 | 201 | 202;
}

/** The contents of a route; what it does not take is left out. */
export interface RouteDefinition<
  Params extends Fields,
  Query extends Fields,
  Body extends z.ZodType | null,
  Response extends z.ZodType,
> {
  summary: string;
  description: string;
  tag: string;
  params?: Params;
  query?: Query;
  body?: Body;
  response: Response;
  isPublic?: boolean;
  status?: 201 | 202;
}

/** Joins a path of {@link Operation} with what is sent to it and what it answers. */
export function defineRoute<
  Response extends z.ZodType,
  Params extends Fields = Nothing,
  Query extends Fields = Nothing,
  Body extends z.ZodType | null = null,
>(
  operation: Operation,
  definition: RouteDefinition<Params, Query, Body, Response>,
): Route<Params, Query, Body, Response> {
  const { params, query, body, isPublic, status, ...rest } = definition;
  return {
    ...operation,
    ...rest,
    // An absent member is of the default type, which the compiler can't see through the type parameter.
    params: params ?? (nothing as unknown as Params),
    query: query ?? (nothing as unknown as Query),
    body: body ?? (null as Body),
    isPublic: isPublic ?? false,
    status: status ?? 200,
  };
}

/** What a handler receives: parsed, with defaults filled in. */
export interface RouteInput<R extends Route> {
  params: z.output<R['params']>;
  query: z.output<R['query']>;
  body: R['body'] extends z.ZodType ? z.output<R['body']> : null;
}

export type RouteOutput<R extends Route> = z.output<R['response']>;
