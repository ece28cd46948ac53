import compression from 'compression';
import express from 'express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import type { Registry } from 'prom-client';
import { renderOpenApi } from '../contract/openapi.js';
import type { Trace } from '../contract/shapes.js';
import { SpanledgerError } from '../errors.js';
import type { Understanding } from '../model/understanding.js';
import type { Storage } from '../storage/storage.js';
import { renderErrorDocs } from './error-docs.js';
import type { StartRerun } from './handler.js';
import { createHandlers } from './handlers.js';
import { LANDING_STYLE_HASH, renderLandingPage } from './landing-page.js';
import { ERROR_DOCS_PATH, readError, sendProblem } from './problem.js';
import { createMethodGuard, createRouter } from './router.js';
import type { Authenticate } from './router.js';

export interface ApiOptions {
  storage: Storage;
  understanding: Understanding;
  /** Called after a rerun was made, so that it begins at once. */
  onRerun?: () => void;
  authenticate: Authenticate;
  version: string;
  /** Where the error codes are explained; the `type` of a problem is this with the code as fragment. */
  docsUrl?: string;
  /** The port of OTLP over gRPC; null where it is off. */
  findGrpcPort?: () => string | null;
  /** What `GET /metrics` shows; without it that path does not exist. */
  registry?: Registry;
  /** Reasons beside the database why this process should get no traffic, for `GET /readyz`. */
  listUnreadyReasons?: () => string[];
  /** The spool, where there is one: with room in it, requests are taken although the database is away. */
  describeSpool?: () => SpoolState;
  /** Told of errors that nobody foresaw, since their answers say nothing of the cause. */
  onError?: (error: unknown) => void;
}

/** What waits on disk for the database. */
export interface SpoolState {
  /** Whether requests go to the disk now. */
  isSpooling: boolean;
  hasRoom: boolean;
  bytes: number;
  requests: number;
  /** When the oldest was received, in milliseconds since the epoch; null where none waits. */
  oldestMillis: number | null;
}

const LANDING_TRACES = 20;

/**
 * The query API, the probes, `/metrics` and the landing page as one express application. It answers every path, so
 * that receivers must be mounted before it.
 */
export function createApi(options: ApiOptions): express.Express {
  const { storage, understanding, authenticate, version } = options;
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  // The query is parsed by the contract.
  app.set('query parser', false);
  app.use(createHelmet(), compression());
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  mountPages(app, options);
  const startRerun: StartRerun = async (projectId, kind, over) => {
    const rerun = await storage.createRerun(projectId, { kind, ...over });
    options.onRerun?.();
    return rerun;
  };
  const { describeSpool } = options;
  const handlers = createHandlers(
    { storage, understanding, startRerun, describeSpool },
    renderOpenApi(version),
  );
  app.use(createRouter(handlers, authenticate));
  app.use((request) => {
    throw new SpanledgerError(
      'API_NOT_FOUND',
      `There is nothing at ${request.path}; /api/v1/openapi.json lists what there is.`,
    );
  });
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const known = readError(error);
    if (known.code === 'API_INTERNAL') options.onError?.(error);
    sendProblem(response, known, options.docsUrl ?? ERROR_DOCS_PATH);
  });
  return app;
}

function createHelmet() {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [LANDING_STYLE_HASH],
        formAction: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Whether this host speaks TLS is for whoever puts a proxy before it to say.
    strictTransportSecurity: false,
  });
}

function mountPages(app: express.Express, options: ApiOptions): void {
  const guard = createMethodGuard(['GET', 'HEAD', 'OPTIONS']);
  const pages: [string, (request: Request, response: Response) => void | Promise<void>][] = [
    ['/', (request, response) => sendLandingPage(options, request, response)],
    ['/healthz', (_request, response) => void response.json({ status: 'ok', version: options.version })],
    ['/readyz', (_request, response) => sendReadiness(options, response)],
    [ERROR_DOCS_PATH, (_request, response) => void response.type('text/plain').send(renderErrorDocs())],
  ];
  const { registry } = options;
  if (registry) {
    pages.push([
      '/metrics',
      async (_request, response) => {
        response.setHeader('Content-Type', registry.contentType);
        response.send(Buffer.from(await registry.metrics()));
      },
    ]);
  }
  for (const [path, answer] of pages) app.route(path).get(answer).all(guard);
}

async function sendReadiness(options: ApiOptions, response: Response): Promise<void> {
  const health = await options.storage.checkHealth();
  const others = options.listUnreadyReasons?.() ?? [];
  const reasons = [...others];
  const spool = options.describeSpool?.();
  if (!health.reachable) reasons.unshift('the database does not answer');
  else if (!health.migrated) reasons.unshift('the database is not migrated');
  else if (spool?.isSpooling === true) reasons.unshift('the database does not take what is written');
  const canKeep = spool?.hasRoom === true && others.length === 0;
  const status = reasons.length === 0 ? 'ready' : canKeep ? 'spooling' : 'unready';
  response.status(status === 'unready' ? 503 : 200).json({
    status,
    reasons,
    ...(spool && {
      spool: {
        bytes: spool.bytes,
        requests: spool.requests,
        oldest_received_at: spool.oldestMillis === null ? null : new Date(spool.oldestMillis).toISOString(),
      },
    }),
    database: {
      reachable: health.reachable,
      migrated: health.migrated,
      server_version: health.serverVersion,
      size_bytes: health.sizeBytes,
    },
  });
}

async function sendLandingPage(options: ApiOptions, request: Request, response: Response): Promise<void> {
  const endpoint = `${request.protocol}://${request.get('host') ?? 'localhost'}`;
  const grpcPort = options.findGrpcPort?.() ?? null;
  const page = renderLandingPage({
    version: options.version,
    endpoint,
    grpcEndpoint: grpcPort === null ? null : `${endpoint.replace(/:\d+$/, '')}:${grpcPort}`,
    ...(await readLatestTraces(options, request)),
  });
  response.type('html').send(page);
}

/** The page is shown whatever happens; without a key, or without a database, it lists no traces and says why. */
async function readLatestTraces(
  { authenticate, storage, onError }: ApiOptions,
  request: Request,
): Promise<{ traces: Trace[]; notice: string | null }> {
  try {
    const { projectId } = authenticate(request.headers);
    const page = await storage.listTraces(projectId, {}, { limit: LANDING_TRACES });
    return { traces: page.rows, notice: null };
  } catch (error) {
    const known = readError(error);
    if (known.code === 'API_INTERNAL') onError?.(error);
    return { traces: [], notice: known.message };
  }
}
