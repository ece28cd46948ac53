import { z } from 'zod';
import { pageOf } from '../answers.js';
import { operations } from '../operations.js';
import { pageQuery, UuidParameter } from '../parameters.js';
import { Rerun, RerunInput } from '../rerun-shapes.js';
import { defineRoute } from '../route.js';

const tag = 'Reruns';
const params = z.strictObject({ rerun_id: UuidParameter.describe('Id of the rerun: a UUID.') });

export const reruns = {
  reproject: defineRoute(operations.reruns.reproject, {
    tag,
    summary: 'Understand anew what is stored',
    description:
      'Starts a rerun that reads the stored spans and log records of a time range with the dialects and prices of now. With `dry_run` nothing is changed, and the rerun says what would be.',
    body: RerunInput,
    response: Rerun,
    status: 202,
  }),
  list: defineRoute(operations.reruns.list, {
    tag,
    summary: 'List reruns',
    description: 'Newest first.',
    query: z.strictObject({ ...pageQuery }),
    response: pageOf(Rerun),
  }),
  get: defineRoute(operations.reruns.get, {
    tag,
    summary: 'Show a rerun',
    description: 'How far it is, and what it changed so far.',
    params,
    response: Rerun,
  }),
  cancel: defineRoute(operations.reruns.cancel, {
    tag,
    summary: 'Cancel a rerun',
    description:
      'It ends before its next step; what it changed so far stays. One that has ended stays as it is.',
    params,
    // A JSON body, though empty, so that no page of another origin can send it unasked.
    body: z.strictObject({}),
    response: Rerun,
  }),
};
