import { afterAll, describe, expect, test } from 'vitest';
import type { Execution, Trace } from '../../collector/contract/shapes.js';
import { loadCapture, sendCapture, type Capture } from '../support/captures.js';
import { UNDERSTOOD_CAPTURES, type Truth } from '../support/understood-captures.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

const ORDERS = [
  { title: 'as recorded', options: {} },
  { title: 'twice', options: { times: 2 } },
  { title: 'in reverse order', options: { reverse: true } },
] as const;

describe.each(UNDERSTOOD_CAPTURES)('the capture %s', (name) => {
  const capture = loadCapture(name);
  test.each(ORDERS)('sent $title gives the numbers that its bodies hold', async ({ options }) => {
    const collector = await startTestCollector();
    running.add(collector);
    await sendCapture(collector.url, capture, options);
    await expectTruth(collector, capture);
    await collector.close();
    running.delete(collector);
  });
});

const running = new Set<TestCollector>();
afterAll(async () => {
  for (const collector of running) await collector.close();
});

async function expectTruth(collector: TestCollector, capture: Capture): Promise<void> {
  const truth = capture.expected as unknown as Truth;
  const { observable } = truth;
  const traces = await collector.get<{ data: Trace[] }>('/api/v1/traces?limit=500&order=asc&sort=started_at');
  const executions = await collector.get<{ data: Execution[] }>('/api/v1/executions?limit=500&order=asc');
  const sum = (key: keyof Trace) => traces.data.reduce((total, trace) => total + Number(trace[key] ?? 0), 0);
  const distinct = (key: 'agents' | 'models' | 'tools') =>
    [...new Set(traces.data.flatMap((t) => t[key]))].sort();

  expect({
    spans: sum('span_count'),
    traces: traces.data.length,
    llm_calls: sum('llm_calls'),
    failed_calls: sum('failed_llm_calls'),
    input_tokens: sum('input_tokens'),
    output_tokens: sum('output_tokens'),
    cached_input_tokens: sum('cached_input_tokens'),
    cache_creation_tokens: sum('cache_write_tokens'),
    reasoning_tokens: sum('reasoning_tokens'),
    errors: sum('error_count'),
    tool_calls: sum('tool_calls'),
    agents: distinct('agents'),
    models: distinct('models'),
    tools: distinct('tools'),
  }).toEqual({
    spans: truth.spans,
    traces: truth.traces,
    llm_calls: observable.llm_calls,
    failed_calls: observable.failed_calls,
    input_tokens: observable.input_tokens,
    output_tokens: observable.output_tokens,
    cached_input_tokens: observable.cached_input_tokens,
    cache_creation_tokens: observable.cache_creation_tokens,
    reasoning_tokens: observable.reasoning_tokens,
    errors: observable.errors ?? truth.errors,
    tool_calls: truth.tools.length,
    agents: [...new Set(truth.agents)].sort(),
    models: [...new Set(truth.models)].sort(),
    tools: [...new Set(truth.tools)].sort(),
  });

  const observableOr = <Key extends 'session_id' | 'user_id'>(key: Key) =>
    key in observable ? observable[key] : truth[key];
  const values = (key: 'session_id' | 'user_id') =>
    traces.data.map((trace) => trace[key]).filter((v) => v !== null);
  for (const key of ['session_id', 'user_id'] as const) {
    const expected = observableOr(key);
    if (typeof expected === 'string') expect(values(key)).toContain(expected);
    if (expected === null) expect(values(key)).toEqual([]);
  }
  expectExecutions(truth, traces.data, executions.data);
}

function expectExecutions(truth: Truth, traces: Trace[], executions: Execution[]): void {
  const named = executions.map((execution) => execution.agent_name).filter((name) => name !== null);
  expect([...new Set(named)].sort()).toEqual([...new Set(truth.agents)].sort());
  const own = (key: keyof Execution) => executions.reduce((total, run) => total + Number(run[key] ?? 0), 0);
  const total = (key: keyof Trace) => traces.reduce((sum, trace) => sum + Number(trace[key] ?? 0), 0);
  expect(own('own_input_tokens')).toBe(total('input_tokens'));
  expect(own('own_output_tokens')).toBe(total('output_tokens'));
  expect(own('own_cached_input_tokens')).toBe(total('cached_input_tokens'));

  const toolsCalled = executions.flatMap((run) => run.tools_called.map((tool) => tool.name));
  if (executions.length > 0) expect(toolsCalled.sort()).toEqual([...truth.tools].sort());
  const roots = executions.filter((run) => run.parent_execution_id !== null);
  for (const run of roots) expect(executions.map((other) => other.id)).toContain(run.parent_execution_id);
  const text = JSON.stringify(executions);
  if (truth.input_contains !== undefined && executions.length > 0)
    expect(text).toContain(truth.input_contains);
  if (truth.output_contains !== undefined && executions.length > 0)
    expect(text).toContain(truth.output_contains);
  if (truth.thinking_contains !== undefined)
    expect(
      executions.flatMap((run) => run.thinking_traces.map((trace) => trace.content)).join('\n'),
    ).toContain(truth.thinking_contains);
}
