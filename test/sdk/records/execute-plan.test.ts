import { afterEach, beforeEach, expect, test } from 'vitest';
import { executePlan, generation } from '../../../src/index.js';
import { startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

/** Records in order of time, as type and the fields that tell what happened. */
async function listRecords(): Promise<Record<string, unknown>[]> {
  const spans = await recorder.spans();
  return spans.flatMap(({ attributes }) => {
    const type = attributes['spanledger.record'];
    if (type === undefined) return [];
    const told = [
      'plan.status',
      'plan.current_step',
      'log.action_type',
      'log.step_number',
      'log.after_state',
    ];
    const fields = told.flatMap((name) => {
      const value = attributes[`spanledger.${name}`];
      return value === undefined ? [] : [[name.replace(/^\w+\./, ''), value]];
    });
    return [{ type, ...(Object.fromEntries(fields) as object) }];
  });
}

test('each step runs in a span of its own and is logged from its start to what it gave', async () => {
  const steps = ['collect', { action: 'write', description: 'two pages' }];
  const { plan, results } = await executePlan('t-1', 'research', steps, async (step, { plan: made }) => {
    expect(made.taskId).toBe('t-1');
    return generation('m', () => Promise.resolve(`${step.action} done`));
  });
  expect(results).toEqual(['collect done', 'write done']);
  expect(await listRecords()).toEqual([
    { type: 'plan.created' },
    { type: 'plan.updated', status: 'in_progress', current_step: 1 },
    { type: 'log.added', action_type: 'start_step', step_number: 1 },
    { type: 'log.added', action_type: 'complete_step', step_number: 1, after_state: 'collect done' },
    { type: 'plan.updated', status: 'in_progress', current_step: 2 },
    { type: 'log.added', action_type: 'start_step', step_number: 2 },
    { type: 'log.added', action_type: 'complete_step', step_number: 2, after_state: 'write done' },
    { type: 'plan.updated', status: 'completed', current_step: 3 },
  ]);
  const [outer, collect] = [await recorder.span('plan research'), await recorder.span('collect')];
  expect(outer.attributes['spanledger.plan.id']).toBe(plan.id);
  expect(collect.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  expect(collect.attributes).toMatchObject({ 'spanledger.plan.id': plan.id, 'spanledger.plan.step': 1 });
  const traces = new Set((await recorder.spans()).map((span) => span.spanContext().traceId));
  expect(traces.size).toBe(1);
});

test('a step that fails blocks the plan, is remembered as a blocker, and its error comes back as it is', async () => {
  const error = new TypeError('no such file');
  const done: string[] = [];
  const run = executePlan({ id: 't-1' }, 'fix', ['a', 'b', 'c'], ({ action }) => {
    done.push(action);
    if (action === 'b') throw error;
    return action;
  });
  await expect(run).rejects.toBe(error);
  expect(done).toEqual(['a', 'b']);
  expect((await listRecords()).slice(-3)).toEqual([
    { type: 'log.added', action_type: 'block', step_number: 2 },
    { type: 'plan.updated', status: 'blocked' },
    { type: 'context.set' },
  ]);
  const block = (await recorder.spans()).find(
    ({ attributes }) => attributes['spanledger.log.action_type'] === 'block',
  );
  expect(block?.attributes['spanledger.log.error_message']).toBe('no such file');
  expect((await recorder.span('context.set')).attributes).toMatchObject({
    'spanledger.context.task_id': 't-1',
    'spanledger.context.type': 'blockers',
    'spanledger.context.key': 'step 2',
    'spanledger.context.value': 'no such file',
    'spanledger.context.metadata': '{"step":2,"action":"b","error_type":"TypeError"}',
  });
  expect((await recorder.span('b')).attributes['error.type']).toBe('TypeError');
});

test('a plan that is called off is cancelled, not blocked, and goes no further', async () => {
  const off = new AbortController();
  const run = executePlan(
    't',
    'x',
    ['a', 'b'],
    () => {
      off.abort();
    },
    { signal: off.signal },
  );
  await expect(run).rejects.toBe(off.signal.reason);
  const records = await listRecords();
  expect(records.slice(-2)).toEqual([
    { type: 'log.added', action_type: 'cancel', step_number: 2 },
    { type: 'plan.updated', status: 'cancelled' },
  ]);
});

test('without init the steps are done all the same, and errors come back', async () => {
  await recorder.stop();
  const { results, plan } = await executePlan('t', 'x', ['a', 'b'], ({ step }) => step * 2);
  expect(results).toEqual([2, 4]);
  expect(plan.steps).toHaveLength(2);
  const error = new Error('no');
  await expect(
    executePlan('t', 'x', ['a'], () => {
      throw error;
    }),
  ).rejects.toBe(error);
});
