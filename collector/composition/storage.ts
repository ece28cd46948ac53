import type { Config } from '../config.js';
import { openContent, openReportContent } from '../dialects/normalize.js';
import { createProjector } from '../projections/projector.js';
import { createPool, type PostgresConnection } from '../storage/postgres/pool.js';
import { createPostgresStorage } from '../storage/postgres/postgres-storage.js';
import type { Storage } from '../storage/storage.js';
import type { Telemetry } from '../telemetry.js';

export function openStorage(
  config: Config,
  connection: PostgresConnection,
  telemetry: Telemetry,
): Promise<Storage> {
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
