import { describe, expect, it } from 'vitest';
import { countFailures } from '../../collector/projections/failures.js';
import { buildTree } from '../../collector/projections/tree.js';
import { TraceSketch } from '../support/spans.js';

const failed = { outcome: 'failed' } as const;
const count = (trace: TraceSketch): number => countFailures(buildTree(trace.spans));

describe('countFailures', () => {
  it('a parent that failed because its child did adds nothing', () => {
    const trace = new TraceSketch();
    const client = trace.add('http', null, failed);
    const server = trace.add('http', client, failed);
    trace.add('http', trace.add('span', server));
    expect(count(trace)).toBe(1);
  });

  it('a tool that threw counts although the agent went on', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null);
    for (let run = 0; run < 4; run += 1) trace.add('tool', agent, { ...failed, toolName: 'fetch' });
    expect(count(trace)).toBe(4);
  });

  it('waiting and cancelled spans have not failed', () => {
    const trace = new TraceSketch();
    trace.add('tool', trace.add('agent', null, { outcome: 'waiting' }), { outcome: 'cancelled' });
    expect(count(trace)).toBe(0);
  });

  it('attempts of one operation count once, whatever lies between them', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, failed);
    for (const start of [10, 30, 50]) {
      trace.add('llm', agent, { ...failed, requestModel: 'm', start });
      trace.add('event', agent, { start: start + 1 });
    }
    expect(count(trace)).toBe(1);
  });

  it.each([
    ['that number their attempts are attempts of one call', [1, 2, 3], 1],
    ['with the numbers of two calls are attempts of two', [1, 2, 1], 2],
    ['without numbers are failures of their own', [null, null], 2],
  ])('log records %s', (_how, attempts, failures) => {
    const agent = new TraceSketch().add('agent', null);
    const records = new TraceSketch();
    attempts.forEach((attempt, index) => {
      records.add('llm', agent, {
        ...failed,
        requestModel: 'm',
        attempt,
        start: 100 + index * 20,
        duration: 0,
      });
    });
    const added = records.spans.map((span, index) => ({
      span: { ...span, spanId: `record-${index}` },
      origin: 'report' as const,
    }));
    expect(countFailures(buildTree([agent], added))).toBe(failures);
  });

  it('attempts count once also while the span around them has not come', () => {
    const trace = new TraceSketch();
    for (const start of [10, 30]) {
      trace.add('llm', 'ffffffffffffffff', { ...failed, requestModel: 'm', start });
    }
    expect(count(trace)).toBe(1);
  });

  it('parallel calls, other models, and calls after a tool are operations of their own', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null);
    trace.add('llm', agent, { ...failed, requestModel: 'm', start: 10 });
    trace.add('llm', agent, { ...failed, requestModel: 'm', start: 11 });
    trace.add('llm', agent, { ...failed, requestModel: 'n', start: 30 });
    trace.add('tool', agent, { start: 50 });
    trace.add('llm', agent, { ...failed, requestModel: 'n', start: 70 });
    expect(count(trace)).toBe(4);
  });

  it('an operation whose retry was answered has recovered', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null);
    trace.add('llm', agent, { ...failed, requestModel: 'm', start: 10 });
    trace.add('llm', agent, { ...failed, requestModel: 'm', start: 30 });
    trace.add('llm', agent, { requestModel: 'm', start: 50 });
    expect(count(trace)).toBe(0);
  });

  it('below a plain span the next call is not known to be a retry', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null);
    trace.add('llm', root, { ...failed, requestModel: 'm', start: 10 });
    trace.add('llm', root, { requestModel: 'm', start: 30 });
    expect(count(trace)).toBe(1);
  });

  it('an agent that failed after a recovered call has a failure of its own', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, failed);
    trace.add('llm', agent, { ...failed, requestModel: 'm', start: 10 });
    trace.add('llm', agent, { requestModel: 'm', start: 30 });
    expect(count(trace)).toBe(1);
  });

  it('requests that an SDK repeats inside one answered call have recovered', () => {
    const trace = new TraceSketch();
    const call = trace.add('llm', null);
    trace.add('http', call, { ...failed, name: 'POST', start: 10 });
    trace.add('http', call, { name: 'POST', start: 30 });
    expect(count(trace)).toBe(0);
  });

  it("a wrapper's span and the SDK's inside it count once", () => {
    const trace = new TraceSketch();
    trace.add('llm', trace.add('llm', null, failed), failed);
    expect(count(trace)).toBe(1);
  });
});
