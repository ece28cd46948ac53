import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agent,
  ask,
  createPlan,
  executePlan,
  generation,
  getPlan,
  init,
  modelSelected,
  recordOutput,
  retryOf,
  setContext,
  storeArtifact,
  triageV1,
  workflow,
} from '../../../src/index.js';
import { startTestCollector, type TestCollector } from '../../support/collector.js';
import { disableOtel } from '../../support/disable-otel.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  disableOtel();
  await collector.close();
});

interface Execution {
  agent_name: string;
  case_id: string | null;
  workflow_id: string | null;
  attempt: number;
  status: string;
}
interface Entry {
  trace_id: string;
  span_id: string;
  name: string;
  attributes: Record<string, unknown>;
  duration_ms: number;
}

async function work(): Promise<void> {
  await workflow({ name: 'triage', caseId: 'case-1', workflowId: 'run-1' }, async () => {
    const first = agent({ name: 'reader', executionId: 'e-1', attempt: 1 }, (run) => run);
    const links = retryOf(first.span);
    await agent({ name: 'reader', executionId: 'e-1', attempt: 2, links }, async () => {
      modelSelected({ model: 'gpt-never-called', provider: 'openai', reason: 'cheap' });
      await executePlan('task-1', 'research', ['read'], () =>
        generation({ model: 'gpt-4o', provider: 'openai' }, (call) => {
          call.setUsage({ inputTokens: 10, outputTokens: 2 });
          return Promise.resolve('read');
        }),
      );
      setContext({ taskId: 'task-1', type: 'goal', key: 'aim', value: 'a\u0000b' });
      storeArtifact({ type: 'report', content: { ok: true } });
      ask('Is it so?', { askerRole: 'reader' });
      return recordOutput(triageV1, { file_results: [], suggested_groupings: [] });
    });
  });
}

test('records arrive as moments of their trace, and change nothing of its figures', async () => {
  const handle = init({ url: collector.url, serviceName: 'records', exitGuard: false });
  await work();
  await handle.flush({ throwOnError: true });
  const traces = await collector.get<{ data: Record<string, unknown>[] }>('/api/v1/traces');
  expect(traces.data).toMatchObject([
    {
      llm_calls: 1,
      tool_calls: 0,
      input_tokens: 10,
      output_tokens: 2,
      models: ['gpt-4o'],
      agents: ['reader'],
      error_count: 0,
      status: 'completed',
    },
  ]);
  const id = String(traces.data[0]?.['trace_id']);
  const { spans } = await collector.get<{ spans: Entry[] }>(`/api/v1/traces/${id}`);
  const records = spans.filter(({ duration_ms: duration, name }) => duration === 0 && /[._]/.test(name));
  expect(records.map(({ name }) => name)).toEqual([
    'model_selected',
    'plan.created',
    'plan.updated',
    'log.added',
    'log.added',
    'plan.updated',
    'context.set',
    'artifact.stored',
    'conversation.asked',
  ]);
  const of = async (name: string) => {
    const span = records.find((record) => record.name === name);
    return collector.get<Entry>(`/api/v1/spans/${id}/${span?.span_id ?? ''}`);
  };
  expect((await of('plan.created')).attributes).toMatchObject({
    'spanledger.record': 'plan.created',
    'spanledger.plan.task_id': 'task-1',
    'spanledger.plan.steps': '[{"step":1,"action":"read"}]',
    'spanledger.case.id': 'case-1',
  });
  expect((await of('context.set')).attributes).toMatchObject({ 'spanledger.context.value': 'a\u0000b' });
});

test('executions carry case, workflow and attempt', async () => {
  const { data } = await collector.get<{ data: Execution[] }>('/api/v1/executions');
  const readers = data.filter(({ agent_name: name }) => name === 'reader');
  expect(readers.map(({ attempt }) => attempt).sort()).toEqual([1, 2]);
  for (const execution of readers) {
    expect(execution).toMatchObject({ case_id: 'case-1', workflow_id: 'run-1' });
  }
});

test('a plan that the collector does not have is undefined', async () => {
  const plan = createPlan({ type: 'research', steps: ['a'] });
  expect(await getPlan(`${plan.id} of nobody`)).toBeUndefined();
});
