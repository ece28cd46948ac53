import type { Config } from '../config.js';
import { SpanledgerError } from '../errors.js';
import { createForwarder, type Forwarder } from '../forward/forwarder.js';
import type { Ingest } from '../ingest.js';
import { describeRetention } from '../self-telemetry/job-span.js';
import { createSelfTelemetry, type SelfTelemetry } from '../self-telemetry/self-telemetry.js';
import { createSpooledIngest, type SpooledIngest } from '../spool/spooled-ingest.js';
import { acquireDirectoryLock } from '../storage/postgres/embedded/lock.js';
import type { Storage } from '../storage/storage.js';
import type { Telemetry } from '../telemetry.js';
import { readVersion } from '../version.js';

function explainSpoolLock(directory: string, who: string): SpanledgerError {
  const message = `The spool directory ${directory} is in use by ${who}. Give this one another --spool-dir.`;
  return new SpanledgerError('SPOOL_LOCKED', message);
}

export async function openSpool(
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

/** Sends on what was stored, where that was asked for. */
export function openForwarder(
  config: Config,
  collectorId: string,
  telemetry: Telemetry,
): Forwarder | undefined {
  if (config.forwardEndpoint === null) return undefined;
  return createForwarder({
    endpoint: config.forwardEndpoint,
    headers: config.forwardHeaders ?? {},
    collectorId,
    maxQueueBytes: config.forwardQueueBytes,
    telemetry,
  });
}

export function openSelfTelemetry(
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
export function observeRetention(storage: Storage, selfTelemetry: SelfTelemetry | undefined): Storage {
  if (selfTelemetry === undefined) return storage;
  return {
    ...storage,
    runRetention: (options) =>
      selfTelemetry.observeJob('retention', () => storage.runRetention(options), describeRetention),
  };
}
