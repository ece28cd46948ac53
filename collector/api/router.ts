import express from 'express';
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Route } from '../contract/route.js';
import { listRoutes } from '../contract/routes.js';
import { SpanledgerError } from '../errors.js';
import { stringifyJson } from '../model/value-json.js';
import type { Handlers } from './handlers.js';
import { createInputParser } from './query.js';

/** Answers who sent these headers, or throws `AUTH_REQUIRED` or `AUTH_INVALID`. */
export type Authenticate = (headers: Request['headers']) => { projectId: string };

const BODY_BYTES = 1024 * 1024;

type AnyHandler = (input: unknown, projectId: string) => Promise<unknown>;

/**
 * Mounts every route of the contract. Other methods on its paths are answered with 405, and OPTIONS with 204. A path is
 * settled before the next: `/prices/quote` is never taken for the price of that id.
 */
export function createRouter(handlers: Handlers, authenticate: Authenticate): Router {
  const router = express.Router({ caseSensitive: true });
  for (const [path, group] of groupByPath()) {
    const allowed = new Set(['OPTIONS']);
    for (const { group: name, verb, route } of group) {
      // The contract and the handlers have the same groups and verbs, which `Handlers` makes sure of.
      const handler = (handlers as unknown as Record<string, Record<string, AnyHandler>>)[name]?.[verb];
      if (!handler) throw new Error(`route ${route.operationId} has no handler`);
      router[route.method](path, ...createSteps(route, authenticate), createEndpoint(route, handler));
      allowed.add(route.method.toUpperCase());
      if (route.method === 'get') allowed.add('HEAD');
    }
    router.all(path, createMethodGuard([...allowed].sort()));
  }
  return router;
}

function groupByPath(): Map<string, ReturnType<typeof listRoutes>> {
  const groups = new Map<string, ReturnType<typeof listRoutes>>();
  for (const entry of listRoutes()) {
    const path = toExpressPath(entry.route.path);
    groups.set(path, [...(groups.get(path) ?? []), entry]);
  }
  return groups;
}

function toExpressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** What comes before a route's own work: who asks is settled before a byte of the body is read. */
function createSteps(route: Route, authenticate: Authenticate): RequestHandler[] {
  const identify: RequestHandler = (request, response, next) => {
    response.locals['projectId'] = route.isPublic ? '' : authenticate(request.headers).projectId;
    next();
  };
  if (route.body === null) return [identify];
  return [identify, requireJson, express.json({ limit: BODY_BYTES, strict: false })];
}

function createEndpoint(route: Route, handler: AnyHandler): RequestHandler {
  const parser = createInputParser(route);
  return async (request, response) => {
    const input = parser.parse(request.params, readSearch(request.originalUrl), request.body);
    const answer = await handler(input, response.locals['projectId'] as string);
    response.status(route.status).setHeader('Content-Type', 'application/json; charset=utf-8');
    response.send(Buffer.from(stringifyJson(answer)));
  };
}

function readSearch(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

/**
 * Only a JSON content type is taken, so that no page of another origin can send a body without asking first
 * (Fetch standard, "CORS-safelisted request-header").
 */
function requireJson(request: Request, _response: Response, next: () => void): void {
  if (request.is('application/json') === false || request.headers['content-type'] === undefined) {
    throw new SpanledgerError(
      'API_UNSUPPORTED_MEDIA_TYPE',
      'Send a JSON body with Content-Type: application/json.',
    );
  }
  next();
}

/** For paths that exist: answers OPTIONS, refuses every other method that got here. */
export function createMethodGuard(allowed: readonly string[]) {
  return (request: Request, response: Response): void => {
    response.setHeader('Allow', allowed.join(', '));
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    throw new SpanledgerError(
      'API_METHOD_NOT_ALLOWED',
      `${request.method} is not possible on ${request.path}; it takes ${allowed.join(', ')}.`,
    );
  };
}
