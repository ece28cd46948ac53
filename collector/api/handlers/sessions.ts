import type { Routes } from '../../contract/routes.js';
import { cutIdentifier } from '../../model/ids.js';
import { cutFilter, presentPage, requireFound } from '../handler.js';
import { presentSessionEntry } from '../session-entry.js';
import { judgeEntries } from '../uncounted-calls.js';
import type { GroupHandlers, HandlerOptions } from '../handler.js';

export function createSessionHandlers(options: HandlerOptions): GroupHandlers<Routes['sessions']> {
  const { storage } = options;
  return {
    async list({ query }, projectId) {
      const { limit, cursor, ...filter } = query;
      const page = await storage.listSessions(projectId, cutFilter(filter), { limit, cursor });
      return presentPage(page, (session) => session);
    },
    async get({ params }, projectId) {
      const session = await storage.findSession(projectId, cutIdentifier(params.session_id));
      return requireFound(session, `session ${params.session_id}`);
    },
    async traces({ params, query }, projectId) {
      const sessionId = cutIdentifier(params.session_id);
      requireFound(await storage.findSession(projectId, sessionId), `session ${params.session_id}`);
      const page = await storage.listTraces(
        projectId,
        { session_id: sessionId },
        { ...query, sort: 'started_at', order: 'asc' },
      );
      return presentPage(page, (trace) => trace);
    },
    async entries({ params, query }, projectId) {
      const sessionId = cutIdentifier(params.session_id);
      requireFound(await storage.findSession(projectId, sessionId), `session ${params.session_id}`);
      const page = await storage.listSessionEntries(projectId, sessionId, query);
      const judge = await judgeEntries(options, projectId, sessionId, page.rows);
      return presentPage(page, (entry) => presentSessionEntry(entry, judge(entry)));
    },
  };
}
