import { z } from 'zod';
import { pageOf } from '../answers.js';
import { operations } from '../operations.js';
import { pageQuery } from '../parameters.js';
import { defineRoute } from '../route.js';
import { RetentionRun, RetentionSettings } from '../shapes.js';

const tag = 'Retention';

export const retention = {
  get: defineRoute(operations.retention.get, {
    tag,
    summary: 'Show how long data is kept',
    description: 'Days for spans, for message bodies and for executions; null is for ever.',
    response: RetentionSettings,
  }),
  set: defineRoute(operations.retention.set, {
    tag,
    summary: 'Set how long data is kept',
    description:
      'Replaces all three settings. 0 days deletes everything older than the next run; null keeps for ever.',
    body: z.strictObject(RetentionSettings.shape),
    response: RetentionSettings,
  }),
  run: defineRoute(operations.retention.run, {
    tag,
    summary: 'Delete now what has expired',
    description: 'With `dry_run` nothing is deleted and the answer says what would be.',
    body: z.strictObject({ dry_run: z.boolean().default(false) }),
    response: RetentionRun,
  }),
  runs: defineRoute(operations.retention.runs, {
    tag,
    summary: 'List past retention runs',
    description: 'Newest first.',
    query: z.strictObject({ ...pageQuery }),
    response: pageOf(RetentionRun),
  }),
};
