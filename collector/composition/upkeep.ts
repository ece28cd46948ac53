import { createUnderstanding } from '../ingest.js';
import { createJobs } from '../jobs/jobs.js';
import { createRerunner, type Rerunner } from '../jobs/rerunner.js';
import { describeRerun } from '../self-telemetry/job-span.js';
import type { SelfTelemetry } from '../self-telemetry/self-telemetry.js';
import type { Storage } from '../storage/storage.js';
import type { Telemetry } from '../telemetry.js';

/** The upkeep, and the reruns that somebody asked for. */
export function startJobs(
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
