import { randomUUID } from 'node:crypto';
import { createApi } from './api/api.js';
import { createAuthenticator } from './auth.js';
import { closeAll } from './close-all.js';
import { holdUntil, openDatabase, prepareDatabase, type PreparedDatabase } from './composition/database.js';
import { observeRetention, openForwarder, openSelfTelemetry, openSpool } from './composition/sidelines.js';
import { openStorage } from './composition/storage.js';
import { startJobs } from './composition/upkeep.js';
import type { Config } from './config.js';
import { readBilledReport, readBilledUsage } from './dialects/billed-usage.js';
import { explainReport, explainSpan, readContent, readReportContent } from './dialects/normalize.js';
import { refuseOwnAddress } from './forward/own-address.js';
import { createIngest } from './ingest.js';
import { DEFAULT_PROJECT_ID } from './model/ids.js';
import { createPriceBook } from './prices/price-book.js';
import { adviseUnpriced } from './prices/unpriced.js';
import { judgeUsage } from './projections/usage.js';
import { sumUsageByModel } from './projections/usage-by-model.js';
import { createDoors } from './receivers/doors.js';
import { checkAddresses, startServers, type Servers } from './servers/servers.js';
import { readTlsIdentity, type TlsIdentity } from './servers/tls.js';
import { migrateDatabase, type MigrationResult } from './storage/postgres/migrate.js';
import { createTelemetry } from './telemetry.js';
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
