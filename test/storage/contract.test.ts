import { describeStorage } from '../contract/storage.contract.js';
import { createTestDatabase } from '../support/database.js';
import { openPostgresHarness } from '../support/postgres-harness.js';

describeStorage('the built-in PostgreSQL', async () => {
  const database = await createTestDatabase();
  const harness = await openPostgresHarness(database.connection);
  return {
    ...harness,
    close: async () => {
      await harness.close();
      await database.drop();
    },
  };
});
