import { afterAll, beforeAll, expect, test } from 'vitest';
import { agent, generation, handoff, init, tool } from '../../../src/index.js';
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
  agent_type: string | null;
  case_id: string | null;
  session_id: string | null;
  status: string;
  parent_execution_id: string | null;
  id: string;
  model_name: string | null;
  provider: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_input_tokens: number | null;
  cost_usd: number | null;
  error_type: string | null;
}

interface SpanEntry {
  name: string;
  type: string;
  dialect: string | null;
  input_messages: unknown;
  output_messages: unknown;
  tool_name: string | null;
  tool_call_id: string | null;
  tool_arguments: unknown;
  tool_result: unknown;
  cost_usd: number | null;
}

async function* stream() {
  await Promise.resolve();
  yield 'It is ';
  yield 'sunny.';
}

/** A planner that thinks, looks something up and hands over to a writer, which streams and is then called off. */
async function work(): Promise<string> {
  return agent(
    { name: 'planner', type: 'supervisor', input: 'Weather in Lisbon?', caseId: 'case-1', sessionId: 's-1' },
    async () => {
      await generation(
        { model: 'gpt-4o', provider: 'openai', input: [{ role: 'user', content: 'Weather in Lisbon?' }] },
        (call) => {
          call.setUsage({ inputTokens: 100, outputTokens: 20, cachedInputTokens: 40 }).setCost(0.25);
          return Promise.resolve('I will look it up.');
        },
      );
      await tool({ name: 'get_weather', callId: 'call_1', input: { city: 'Lisbon' } }, () =>
        Promise.resolve({ sky: 'clear' }),
      );
      return handoff({ name: 'writer' }, () =>
        agent('writer', async () => {
          let text = '';
          const words = generation({ model: 'gpt-4o', provider: 'openai', input: 'Write.' }, (call) => {
            call.setUsage({ inputTokens: 10, outputTokens: 5 }).setCost(0.5);
            return stream();
          });
          for await (const word of words) text += word;
          await agent('reviewer', () => Promise.reject(new DOMException('stop', 'AbortError'))).catch(
            () => undefined,
          );
          return text;
        }),
      );
    },
  );
}

test('agents, calls, tools and hand-overs arrive as executions with messages, tokens and cost', async () => {
  const handle = init({ url: collector.url, serviceName: 'weather', exitGuard: false });
  expect(await work()).toBe('It is sunny.');
  await handle.shutdown({ throwOnError: true });

  const { data } = await collector.get<{ data: Execution[] }>('/api/v1/executions');
  const of = (name: string) => data.find((execution) => execution.agent_name === name);
  expect(data).toHaveLength(3);
  expect(of('planner')).toMatchObject({
    agent_type: 'supervisor',
    case_id: 'case-1',
    session_id: 's-1',
    status: 'completed',
    parent_execution_id: null,
    model_name: 'gpt-4o',
    provider: 'openai',
  });
  expect(of('writer')).toMatchObject({
    status: 'completed',
    case_id: 'case-1',
    parent_execution_id: of('planner')?.id,
  });
  expect(of('reviewer')).toMatchObject({
    status: 'cancelled',
    error_type: 'cancelled',
    parent_execution_id: of('writer')?.id,
  });

  const traces = await collector.get<{ data: Record<string, unknown>[] }>('/api/v1/traces');
  expect(traces.data).toHaveLength(1);
  expect(traces.data[0]).toMatchObject({
    llm_calls: 2,
    tool_calls: 1,
    input_tokens: 110,
    output_tokens: 25,
    cached_input_tokens: 40,
    cost_usd: 0.75,
    session_id: 's-1',
    models: ['gpt-4o'],
    services: ['weather'],
  });
});

test('each span says to the collector what it is and what was said', async () => {
  const { data } = await collector.get<{ data: { trace_id: string }[] }>('/api/v1/traces');
  const found = await collector.get<{ spans: { trace_id: string; span_id: string; name: string }[] }>(
    `/api/v1/traces/${data[0]?.trace_id ?? ''}`,
  );
  const read = async (name: string) => {
    const span = found.spans.find((one) => one.name === name);
    return collector.get<SpanEntry>(`/api/v1/spans/${span?.trace_id ?? ''}/${span?.span_id ?? ''}`);
  };
  const said = (role: string, content: string) => [{ role, parts: [{ type: 'text', content }] }];
  expect(await read('execute_tool get_weather')).toMatchObject({
    type: 'tool',
    dialect: 'otel-genai',
    tool_name: 'get_weather',
    tool_call_id: 'call_1',
    tool_arguments: { city: 'Lisbon' },
    tool_result: { sky: 'clear' },
  });
  expect(await read('execute_tool transfer_to_writer')).toMatchObject({ type: 'handoff' });
  expect(await read('invoke_agent planner')).toMatchObject({
    type: 'agent',
    input_messages: said('user', 'Weather in Lisbon?'),
    output_messages: said('assistant', 'It is sunny.'),
  });
  const calls = found.spans.filter(({ name }) => name === 'chat gpt-4o');
  expect(calls).toHaveLength(2);
});
