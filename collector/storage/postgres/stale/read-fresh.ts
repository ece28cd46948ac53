import type { StorageMaintenance, StoragePrices, StorageReader, StorageReruns } from '../../storage.js';
import type { Refresher } from './refresher.js';

type Reads = StorageReader & StoragePrices & StorageReruns;
type Upkeep = Pick<StorageMaintenance, 'runRetention' | 'noteMissingParents'>;

/**
 * The same storage, in which whatever depends on derived rows first has those brought up to date that writes have left
 * stale. The others read only what was received: spans by the times of their trace, which writes keep right, log records,
 * metric points, prices and what became of reruns.
 */
export function readFresh(refresher: Refresher, storage: Reads & Upkeep): Reads & Upkeep {
  /** For a method whose first argument is the project. */
  function fresh<Given extends unknown[], Result>(
    method: (projectId: string, ...given: Given) => Promise<Result>,
  ): (projectId: string, ...given: Given) => Promise<Result> {
    return async (projectId, ...given) => {
      await refresher.refresh(projectId);
      return method(projectId, ...given);
    };
  }
  return {
    ...storage,
    listTraces: fresh((...given) => storage.listTraces(...given)),
    findTrace: fresh((...given) => storage.findTrace(...given)),
    listSessions: fresh((...given) => storage.listSessions(...given)),
    findSession: fresh((...given) => storage.findSession(...given)),
    listSessionEntries: fresh((...given) => storage.listSessionEntries(...given)),
    listExecutions: fresh((...given) => storage.listExecutions(...given)),
    findExecution: fresh((...given) => storage.findExecution(...given)),
    listExecutionTree: fresh((...given) => storage.listExecutionTree(...given)),
    listTraceReports: fresh((...given) => storage.listTraceReports(...given)),
    listLedgerReports: fresh((...given) => storage.listLedgerReports(...given)),
    listIngestIssues: fresh((...given) => storage.listIngestIssues(...given)),
    findWhereabouts: fresh((...given) => storage.findWhereabouts(...given)),
    summarizeIngestIssues: fresh((...given) => storage.summarizeIngestIssues(...given)),
    listUnpricedDoubts: fresh((...given) => storage.listUnpricedDoubts(...given)),
    createRerun: fresh((...given) => storage.createRerun(...given)),
    rerunTraces: fresh((...given) => storage.rerunTraces(...given)),
    async runRetention(options) {
      await refresher.refreshAll();
      return storage.runRetention(options);
    },
    async noteMissingParents(options) {
      await refresher.refreshAll();
      return storage.noteMissingParents(options);
    },
  };
}
