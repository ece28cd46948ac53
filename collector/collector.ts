import { randomUUID } from 'node:crypto';
import { createApi } from './api/api.js';
import { createAuthenticator } from './auth.js';
import { closeAll } from './close-all.js';
import type { Config } from './config.js';
import { readBilledReport, readBilledUsage } from './dialects/billed-usage.js';
import {
  explainReport,
  explainSpan,
  openContent,
  openReportContent,
  readContent,
  readReportContent,
} from './dialects/normalize.js';
import { SpanledgerError } from './errors.js';
import { createForwarder, type Forwarder } from './forward/forwarder.js';
import { refuseOwnAddress } from './forward/own-address.js';
import { createIngest, createUnderstanding, type Ingest } from './ingest.js';
import { createJobs } from './jobs/jobs.js';
import { createRerunner, type Rerunner } from './jobs/rerunner.js';
import { DEFAULT_PROJECT_ID } from './model/ids.js';
import { createPriceBook } from './prices/price-book.js';
import { adviseUnpriced } from './prices/unpriced.js';
import { createProjector } from './projections/projector.js';
import { judgeUsage } from './projections/usage.js';
import { sumUsageByModel } from './projections/usage-by-model.js';
import { createDoors } from './receivers/doors.js';
import { describeRerun, describeRetention } from './self-telemetry/job-span.js';
import { createSelfTelemetry, type SelfTelemetry } from './self-telemetry/self-telemetry.js';
import { checkAddresses, startServers, type Servers } from './servers/servers.js';
import { createSpooledIngest, type SpooledIngest } from './spool/spooled-ingest.js';
import { awaitDatabase, mayPass } from './storage/postgres/await-database.js';
import { startEmbeddedPostgres } from './storage/postgres/embedded.js';
import { acquireDirectoryLock } from './storage/postgres/embedded/lock.js';
import { migrateDatabase, type MigrationResult } from './storage/postgres/migrate.js';
import { connectOrExplain, createPool, type PostgresConnection } from './storage/postgres/pool.js';
import { createPostgresStorage } from './storage/postgres/postgres-storage.js';
import type { Storage } from './storage/storage.js';
import { createTelemetry, type Telemetry } from './telemetry.js';
import { readTlsIdentity, type TlsIdentity } from './servers/tls.js';
import { readVersion } from './version.js';

export type { Config } from './config.js';

/** A running collector. */
export interface Collector {
  /** `http://HOST:PORT`, or `https://` with TLS, of the API and of OTLP over HTTP. */
  url: string;
  /** The same of OTLP over gRPC; null where that is off. */
  grpcUrl: string | null;
  /** Finishes what was accepted, refuses the new, and ends everything that was started, the database included. */
  close(): Promise<void>;
}

export interface CollectorOptions {
  /** Told in one line each what takes time while starting. */
  onProgress?: (line: string) => void;
}

/** How long running requests may take to end once `close` was called. */
const CLOSE_GRACE_MILLIS = 10_000;

/** How long everything may take to end; what hangs by then, on a database that does not answer, is cut off. */
const CLOSE_LIMIT_MILLIS = 25_000;

/**
 * Starts everything, from the database up, and resolves once requests are answered.
 * Rejects with a `SpanledgerError` whose message says what to do; whatever was started by then is ended again.
 */
export async function createCollector(config: Config, options: CollectorOptions = {}): Promise<Collector> {
  const onProgress = options.onProgress ?? (() => undefined);
  const closers: (() => Promise<void>)[] = [];
  const close = () =>
    closeAll(closers.splice(0), {
      limitMillis: CLOSE_LIMIT_MILLIS,
      onLimit: () => {
        onProgress(`after ${CLOSE_LIMIT_MILLIS / 1000} seconds something has still not ended: it is cut off`);
      },
    });
  try {
    const tls = await readTlsIdentity(config);
    await checkAddresses(config);
    const database = await prepareDatabase(config, onProgress, closers);
    const { url, grpcUrl } = await startServices(config, database, tls, closers);
    return { url, grpcUrl, close };
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

/** A database that can be written to, or that has not been reached yet. */
interface PreparedDatabase {
  connection: PostgresConnection;
  isReady: () => boolean;
}

/** Connects and migrates. With a spool, a database that can't be reached is waited for beside everything else. */
async function prepareDatabase(
  config: Config,
  onProgress: (line: string) => void,
  closers: (() => Promise<void>)[],
): Promise<PreparedDatabase> {
  try {
    const database = await openDatabase(config, onProgress);
    closers.push(database.close);
    await migrateDatabase(database.connection, { onProgress });
    return { connection: database.connection, isReady: () => true };
  } catch (error) {
    if (config.spoolDir === null || config.databaseUrl === null || !mayPass(error)) throw error;
    onProgress('starting without the database: what is sent is kept in the spool until it answers');
    const connection = { connectionString: config.databaseUrl };
    const awaited = awaitDatabase(connection, onProgress);
    closers.push(() => awaited.close());
    return { connection, isReady: () => awaited.isReady() };
  }
}

async function startServices(
  config: Config,
  { connection, isReady }: PreparedDatabase,
  tls: TlsIdentity | null,
  closers: (() => Promise<void>)[],
): Promise<Servers> {
  const telemetry = createTelemetry({ logLevel: config.logLevel });
  const collectorId = randomUUID();
  const selfTelemetry = openSelfTelemetry(config, collectorId, telemetry);
  const storage = observeRetention(await openStorage(config, connection, telemetry), selfTelemetry);
  closers.push(() => storage.close());
  const rerunner = startJobs(storage, { telemetry, selfTelemetry }, closers);

  const authenticate = createAuthenticator({ apiKey: config.apiKey, projectId: DEFAULT_PROJECT_ID });
  const directIngest = holdUntil(isReady, createIngest({ storage, telemetry }));
  const spool = await openSpool(config, directIngest, storage, telemetry);
  if (spool) closers.push(() => spool.close());
  const forwarder = openForwarder(config, collectorId, telemetry);
  if (forwarder) closers.push(() => forwarder.close());
  const doors = createDoors({
    ingest: spool?.ingest ?? directIngest,
    authenticate,
    maxBodyBytes: config.maxBodyBytes,
    maxInFlightBytes: config.maxInFlightBytes,
    checkStorage: async () => {
      const { reachable, migrated } = await storage.checkHealth();
      return (reachable && migrated) || spool?.describe().hasRoom === true;
    },
    telemetry,
    ...(forwarder && { onStored: forwarder.forward }),
    ...(selfTelemetry && { onAnswered: selfTelemetry.recordRequest }),
  });
  // The landing page may be asked for before the second server is up.
  const started: Pick<Servers, 'grpcUrl'> = { grpcUrl: null };
  const api = createApi({
    storage,
    understanding: {
      explainSpan,
      explainReport,
      readBilledUsage,
      readBilledReport,
      readContent,
      readReportContent,
      judgeUsage,
      sumUsageByModel,
      createPriceBook,
      adviseUnpriced,
    },
    authenticate,
    onRerun: () => {
      rerunner.wake();
    },
    version: readVersion(),
    registry: telemetry.registry,
    findGrpcPort: () => (started.grpcUrl === null ? null : new URL(started.grpcUrl).port),
    ...(spool && { describeSpool: () => spool.describe() }),
    listUnreadyReasons: () => doors.listUnreadyReasons(),
    onError: (error) => {
      telemetry.log.error({ err: error }, 'a request failed');
    },
  });
  const servers = await startServers({
    config,
    tls,
    handleHttp: (request, response) => {
      if (doors.handleHttp(request, response)) return;
      // A receiver decides from the headers whether it wants a body; the API takes any.
      if (request.headers.expect !== undefined) response.writeContinue();
      api(request, response);
    },
    onWrongPort: (advice) => {
      telemetry.log.warn(advice);
    },
    handleGrpc: (stream, headers) => {
      doors.handleGrpc(stream, headers);
    },
  });
  started.grpcUrl = servers.grpcUrl;
  closers.push(() => {
    doors.close();
    return servers.close(CLOSE_GRACE_MILLIS);
  });
  // Before the servers: its last spans may be for this very collector.
  if (selfTelemetry) closers.push(() => selfTelemetry.close());
  if (config.forwardEndpoint !== null) refuseOwnAddress(config.forwardEndpoint, servers.url);
  return servers;
}

/** Refuses as long as the database has not been reached. */
function holdUntil(isReady: () => boolean, ingest: Ingest): Ingest {
  return (request) => {
    if (isReady()) return ingest(request);
    const message = 'The database has not been reached yet. Try again later.';
    return Promise.reject(new SpanledgerError('STORAGE_UNAVAILABLE', message));
  };
}

function explainSpoolLock(directory: string, who: string): SpanledgerError {
  const message = `The spool directory ${directory} is in use by ${who}. Give this one another --spool-dir.`;
  return new SpanledgerError('SPOOL_LOCKED', message);
}

async function openSpool(
  config: Config,
  ingest: Ingest,
  storage: Storage,
  telemetry: Telemetry,
): Promise<SpooledIngest | undefined> {
  if (config.spoolDir === null) return undefined;
  return createSpooledIngest({
    directory: config.spoolDir,
    maxBytes: config.spoolMaxBytes,
    lock: (directory) => acquireDirectoryLock(directory, explainSpoolLock),
    ingest,
    noteIssue: (projectId, issue) =>
      storage.write({ projectId, spans: [], logRecords: [], metricPoints: [], issues: [issue] }),
    telemetry,
  });
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
    onError: (error) => {
      telemetry.log.error({ err: error }, 'derived rows could not be brought up to date');
    },
    projector: createProjector({ readContent: openContent, readReportContent: openReportContent }),
  });
}

/** Sends on what was stored, where that was asked for. */
function openForwarder(config: Config, collectorId: string, telemetry: Telemetry): Forwarder | undefined {
  if (config.forwardEndpoint === null) return undefined;
  return createForwarder({
    endpoint: config.forwardEndpoint,
    headers: config.forwardHeaders ?? {},
    collectorId,
    maxQueueBytes: config.forwardQueueBytes,
    telemetry,
  });
}

function openSelfTelemetry(
  config: Config,
  collectorId: string,
  telemetry: Telemetry,
): SelfTelemetry | undefined {
  if (config.selfTelemetryEndpoint === null) return undefined;
  return createSelfTelemetry({
    endpoint: config.selfTelemetryEndpoint,
    headers: config.selfTelemetryHeaders ?? {},
    collectorId,
    version: readVersion(),
    telemetry,
  });
}

/** Makes a span of each retention run, whoever asked for it. */
function observeRetention(storage: Storage, selfTelemetry: SelfTelemetry | undefined): Storage {
  if (selfTelemetry === undefined) return storage;
  return {
    ...storage,
    runRetention: (options) =>
      selfTelemetry.observeJob('retention', () => storage.runRetention(options), describeRetention),
  };
}

/** The upkeep, and the reruns that somebody asked for. */
function startJobs(
  storage: Storage,
  { telemetry, selfTelemetry }: { telemetry: Telemetry; selfTelemetry: SelfTelemetry | undefined },
  closers: (() => Promise<void>)[],
): Rerunner {
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
    onEnd: (rerun) => {
      selfTelemetry?.record(describeRerun(rerun));
      const { id, kind, status, traces_done: traces, spans_changed: changed, error } = rerun;
      telemetry.log.info({ id, kind, status, traces, changed, error }, 'a rerun ended');
    },
  });
  closers.push(() => rerunner.close());
  return rerunner;
}
