import type { Routes } from '../../contract/routes.js';
import { presentPage, requireFound } from '../handler.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';

export function createRerunHandlers({
  storage,
  startRerun,
}: HandlerOptions): GroupHandlers<Routes['reruns']> {
  return {
    reproject: ({ body }, projectId) => startRerun(projectId, 'reproject', body),
    async list({ query }, projectId) {
      return presentPage(await storage.listReruns(projectId, query), (rerun) => rerun);
    },
    async get({ params }, projectId) {
      return requireFound(await storage.findRerun(projectId, params.rerun_id), `rerun ${params.rerun_id}`);
    },
    async cancel({ params }, projectId) {
      return requireFound(await storage.cancelRerun(projectId, params.rerun_id), `rerun ${params.rerun_id}`);
    },
  };
}
