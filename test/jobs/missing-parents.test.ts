import { expect, test, vi } from 'vitest';
import { createUnderstanding } from '../../collector/ingest.js';
import { createJobs } from '../../collector/jobs/jobs.js';
import { DEFAULT_PROJECT_ID } from '../../collector/model/ids.js';
import { createTestDatabase } from '../support/database.js';
import { openPostgresHarness } from '../support/postgres-harness.js';
import { makeSpan, spanIdOf, traceIdOf } from '../support/telemetry.js';

test('a quiet trace that lacks a parent is noted once, however often it is looked at', async () => {
  const database = await createTestDatabase();
  const harness = await openPostgresHarness(database.connection, () => database.drop());
  const { storage } = harness;
  const whole = makeSpan({ traceId: traceIdOf(1) });
  const orphan = makeSpan({ traceId: traceIdOf(2), parentSpanId: spanIdOf(9) });
  const understanding = createUnderstanding([]);
  await storage.write({
    projectId: DEFAULT_PROJECT_ID,
    spans: [whole, orphan].map((data) => understanding.readSpan(data)),
    logRecords: [],
    metricPoints: [],
    issues: [],
  });
  let looks = 0;
  const jobs = createJobs({
    storage: {
      ensurePartitions: (daysAhead) => storage.ensurePartitions(daysAhead),
      runRetention: (options) => storage.runRetention(options),
      async noteMissingParents(options) {
        const noted = await storage.noteMissingParents(options);
        looks += 1;
        return noted;
      },
    },
    onError: (error) => {
      throw error;
    },
    missingParentMillis: 10,
    quietSeconds: 0,
  });
  await vi.waitFor(() => {
    expect(looks).toBeGreaterThan(2);
  });
  await jobs.close();
  const { rows } = await storage.listIngestIssues(DEFAULT_PROJECT_ID, {}, { limit: 10 });
  expect(rows.map(({ code, trace_id: traceId }) => [code, traceId])).toEqual([
    ['TRACE_PARENT_MISSING', traceIdOf(2)],
  ]);
  await harness.close();
});
