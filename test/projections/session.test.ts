import { describe, expect, it } from 'vitest';
import type { TraceRow } from '../../collector/model/rows.js';
import { createProjector } from '../../collector/projections/projector.js';
import { projectSession } from '../../collector/projections/session.js';
import type { SpanSketch } from '../support/spans.js';
import { TraceSketch } from '../support/spans.js';

function projectRow(traceId: string, start: number, call: SpanSketch, text: string): TraceRow {
  const trace = new TraceSketch();
  const content = { inputMessages: [{ role: 'user', parts: [{ type: 'text', content: text }] }] };
  trace.add('llm', null, { start, ...call, content });
  return { ...createProjector(trace).projectTrace('p', trace.material()).trace, traceId };
}

describe('projectSession', () => {
  const cost = (reportedCostUsd: string): SpanSketch => ({ reportedCostUsd, usage: { inputTokens: 10 } });
  const first = projectRow('b', 10, { ...cost('0.1'), responseModel: 'm', userId: 'u' }, 'first');
  const second = projectRow('a', 20, { ...cost('0.2'), responseModel: 'n', environment: 'prod' }, 'second');
  const failed = projectRow('c', 30, { outcome: 'failed', requestModel: 'o' }, 'third');

  it('adds up its traces and lists what they used by first use', () => {
    expect(projectSession('s', [second, first])).toMatchObject({
      sessionId: 's',
      task: 'first',
      status: 'completed',
      startTimeUnixNano: first.startTimeUnixNano,
      endTimeUnixNano: second.endTimeUnixNano,
      traceCount: 2,
      entryCount: 2,
      llmCalls: 2,
      totals: { inputTokens: 20, outputTokens: null, costUsd: '0.3' },
      costSource: 'reported',
      models: ['m', 'n'],
      userId: 'u',
      environment: 'prod',
    });
  });

  it('is the same in any order', () => {
    const traces = [first, second, failed];
    expect(projectSession('s', traces.toReversed())).toEqual(projectSession('s', traces));
  });

  it('ends as its last trace did, and runs while any trace runs', () => {
    expect(projectSession('s', [failed, first])).toMatchObject({
      status: 'failed',
      failedLlmCalls: 1,
      errorCount: 1,
    });
    const running = projectRow('d', 5, { outcome: 'running', isPending: true }, 'zeroth');
    expect(projectSession('s', [failed, running]).status).toBe('running');
  });

  it('has mixed costs where a trace with tokens has none', () => {
    const free = projectRow('d', 40, { usage: { inputTokens: 1 } }, 'fourth');
    expect(projectSession('s', [first, failed]).costSource).toBe('reported');
    expect(projectSession('s', [first, free]).costSource).toBe('mixed');
    expect(projectSession('s', [failed])).toMatchObject({ costSource: 'unknown', totals: { costUsd: null } });
  });
});
