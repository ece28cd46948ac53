import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCollector, type TestCollector } from '../../support/collector.js';
import { startAnsweringFront, type AnsweringFront } from './answering-front.js';
import { createExamplesFolder, type ExamplesFolder } from './examples-folder.js';

let examples: ExamplesFolder;
let collector: TestCollector;
let front: AnsweringFront;
beforeAll(async () => {
  examples = createExamplesFolder();
  collector = await startTestCollector();
  front = await startAnsweringFront(collector.url);
});
afterAll(async () => {
  await front.close();
  await collector.close();
  examples.remove();
});

type Row = Record<string, unknown>;
interface Page {
  data: Row[];
}

const listTraces = async (service: string) =>
  (await collector.get<Page>(`/api/v1/traces?service=${service}`)).data;
const listExecutions = async (traceId: unknown) =>
  (await collector.get<Page>(`/api/v1/executions?trace_id=${String(traceId)}`)).data;
const listSpans = async (traceId: unknown) =>
  (await collector.get<Page>(`/api/v1/traces/${String(traceId)}/spans?payloads=full`)).data;

/** The attributes of a trace's records, in the order of time. */
async function listRecords(traceId: unknown): Promise<Row[]> {
  const all = (await listSpans(traceId)).map(({ attributes }) => attributes as Row);
  return all.filter((attributes) => attributes['spanledger.record'] !== undefined);
}

/** Runs an example and gives the one trace that it left. */
async function runOnce(example: string, service: string): Promise<Row> {
  await examples.run(example, front.url);
  const found = await listTraces(service);
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

const said = (role: string, content: string) => [{ role, parts: [{ type: 'text', content }] }];

test('a plain agent is one execution with its tokens, its cost and what was said', async () => {
  const trace = await runOnce('plain-agent', 'weather');
  expect(trace).toMatchObject({
    status: 'completed',
    complete: true,
    session_id: 'visit-1',
    user_id: 'ada',
    llm_calls: 2,
    tool_calls: 1,
    input_tokens: 220,
    output_tokens: 30,
    cost_source: 'computed',
    models: ['gpt-4o-2024-08-06'],
    tools: ['get_weather'],
  });
  expect(trace['cost_usd']).toBeGreaterThan(0);
  expect(await listExecutions(trace['trace_id'])).toMatchObject([
    {
      agent_name: 'weather agent',
      status: 'completed',
      input_data: said('user', 'What is the weather in Lisbon?'),
      output_data: said('assistant', 'It is clear, 24 °C.'),
    },
  ]);
  const call = (await listSpans(trace['trace_id'])).find(({ type }) => type === 'tool');
  expect(call).toMatchObject({
    tool_name: 'get_weather',
    tool_call_id: 'call_1',
    tool_arguments: { city: 'Lisbon' },
    tool_result: { city: 'Lisbon', sky: 'clear', celsius: 24 },
  });
});

test('the agent that was handed over to runs below the one that did, for the same case', async () => {
  const trace = await runOnce('multi-agent', 'support');
  expect(trace).toMatchObject({
    input_tokens: 290,
    cached_input_tokens: 128,
    tools: ['list_charges'],
    models: ['gpt-4o-mini', 'gpt-4o'],
  });
  const executions = await listExecutions(trace['trace_id']);
  const desk = executions.find(({ agent_name: name }) => name === 'front desk');
  const billing = executions.find(({ agent_name: name }) => name === 'billing');
  expect(executions).toHaveLength(2);
  expect(desk).toMatchObject({ agent_type: 'router', parent_execution_id: null });
  expect(billing).toMatchObject({ parent_execution_id: desk?.['id'], own_input_tokens: 210 });
  for (const one of executions) expect(one).toMatchObject({ case_id: 'ticket-17', workflow_id: 'run-1' });
  const spans = await listSpans(trace['trace_id']);
  expect(spans.filter(({ type }) => type === 'handoff')).toHaveLength(1);
});

test('the turns of a streamed chat are the traces of one session', async () => {
  await examples.run('streaming-chat', front.url);
  const session = await collector.get<Row>('/api/v1/sessions/chat-1');
  expect(session).toMatchObject({ trace_count: 2, input_tokens: 40, output_tokens: 5 });
  const turns = await listTraces('chat');
  expect(turns.map(({ output_preview: text }) => text).sort()).toEqual(['In 1572.', 'Luís de Camões.']);
  for (const turn of turns) {
    expect(turn).toMatchObject({ conversation_id: 'chat-1', user_id: 'ada', agents: ['assistant'] });
  }
});

test('a plan, its log and what was learned stand in the trace of the agent that made it', async () => {
  const trace = await runOnce('plan-execution', 'research');
  expect(trace).toMatchObject({ llm_calls: 4, input_tokens: 360, output_tokens: 105, status: 'completed' });
  const records = await listRecords(trace['trace_id']);
  const [plan] = records.filter((fields) => fields['spanledger.record'] === 'plan.created');
  expect(plan).toMatchObject({
    'spanledger.plan.task_id': 'task-42',
    'spanledger.plan.type': 'research',
    'spanledger.case.id': 'task-42',
  });
  expect(JSON.parse(String(plan?.['spanledger.plan.steps']))).toMatchObject([
    { step: 1, action: 'Read the dependencies', estimated_duration: 2 },
    { step: 2, action: 'Compare the licenses', estimated_duration: 5 },
    { step: 3, action: 'Recommend one' },
  ]);
  const logs = records.filter((fields) => fields['spanledger.record'] === 'log.added');
  expect(
    logs.map(
      (log) => `${String(log['spanledger.log.action_type'])} ${String(log['spanledger.log.step_number'])}`,
    ),
  ).toEqual([1, 2, 3].flatMap((step) => [`start_step ${step}`, `complete_step ${step}`]));
  for (const log of logs) expect(log['spanledger.log.plan_id']).toBe(plan?.['spanledger.plan.id']);
  expect(logs.at(-1)).toMatchObject({ 'spanledger.log.after_state': 'Apache-2.0.' });
  const learned = records.filter((fields) => fields['spanledger.record'] === 'context.set');
  expect(learned.map((fields) => fields['spanledger.context.key'])).toEqual([
    'question',
    'step 1',
    'step 2',
    'step 3',
  ]);
});

test('an agent that waited for a person published what was approved', async () => {
  const trace = await runOnce('human-checkpoint', 'newsroom');
  expect(trace).toMatchObject({ status: 'completed', tools: ['publish'], input_tokens: 110 });
  const [artifact, requested] = await listRecords(trace['trace_id']);
  expect(artifact).toMatchObject({
    'spanledger.record': 'artifact.stored',
    'spanledger.artifact.type': 'content_draft',
    'spanledger.artifact.confidence': 0.8,
  });
  expect(requested).toMatchObject({
    'spanledger.record': 'checkpoint.requested',
    'spanledger.checkpoint.key': 'publish version 1.0',
    'spanledger.checkpoint.risk': 'high',
    'spanledger.checkpoint.artifact_ids': [artifact?.['spanledger.artifact.id']],
  });
});

test('one agent asks and another answers, each an execution of its own', async () => {
  await examples.run('agent-question', front.url);
  const traces = await listTraces('team');
  const executions = (await Promise.all(traces.map((trace) => listExecutions(trace['trace_id'])))).flat();
  expect(executions.map(({ agent_name: name }) => name).sort()).toEqual(['developer', 'lead']);
  expect(executions.find(({ agent_name: name }) => name === 'developer')).toMatchObject({
    status: 'completed',
    output_data: said('assistant', 'We use it as told: Postgres.'),
  });
  const records = (await Promise.all(traces.map((trace) => listRecords(trace['trace_id'])))).flat();
  expect(records.map((fields) => fields['spanledger.record']).sort()).toEqual([
    'conversation.acknowledged',
    'conversation.answered',
    'conversation.asked',
  ]);
  expect(new Set(records.map((fields) => fields['spanledger.conversation.id'])).size).toBe(1);
});

test("a serverless handler goes on with its caller's trace", async () => {
  const trace = await runOnce('serverless-handler', 'api');
  expect(trace).toMatchObject({
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    input_tokens: 12,
    output_preview: 'You asked: Who are you?',
  });
  expect(await listExecutions(trace['trace_id'])).toMatchObject([
    { agent_name: 'answerer', status: 'completed' },
  ]);
});

test("beside NodeSDK the agent stands inside of the application's own spans", async () => {
  const trace = await runOnce('beside-node-sdk', 'shop');
  expect(trace).toMatchObject({
    name: 'GET /recommendations',
    span_count: 4,
    llm_calls: 1,
    agents: ['recommender'],
    input_tokens: 20,
  });
});

test("beside another vendor's processor nothing is missing or there twice", async () => {
  const trace = await runOnce('beside-another-vendor', 'assistant');
  expect(trace).toMatchObject({ span_count: 2, llm_calls: 1, input_tokens: 8, output_tokens: 4 });
  expect(trace['input_preview']).toBe('My key is [REDACTED:api-key].');
});
