import { diag, DiagLogLevel, isSpanContextValid } from '@opentelemetry/api';
import { hrTimeToMicroseconds } from '@opentelemetry/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  addLog,
  agent,
  ask,
  createPlan,
  deleteContext,
  emitRecord,
  generation,
  identify,
  modelSelected,
  modelSwitched,
  retryOf,
  setContext,
  stepsToSubtasks,
  storeArtifact,
  updatePlan,
  workflow,
} from '../../../src/index.js';
import { startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(async () => {
  diag.disable();
  await recorder.stop();
});

test('a record is a moment below the active span, with its fields and with whom the work is for', async () => {
  let made = '';
  agent({ name: 'planner', caseId: 'case-1', sessionId: 's-1' }, () => {
    made = emitRecord('plan.created', {
      id: 'p-1',
      taskId: 't-1',
      type: 'research',
      steps: [{ step: 1, action: 'read', estimated_duration: 5 }],
      reasoning: 'one step is enough',
    }).spanId;
  });
  const record = await recorder.span('plan.created');
  const parent = await recorder.span('invoke_agent planner');
  expect(record.spanContext().spanId).toBe(made);
  expect(record.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
  expect(record.endTime).toEqual(record.startTime);
  expect(record.attributes).toEqual({
    'spanledger.record': 'plan.created',
    'session.id': 's-1',
    'spanledger.case.id': 'case-1',
    'spanledger.plan.id': 'p-1',
    'spanledger.plan.task_id': 't-1',
    'spanledger.plan.type': 'research',
    'spanledger.plan.steps': '[{"step":1,"action":"read","estimated_duration":5}]',
    'spanledger.plan.reasoning': 'one step is enough',
  });
});

test('a record of any other type keeps what it is given, under its own noun', async () => {
  emitRecord('invoice.paid', {
    invoiceId: 'i-1',
    amount: 12.5,
    final: true,
    tags: ['a', 'b'],
    lines: [{ sku: 'x' }],
    at: new Date('2026-01-02T03:04:05.678Z'),
    missing: undefined,
    none: null,
    big: 2n ** 64n,
  });
  expect((await recorder.span('invoice.paid')).attributes).toEqual({
    'spanledger.record': 'invoice.paid',
    'spanledger.invoice.invoice_id': 'i-1',
    'spanledger.invoice.amount': 12.5,
    'spanledger.invoice.final': true,
    'spanledger.invoice.tags': ['a', 'b'],
    'spanledger.invoice.lines': '[{"sku":"x"}]',
    'spanledger.invoice.at': '2026-01-02T03:04:05.678Z',
    'spanledger.invoice.big': '18446744073709551616',
  });
});

test('records that are emitted at once keep their order in time', async () => {
  for (let index = 0; index < 200; index += 1) addLog({ action: 'note', step: index });
  const spans = await recorder.spans();
  const times = spans.map(({ startTime }) => hrTimeToMicroseconds(startTime));
  expect(spans).toHaveLength(200);
  for (const [index, time] of times.entries()) expect(time).toBeGreaterThan(times[index - 1] ?? 0);
  expect(Math.abs((times[0] ?? 0) / 1_000 - Date.now())).toBeLessThan(10_000);
});

test('plans, logs and context are written by the words of their records', async () => {
  const plan = createPlan({
    type: 'implementation',
    taskId: 't-1',
    steps: ['write', { action: 'check', description: 'run the tests', estimatedMinutes: 10 }],
  });
  updatePlan(plan, { status: 'in_progress', currentStep: 1 });
  addLog({
    plan,
    step: 1,
    action: 'complete_step',
    entityId: 'file-7',
    description: 'written',
    beforeState: { lines: 0 },
    afterState: ['a'],
    confidence: 0.5,
  });
  setContext({
    taskId: 't-1',
    plan,
    type: 'research',
    key: 'license',
    value: { spdx: 'MIT' },
    metadata: { by: 'me' },
  });
  deleteContext({ taskId: 't-1', type: 'research', key: 'license' });
  expect(plan).toMatchObject({ type: 'implementation', taskId: 't-1' });
  expect(plan.steps.map(({ step, action }) => [step, action])).toEqual([
    [1, 'write'],
    [2, 'check'],
  ]);
  expect((await recorder.spans()).map(({ attributes }) => attributes)).toEqual([
    {
      'spanledger.record': 'plan.created',
      'spanledger.plan.id': plan.id,
      'spanledger.plan.task_id': 't-1',
      'spanledger.plan.type': 'implementation',
      'spanledger.plan.steps':
        '[{"step":1,"action":"write"},{"step":2,"action":"check","description":"run the tests","estimated_duration":10}]',
    },
    {
      'spanledger.record': 'plan.updated',
      'spanledger.plan.id': plan.id,
      'spanledger.plan.status': 'in_progress',
      'spanledger.plan.current_step': 1,
    },
    {
      'spanledger.record': 'log.added',
      'spanledger.log.plan_id': plan.id,
      'spanledger.log.step_number': 1,
      'spanledger.log.action_type': 'complete_step',
      'spanledger.log.entity_id': 'file-7',
      'spanledger.log.description': 'written',
      'spanledger.log.before_state': '{"lines":0}',
      'spanledger.log.after_state': ['a'],
      'spanledger.log.confidence': 0.5,
    },
    {
      'spanledger.record': 'context.set',
      'spanledger.context.task_id': 't-1',
      'spanledger.context.plan_id': plan.id,
      'spanledger.context.type': 'research',
      'spanledger.context.key': 'license',
      'spanledger.context.value': '{"spdx":"MIT"}',
      'spanledger.context.metadata': '{"by":"me"}',
    },
    {
      'spanledger.record': 'context.deleted',
      'spanledger.context.task_id': 't-1',
      'spanledger.context.type': 'research',
      'spanledger.context.key': 'license',
    },
  ]);
});

test('steps become subtasks, each logged with the id that it was given', async () => {
  const plan = createPlan({ id: 'p-1', type: 'subtask_breakdown', steps: ['a', 'b', 'c'] });
  const ids: (string | { id: string } | null)[] = ['task-a', { id: 'task-b' }, null];
  const created = await stepsToSubtasks(plan, ({ step }) => ids[step - 1] ?? null);
  expect(created).toEqual(ids);
  const logs = (await recorder.spans()).filter(({ name }) => name === 'log.added');
  expect(logs.map(({ attributes }) => attributes['spanledger.log.entity_id'])).toEqual([
    'task-a',
    'task-b',
    undefined,
  ]);
  expect(logs.map(({ attributes }) => attributes['spanledger.log.step_number'])).toEqual([1, 2, 3]);
});

test('the choice of a model has the names of the conventions, and what has none is ours', async () => {
  modelSelected({ model: 'gpt-5-mini', provider: 'openai', reason: 'cheap' });
  modelSwitched({ from: 'gpt-5-mini', to: 'gpt-5', provider: 'openai', reason: 'too hard' });
  expect((await recorder.span('model_selected')).attributes).toEqual({
    'spanledger.record': 'model_selected',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.provider.name': 'openai',
    'spanledger.model.reason': 'cheap',
  });
  expect((await recorder.span('model_switched')).attributes).toEqual({
    'spanledger.record': 'model_switched',
    'gen_ai.provider.name': 'openai',
    'spanledger.model.from': 'gpt-5-mini',
    'spanledger.model.to': 'gpt-5',
    'spanledger.model.reason': 'too hard',
  });
});

test('an artifact is its content or a reference, and says which kind of content', async () => {
  const report = storeArtifact({ type: 'report', title: 'Q3', content: 'All is well.', confidence: 0.9 });
  storeArtifact({ id: 'a-2', type: 'generic_output', content: { ok: true } });
  storeArtifact({ id: 'a-3', type: 'report', reference: { uri: 's3://b/k', sizeBytes: 5, sha256: 'ab' } });
  const [first, second, third] = (await recorder.spans()).map(({ attributes }) => attributes);
  expect(first).toEqual({
    'spanledger.record': 'artifact.stored',
    'spanledger.artifact.id': report.id,
    'spanledger.artifact.type': 'report',
    'spanledger.artifact.title': 'Q3',
    'spanledger.artifact.content': 'All is well.',
    'spanledger.artifact.media_type': 'text/plain',
    'spanledger.artifact.confidence': 0.9,
  });
  expect(second).toMatchObject({
    'spanledger.artifact.content': '{"ok":true}',
    'spanledger.artifact.media_type': 'application/json',
  });
  expect(third).toEqual({
    'spanledger.record': 'artifact.stored',
    'spanledger.artifact.id': 'a-3',
    'spanledger.artifact.type': 'report',
    'spanledger.artifact.uri': 's3://b/k',
    'spanledger.artifact.size_bytes': 5,
    'spanledger.artifact.sha256': 'ab',
  });
});

test('an attempt says whose it is, which one it is and what it repeats', async () => {
  const first = workflow({ name: 'triage', workflowId: 'w-1', caseId: 'case-1' }, () =>
    agent({ name: 'reader', executionId: 'e-1', attempt: 1 }, (run) => run),
  );
  agent({ name: 'reader 2', executionId: 'e-1', attempt: 2, links: retryOf(first.span) }, () => undefined);
  expect((await recorder.span('invoke_agent reader')).attributes).toMatchObject({
    'spanledger.workflow.id': 'w-1',
    'spanledger.case.id': 'case-1',
    'spanledger.execution.id': 'e-1',
    'spanledger.attempt': 1,
  });
  const second = await recorder.span('invoke_agent reader 2');
  expect(second.attributes['spanledger.attempt']).toBe(2);
  expect(second.links).toMatchObject([
    { context: { spanId: first.span.spanContext().spanId }, attributes: { 'spanledger.link': 'retry_of' } },
  ]);
});

test('an id that is empty or too long is sent as it is, and said in a warning once', async () => {
  const said: string[] = [];
  const keep = (message: string) => void said.push(message);
  diag.setLogger(
    { error: keep, warn: keep, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const longest = '😀'.repeat(200);
  createPlan({ id: longest, type: 'x', steps: [] });
  expect(said).toEqual([]);
  createPlan({ id: `${longest}!`, type: 'x', steps: [] });
  createPlan({ id: '', type: 'x', steps: [] });
  addLog({ action: 'note', confidence: 1.5 });
  expect(said).toEqual([
    "spanledger: the record plan.created is sent, but can't be understood: id must have 1 to 200 characters, and has 201",
    "spanledger: the record log.added is sent, but can't be understood: confidence must be from 0 to 1, and is 1.5",
  ]);
  const ids = (await recorder.spans()).map(({ attributes }) => attributes['spanledger.plan.id']);
  expect(ids).toEqual([longest, `${longest}!`, '', undefined]);
});

test('what no user with types would give harms nobody', async () => {
  const trap = {
    get inside(): string {
      throw new Error('do not look');
    },
  };
  const nothing = undefined as never;
  addLog({ action: 'note', afterState: trap });
  addLog(nothing);
  updatePlan(nothing, nothing);
  setContext(nothing);
  deleteContext(nothing);
  modelSelected(nothing);
  createPlan({ id: 'p', type: 'x', steps: nothing });
  emitRecord('odd', nothing);
  const names = (await recorder.spans()).map(({ name }) => name);
  expect(names).toEqual(['log.added', 'plan.created']);
});

test('with facts alone captured, records keep ids and states and lose what was written', async () => {
  await recorder.stop();
  recorder = startRecorder({ capture: 'none' });
  identify({ caseId: 'c-1' }, () => {
    createPlan({ id: 'p-1', taskId: 't-1', type: 'research', steps: ['secret'], reasoning: 'secret' });
    addLog({
      plan: 'p-1',
      step: 1,
      action: 'note',
      description: 'secret',
      afterState: 'secret',
      entityId: 'e-1',
    });
    setContext({ plan: 'p-1', type: 'notes', key: 'k', value: 'secret' });
    storeArtifact({ id: 'a-1', type: 'report', title: 'secret', content: 'secret' });
    ask('secret', { id: 'q-1', askerRole: 'developer' });
  });
  const all = (await recorder.spans()).map(({ attributes }) => attributes);
  expect(JSON.stringify(all)).not.toContain('secret');
  expect(all).toMatchObject([
    { 'spanledger.case.id': 'c-1', 'spanledger.plan.id': 'p-1', 'spanledger.plan.task_id': 't-1' },
    { 'spanledger.log.plan_id': 'p-1', 'spanledger.log.entity_id': 'e-1', 'spanledger.log.step_number': 1 },
    { 'spanledger.context.plan_id': 'p-1', 'spanledger.context.key': 'k' },
    { 'spanledger.artifact.id': 'a-1', 'spanledger.artifact.type': 'report' },
    { 'spanledger.conversation.id': 'q-1', 'spanledger.conversation.asker_role': 'developer' },
  ]);
});

test('without init everything gives what can be worked with, and nothing is recorded', async () => {
  await recorder.stop();
  const plan = createPlan({ type: 'research', steps: ['a'] });
  expect(plan.steps).toEqual([{ step: 1, action: 'a' }]);
  expect(plan.id).not.toBe('');
  expect(storeArtifact({ type: 'report', content: 'x' }).id).not.toBe('');
  expect(isSpanContextValid(emitRecord('x.y', {}))).toBe(false);
  addLog({ plan, action: 'note' });
  modelSelected({ model: 'm' });
  expect(generation('m', () => 1)).toBe(1);
});
