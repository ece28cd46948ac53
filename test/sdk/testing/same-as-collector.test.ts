import { afterAll, beforeAll, expect, test } from 'vitest';
import { agent, embedding, generation, handoff, init, tool, workflow } from '../../../src/index.js';
import { collectSpans } from '../../../src/testing.js';
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

/** Everything that counts: wrappers, repeated usage, calls inside tools, failures, cancellations and a hand-over. */
function work(): void {
  const quiet = (fn: () => unknown) => {
    try {
      fn();
    } catch {
      // Recorded, which is all that counts here.
    }
  };
  workflow('trip', () => {
    agent('planner', (planner) => {
      generation({ model: 'gpt-x', provider: 'openai' }, (outer) => {
        generation({ model: 'gpt-x', provider: 'openai' }, (inner) => {
          inner.setUsage({ inputTokens: 100, outputTokens: 20, cachedInputTokens: 30 }).setCost(0.1);
        });
        outer.setUsage({ inputTokens: 100, outputTokens: 20, cachedInputTokens: 30 }).setCost(0.1);
      });
      tool('ask', () => {
        agent('expert', () => {
          generation('gpt-x', (call) => {
            call.setUsage({ inputTokens: 7, outputTokens: 3, reasoningTokens: 2 }).setCost(0.2);
          });
        });
      });
      quiet(() =>
        generation('gpt-x', () => {
          throw new Error('overloaded');
        }),
      );
      quiet(() =>
        tool('book', () => {
          throw new DOMException('enough', 'AbortError');
        }),
      );
      embedding('embed', (call) => {
        call.setUsage({ inputTokens: 8 }).setCost(0.3);
      });
      handoff('writer', () => agent('writer', () => 'done'));
      planner.setAttributes({ 'gen_ai.usage.input_tokens': 115, 'gen_ai.usage.output_tokens': 23 });
    });
  });
}

test('totals and executions are those that the collector finds in the same work', async () => {
  const collection = collectSpans();
  work();
  collection.dispose();
  const handle = init({ url: collector.url, exitGuard: false, pending: false });
  work();
  await handle.shutdown({ throwOnError: true });

  const { data } = await collector.get<{ data: Record<string, unknown>[] }>('/api/v1/traces');
  const totals = collection.totals();
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({
    span_count: totals.spans,
    llm_calls: totals.llmCalls,
    failed_llm_calls: totals.failedLlmCalls,
    tool_calls: totals.toolCalls,
    failed_span_count: totals.errors,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    cached_input_tokens: totals.cachedInputTokens,
    reasoning_tokens: totals.reasoningTokens,
    cost_usd: totals.costUsd,
  });
  expect(totals).toMatchObject({ llmCalls: 3, inputTokens: 115, outputTokens: 23, costUsd: 0.6 });

  const executions = await collector.get<{ data: { agent_name: string; status: string }[] }>(
    '/api/v1/executions',
  );
  expect(executions.data.map(({ agent_name, status }) => [agent_name, status]).sort()).toEqual(
    collection
      .executions()
      .map((run) => [run.agent, run.outcome])
      .sort(),
  );
});
