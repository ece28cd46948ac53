import { describe } from 'vitest';
import { describeStorage } from '../contract/storage.contract.js';
import { createTestDatabase } from '../support/database.js';
import { openPostgresHarness } from '../support/postgres-harness.js';
import { findSystemPostgres, startSystemPostgres } from '../support/system-postgres.js';

describeStorage('the built-in PostgreSQL', async () => {
  const database = await createTestDatabase();
  return openPostgresHarness(database.connection, () => database.drop());
});

describeStorage('the built-in PostgreSQL that derives everything later', async () => {
  const database = await createTestDatabase();
  const deferral = { traceRecords: 1, sessionTraces: 1, ledgerEntries: 1 };
  return openPostgresHarness(database.connection, () => database.drop(), {
    deferral,
    refreshesInBackground: false,
  });
});

const programs = findSystemPostgres();

describe.skipIf(programs === undefined)(
  `with a PostgreSQL of the system (${programs ?? 'none found'})`,
  () => {
    describeStorage("the system's PostgreSQL", async () => {
      const server = await startSystemPostgres(programs ?? '');
      return openPostgresHarness(server.connection, () => server.stop());
    });
  },
);
