import { z } from 'zod';
import { pageOf } from '../answers.js';
import { operations } from '../operations.js';
import { pageQuery, switchParameter, textParameter, timeQuery } from '../parameters.js';
import { defineRoute } from '../route.js';
import { RunStatus, Session, SessionEntry, Trace } from '../shapes.js';

const tag = 'Sessions';
const params = z.strictObject({ session_id: textParameter('Session id.') });

export const sessions = {
  list: defineRoute(operations.sessions.list, {
    tag,
    summary: 'List sessions',
    description: 'Last seen first.',
    query: z.strictObject({
      ...timeQuery,
      user_id: textParameter('User id.').optional(),
      agent: textParameter('Name of an agent that ran.').optional(),
      model: textParameter('A model that was used.').optional(),
      service: textParameter('A service that sent telemetry.').optional(),
      status: RunStatus.optional().describe('Status of the session.'),
      has_error: switchParameter().optional().describe('Whether the session has errors.'),
      ...pageQuery,
    }),
    response: pageOf(Session),
  }),
  get: defineRoute(operations.sessions.get, {
    tag,
    summary: 'Show a session',
    description: 'The sums and sets of all traces with the same session id.',
    params,
    response: Session,
  }),
  traces: defineRoute(operations.sessions.traces, {
    tag,
    summary: 'List the traces of a session',
    description: 'In start order.',
    params,
    query: z.strictObject({ ...pageQuery }),
    response: pageOf(Trace),
  }),
  entries: defineRoute(operations.sessions.entries, {
    tag,
    summary: 'List the entries of a session',
    description:
      'Its spans, and what log records report that no span says, by time. An entry of a sender that speaks through log records has no trace unless the record names one.',
    params,
    query: z.strictObject({ ...pageQuery }),
    response: pageOf(SessionEntry),
  }),
};
