import type { Routes } from '../../contract/routes.js';
import { presentPage } from '../handler.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';

export function createRetentionHandlers({ storage }: HandlerOptions): GroupHandlers<Routes['retention']> {
  return {
    get: (_input, projectId) => storage.findRetention(projectId),
    set: ({ body }, projectId) => storage.setRetention(projectId, body),
    run: ({ body }) => storage.runRetention({ dryRun: body.dry_run }),
    async runs({ query }) {
      return presentPage(await storage.listRetentionRuns(query), (run) => run);
    },
  };
}
