import { describe, expect, it } from 'vitest';
import { createProjector } from '../../collector/projections/projector.js';
import { judgeUsage } from '../../collector/projections/usage.js';
import type { TraceRow, TraceSpan } from '../../collector/model/rows.js';
import { TraceSketch } from '../support/spans.js';

function projectRow(trace: TraceSketch): TraceRow {
  return createProjector(trace).projectTrace('p', trace.material()).trace;
}

function listCounted(trace: TraceSketch): string[] {
  const verdicts = judgeUsage(trace.spans);
  return trace.spans
    .filter(({ spanId }) => verdicts.get(spanId)?.counted === true)
    .map(({ spanId }) => spanId);
}

function reasonFor(trace: TraceSketch, span: TraceSpan): string | null | undefined {
  return judgeUsage(trace.spans).get(span.spanId)?.because;
}

const usage = (inputTokens: number, outputTokens: number): { inputTokens: number; outputTokens: number } => ({
  inputTokens,
  outputTokens,
});

describe('what counts', () => {
  it("an agent's sum is not added to the calls below it", () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { usage: usage(300, 42) });
    const step = trace.add('step', agent, { usage: usage(300, 42) });
    const calls = [
      trace.add('llm', step, { usage: usage(100, 20) }),
      trace.add('llm', step, { usage: usage(200, 22) }),
    ];
    expect(listCounted(trace)).toEqual(calls.map(({ spanId }) => spanId));
    expect(reasonFor(trace, agent)).toBe('It repeats the usage of the model calls below it.');
    expect(projectRow(trace)).toMatchObject({ llmCalls: 2, totals: { inputTokens: 300, outputTokens: 42 } });
  });

  it('an agent with usage and no call below counts its tokens, but is no llm call', () => {
    const trace = new TraceSketch();
    const outer = trace.add('agent', null, { usage: usage(80, 8) });
    const hosted = trace.add('agent', outer, { usage: usage(70, 7), requestModel: 'hosted-1' });
    expect(listCounted(trace)).toEqual([hosted.spanId]);
    expect(projectRow(trace)).toMatchObject({
      llmCalls: 0,
      totals: { inputTokens: 70, outputTokens: 7 },
      models: ['hosted-1'],
    });
  });

  it('such an agent counts only once the trace is complete', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', 'ffffffffffffffff', { usage: usage(70, 7) });
    expect(listCounted(trace)).toEqual([]);
    expect(reasonFor(trace, agent)).toMatch(/calls may follow/);
    expect(projectRow(trace).totals.inputTokens).toBeNull();
  });

  it('such an agent waits for a model call below it that is still running', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { usage: usage(70, 7) });
    trace.add('llm', agent, { isPending: true, outcome: 'running', usage: usage(5, 5) });
    expect(listCounted(trace)).toEqual([]);
  });

  it('usage of tools, steps and other spans never counts', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null);
    for (const type of ['tool', 'step', 'span', 'rerank', 'evaluation'] as const) {
      const span = trace.add(type, root, { usage: usage(9, 9) });
      expect(reasonFor(trace, span)).toMatch(/^Usage counts on model calls/);
    }
    expect(projectRow(trace).totals.inputTokens).toBeNull();
  });

  it('a span without usage has nothing to explain', () => {
    const trace = new TraceSketch();
    const call = trace.add('llm', null);
    expect(judgeUsage(trace.spans).get(call.spanId)).toEqual({ counted: false, rule: null, because: null });
  });

  it('a pending call is neither answered nor failed', () => {
    const trace = new TraceSketch();
    const call = trace.add('llm', null, { isPending: true, outcome: 'running', usage: usage(5, 5) });
    expect(projectRow(trace)).toMatchObject({
      llmCalls: 0,
      failedLlmCalls: 0,
      totals: { inputTokens: null },
    });
    expect(reasonFor(trace, call)).toBe('The span is still running.');
  });

  it('a cancelled call counts if tokens had come', () => {
    const trace = new TraceSketch();
    trace.add('llm', null, { outcome: 'cancelled' });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 0, failedLlmCalls: 0 });
    trace.add('llm', null, { outcome: 'cancelled', usage: usage(5, 1) });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, failedLlmCalls: 0 });
  });
});

describe('one call in nested spans', () => {
  const wrap = (
    outer: Parameters<TraceSketch['add']>[2],
    inner: Parameters<TraceSketch['add']>[2],
  ): TraceSketch => {
    const trace = new TraceSketch();
    const wrapper = trace.add('llm', null, outer);
    trace.add('llm', trace.add('http', wrapper), inner);
    return trace;
  };
  const inner = '0000000000000003';

  it('the same response id', () => {
    const trace = wrap({ responseId: 'r', usage: usage(10, 2) }, { responseId: 'r', usage: usage(11, 2) });
    expect(listCounted(trace)).toEqual([inner]);
    expect(reasonFor(trace, trace.spans[0] as TraceSpan)).toContain(
      `span ${inner} inside it, which has the same`,
    );
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: { inputTokens: 11 } });
  });

  it('equal counts', () => {
    const trace = wrap({ usage: usage(10, 2) }, { responseId: 'r', usage: usage(10, 2) });
    expect(listCounted(trace)).toEqual([inner]);
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: { inputTokens: 10 } });
  });

  it.each([
    ['input without the cache', { ...usage(40, 10) }, { ...usage(60, 10), cachedInputTokens: 20 }],
    ['output without reasoning', usage(60, 3), { ...usage(60, 10), reasoningTokens: 7 }],
  ])(
    'counts of which one side gives %s: the fuller are taken, whichever span has them',
    (_what, less, full) => {
      for (const trace of [wrap({ usage: less }, { usage: full }), wrap({ usage: full }, { usage: less })]) {
        expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: full });
      }
    },
  );

  it('an agent in between is the operation that was wrapped', () => {
    const trace = new TraceSketch();
    const wrapper = trace.add('llm', null, { usage: usage(10, 2) });
    const operation = trace.add('agent', wrapper, { usage: usage(10, 2) });
    const call = trace.add('llm', operation, { usage: usage(10, 2) });
    expect(listCounted(trace)).toEqual([call.spanId]);
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: { inputTokens: 10 } });
  });

  it('an outer span without usage', () => {
    const trace = wrap({ responseId: 'run-1' }, { responseId: 'r', usage: usage(10, 2) });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: { inputTokens: 10 } });
  });

  it('both failed', () => {
    const trace = wrap({ outcome: 'failed' }, { outcome: 'failed' });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 0, failedLlmCalls: 1, errorCount: 1 });
  });

  it('an inner span without usage, which then comes from the outer one', () => {
    const trace = wrap({ usage: usage(10, 2) }, { responseId: 'r' });
    expect(listCounted(trace)).toEqual(['0000000000000001']);
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: { inputTokens: 10, outputTokens: 2 } });
  });

  it('takes from the outer span what the inner one leaves out', () => {
    const trace = wrap(
      { usage: { ...usage(10, 2), cachedInputTokens: 4, reasoningTokens: 1 }, reportedCostUsd: '0.01' },
      { responseModel: 'm', usage: usage(10, 2) },
    );
    expect(projectRow(trace)).toMatchObject({
      llmCalls: 1,
      models: ['m'],
      totals: { inputTokens: 10, cachedInputTokens: 4, reasoningTokens: 1, costUsd: '0.01' },
      costSource: 'reported',
    });
  });

  it('three layers are one call too', () => {
    const trace = new TraceSketch();
    const outer = trace.add('llm', null);
    const middle = trace.add('llm', outer, { usage: usage(10, 2) });
    trace.add('llm', middle, { usage: usage(10, 2) });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: { inputTokens: 10 } });
  });

  it('a chain of 100,000 wrappers with ids of their own is judged in one pass', () => {
    const trace = new TraceSketch();
    let outer = trace.add('llm', null, { responseId: 'r0' });
    for (let depth = 1; depth < 100_000; depth += 1)
      outer = trace.add('llm', outer, { responseId: `r${depth}` });
    expect(judgeUsage(trace.spans).size).toBe(100_000);
  });

  it('an outer span that sums up its calls is none itself', () => {
    const trace = new TraceSketch();
    const outer = trace.add('llm', null, { usage: usage(30, 5) });
    trace.add('llm', outer, { responseId: 'a', usage: usage(10, 2) });
    trace.add('llm', outer, { responseId: 'b', usage: usage(20, 3) });
    expect(reasonFor(trace, outer)).toBe('It repeats the sum of the model calls inside it.');
    expect(projectRow(trace)).toMatchObject({ llmCalls: 2, totals: { inputTokens: 30, outputTokens: 5 } });
  });

  it('ids and counts that differ are two calls', () => {
    const trace = wrap({ responseId: 'a', usage: usage(88, 7) }, { responseId: 'b', usage: usage(58, 14) });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 2, totals: { inputTokens: 146, outputTokens: 21 } });
  });

  it('an answered wrapper is not the failed attempt inside it', () => {
    const trace = wrap({ usage: usage(10, 2) }, { outcome: 'failed' });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, failedLlmCalls: 1, totals: { inputTokens: 10 } });
  });

  it('a call in an agent that a tool runs is another call', () => {
    const trace = new TraceSketch();
    const outer = trace.add('llm', null);
    const agent = trace.add('agent', trace.add('tool', outer));
    trace.add('llm', agent, { usage: usage(10, 2) });
    expect(projectRow(trace).llmCalls).toBe(2);
  });

  it('an embedding around its batches with the same model is no call of its own', () => {
    const trace = new TraceSketch();
    const outer = trace.add('embedding', null, { requestModel: 'e', usage: { inputTokens: 9 } });
    trace.add('embedding', outer, { requestModel: 'e', usage: { inputTokens: 4 } });
    trace.add('embedding', outer, { requestModel: 'e', usage: { inputTokens: 5 } });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 2, totals: { inputTokens: 9, outputTokens: null } });
  });

  it('an embedding without output is one with an output of 0', () => {
    const trace = new TraceSketch();
    const outer = trace.add('embedding', null, { requestModel: 'alias', usage: usage(9, 0) });
    trace.add('embedding', outer, { requestModel: 'e', usage: { inputTokens: 9 } });
    expect(projectRow(trace).totals.inputTokens).toBe(9);
  });
});

describe('one call in spans beside each other', () => {
  it('the same response id is one call', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null);
    const first = trace.add('llm', root, { responseId: 'r' });
    const second = trace.add('llm', root, { responseId: 'r', usage: usage(10, 2) });
    trace.add('llm', root, { responseId: 's', usage: usage(10, 2) });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 2, totals: { inputTokens: 20 } });
    expect(listCounted(trace)).not.toContain(first.spanId);
    expect(listCounted(trace)).toContain(second.spanId);
  });

  it('an agent around the uncounted twin does not count its sum instead', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null);
    trace.add('llm', root, { responseId: 'r', usage: usage(10, 2) });
    const agent = trace.add('agent', root, { usage: usage(10, 2) });
    trace.add('llm', agent, { responseId: 'r', usage: usage(10, 2) });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 1, totals: { inputTokens: 10 } });
  });

  it('equal counts without an id are two calls', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null);
    trace.add('llm', root, { usage: usage(10, 2) });
    trace.add('llm', root, { usage: usage(10, 2) });
    expect(projectRow(trace)).toMatchObject({ llmCalls: 2, totals: { inputTokens: 20 } });
  });
});

describe('cost', () => {
  it('is the exact sum of what the counted calls report', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { reportedCostUsd: '0.3' });
    trace.add('llm', agent, { reportedCostUsd: '0.1', usage: usage(1, 1) });
    trace.add('llm', agent, { reportedCostUsd: '0.2', usage: usage(2, 2) });
    expect(projectRow(trace)).toMatchObject({ totals: { costUsd: '0.3' }, costSource: 'reported' });
  });

  it('is mixed where some calls report none, unknown where none does', () => {
    const trace = new TraceSketch();
    trace.add('llm', null, { usage: usage(1, 1) });
    expect(projectRow(trace)).toMatchObject({ totals: { costUsd: null }, costSource: 'unknown' });
    trace.add('llm', null, { reportedCostUsd: '0.2', usage: usage(2, 2) });
    expect(projectRow(trace)).toMatchObject({ totals: { costUsd: '0.2' }, costSource: 'mixed' });
  });

  it('a cost of 0 on a failed call is no data', () => {
    const trace = new TraceSketch();
    trace.add('llm', null, { outcome: 'failed', reportedCostUsd: '0' });
    expect(projectRow(trace)).toMatchObject({ totals: { costUsd: null }, costSource: 'unknown' });
  });
});
