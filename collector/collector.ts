import { createApi } from './api/api.js';
import { createAuthenticator } from './auth.js';
import type { Config } from './config.js';
import { readBilledUsage } from './dialects/billed-usage.js';
import { explainSpan, readContent, readReportContent } from './dialects/normalize.js';
import { checkAddress, startHttpServer, type HttpServer } from './http-server.js';
import { createIngest, createUnderstanding } from './ingest.js';
import { createJobs } from './jobs/jobs.js';
import { createRerunner, type Rerunner } from './jobs/rerunner.js';
import { DEFAULT_PROJECT_ID } from './model/ids.js';
import { createPriceBook } from './prices/price-book.js';
import { createProjector } from './projections/projector.js';
import { judgeUsage } from './projections/usage.js';
import { sumUsageByModel } from './projections/usage-by-model.js';
import { createOtlpHttpReceiver } from './receivers/otlp-http.js';
import { startEmbeddedPostgres } from './storage/postgres/embedded.js';
import { migrateDatabase, type MigrationResult } from './storage/postgres/migrate.js';
import { connectOrExplain, createPool, type PostgresConnection } from './storage/postgres/pool.js';
import { createPostgresStorage } from './storage/postgres/postgres-storage.js';
import type { Storage } from './storage/storage.js';
import { createTelemetry, type Telemetry } from './telemetry.js';
import { readVersion } from './version.js';

export type { Config } from './config.js';

/** A running collector. */
export interface Collector {
  /** `http://HOST:PORT` of the API and of OTLP over HTTP. */
  url: string;
  /** Finishes what was accepted, refuses the new, and ends everything that was started, the database included. */
  close(): Promise<void>;
}

export interface CollectorOptions {
  /** Told in one line each what takes time while starting. */
  onProgress?: (line: string) => void;
}

/** How long running requests may take to end once `close` was called. */
const CLOSE_GRACE_MILLIS = 10_000;

/** Bodies held at once, over all requests, as a multiple of the largest one that is taken. */
const BODIES_IN_FLIGHT = 4;

/**
 * Starts everything, from the database up, and resolves once requests are answered.
 * Rejects with a `SpanledgerError` whose message says what to do; whatever was started by then is ended again.
 */
export async function createCollector(config: Config, options: CollectorOptions = {}): Promise<Collector> {
  const onProgress = options.onProgress ?? (() => undefined);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    await checkAddress(config.host, config.port);
    const database = await openDatabase(config, onProgress);
    closers.push(database.close);
    await migrateDatabase(database.connection, { onProgress });
    const server = await startServices(config, database.connection, closers);
    return { url: server.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Applies the migrations that the configured database lacks, without serving. */
export async function migrate(config: Config, options: CollectorOptions = {}): Promise<MigrationResult> {
  const onProgress = options.onProgress ?? (() => undefined);
  const database = await openDatabase(config, onProgress);
  try {
    return await migrateDatabase(database.connection, { onProgress });
  } finally {
    await database.close();
  }
}

interface Database {
  connection: PostgresConnection;
  close: () => Promise<void>;
}

async function openDatabase(config: Config, onProgress: (line: string) => void): Promise<Database> {
  if (config.databaseUrl === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, onProgress });
    return { connection: embedded.connection, close: () => embedded.stop() };
  }
  const connection = { connectionString: config.databaseUrl };
  await connectOrExplain(connection);
  return { connection, close: () => Promise.resolve() };
}

async function startServices(
  config: Config,
  connection: PostgresConnection,
  closers: (() => Promise<void>)[],
): Promise<HttpServer> {
  const telemetry = createTelemetry({ logLevel: config.logLevel });
  const storage = await openStorage(config, connection, telemetry);
  closers.push(() => storage.close());
  const rerunner = startJobs(storage, telemetry, closers);

  const authenticate = createAuthenticator({ apiKey: config.apiKey, projectId: DEFAULT_PROJECT_ID });
  const receiver = createOtlpHttpReceiver({
    ingest: createIngest({ storage, telemetry }),
    authenticate,
    maxBodyBytes: config.maxBodyBytes,
    maxBytesInFlight: config.maxBodyBytes * BODIES_IN_FLIGHT,
    telemetry,
  });
  const api = createApi({
    storage,
    understanding: {
      explainSpan,
      readBilledUsage,
      readContent,
      readReportContent,
      judgeUsage,
      sumUsageByModel,
      createPriceBook,
    },
    authenticate,
    onRerun: () => {
      rerunner.wake();
    },
    version: readVersion(),
    registry: telemetry.registry,
    onError: (error) => {
      telemetry.log.error({ err: error }, 'a request failed');
    },
  });
  const server = await startHttpServer({
    host: config.host,
    port: config.port,
    handler: (request, response) => {
      if (receiver.handles(request.url ?? '/')) {
        void receiver.handle(request, response);
        return;
      }
      // The receiver decides from the headers whether it wants a body; the API takes any.
      if (request.headers.expect !== undefined) response.writeContinue();
      api(request, response);
    },
  });
  closers.push(() => server.close(CLOSE_GRACE_MILLIS));
  return server;
}

function openStorage(config: Config, connection: PostgresConnection, telemetry: Telemetry): Promise<Storage> {
  const onError = (error: Error) => {
    telemetry.log.warn({ reason: error.message }, 'a database connection was lost');
  };
  const readConnections = Math.floor(config.databaseConnections / 2);
  const writeConnections = config.databaseConnections - readConnections;
  return createPostgresStorage({
    pool: createPool(connection, { max: writeConnections, onError }),
    ...(readConnections > 0 && { readPool: createPool(connection, { max: readConnections, onError }) }),
    // One connection is left to retention, which holds it while it runs.
    writeLimits: { writers: Math.max(1, Math.min(3, writeConnections - 1)) },
    projector: createProjector({ readContent, readReportContent }),
  });
}

/** The upkeep, and the reruns that somebody asked for. */
function startJobs(storage: Storage, telemetry: Telemetry, closers: (() => Promise<void>)[]): Rerunner {
  const jobs = createJobs({
    storage,
    onError: (error) => {
      telemetry.log.error({ err: error }, 'a job failed');
    },
    onRetention: (run) => {
      telemetry.log.info({ deleted: run.deleted }, 'retention deleted what had expired');
    },
  });
  closers.push(() => jobs.close());
  const rerunner = createRerunner({
    storage,
    understand: async (projectId) => createUnderstanding(await storage.listPrices(projectId)),
    onError: (error) => {
      telemetry.log.error({ err: error }, 'a rerun failed');
    },
    onEnd: ({ id, kind, status, traces_done: traces, spans_changed: changed, error }) => {
      telemetry.log.info({ id, kind, status, traces, changed, error }, 'a rerun ended');
    },
  });
  closers.push(() => rerunner.close());
  return rerunner;
}
