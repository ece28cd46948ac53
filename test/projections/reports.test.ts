import { describe, expect, it } from 'vitest';
import type { SpanType } from '../../collector/model/normalized-span.js';
import type { TraceReport, TraceRows, TraceSpan } from '../../collector/model/rows.js';
import { assignReports } from '../../collector/projections/assign-reports.js';
import { createProjector } from '../../collector/projections/projector.js';
import { judgeUsage } from '../../collector/projections/usage.js';
import { SeededRandom } from '../support/random.js';
import type { SpanSketch } from '../support/spans.js';
import { TraceSketch } from '../support/spans.js';
import { sendLog } from '../dialects/sent-span.js';

/** Spans of one trace, and log records that report something of it. */
class ReportedTrace extends TraceSketch {
  readonly reports: TraceSpan[] = [];

  /** A record that ends `start` milliseconds after the epoch; `about` is the span that it names. */
  report(type: SpanType, about: TraceSpan | string | null, sketch: SpanSketch = {}): TraceSpan {
    const record = new TraceSketch().add(type, about, { name: `${type} record`, duration: 0, ...sketch });
    const spanId = `record-${this.reports.length + 1}`;
    const report = { ...record, spanId };
    this.reports.push(report);
    return report;
  }

  project(spans: TraceSpan[] = this.spans, reports: TraceSpan[] = this.reports): TraceRows {
    const material = { ...this.material(spans), reports: reports.map(withLog) };
    return createProjector(this).projectTrace('p', material);
  }
}

function withLog(span: TraceSpan): TraceReport {
  return { span, log: sendLog() };
}

const usage = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens });
const failed = { outcome: 'failed' } as const;

describe('a log record of the same call as a span', () => {
  it('is known by the response id, whatever the times', () => {
    const trace = new ReportedTrace();
    trace.add('llm', null, { responseId: 'r', usage: usage(10, 2), start: 0 });
    trace.report('llm', null, {
      responseId: 'r',
      usage: usage(10, 2),
      reportedCostUsd: '0.5',
      start: 90_000,
    });
    expect(trace.project().trace).toMatchObject({
      spanCount: 1,
      reportCount: 1,
      llmCalls: 1,
      totals: { inputTokens: 10, outputTokens: 2, costUsd: '0.5' },
      costSource: 'reported',
    });
  });

  it('is known by the span that it names, if that is of its kind', () => {
    const trace = new ReportedTrace();
    const agent = trace.add('agent', null);
    const call = trace.add('llm', agent, { start: 0 });
    trace.report('llm', call, { usage: usage(10, 2), start: 50_000 });
    trace.report('llm', agent, { usage: usage(20, 4), start: 50_000 });
    expect(trace.project().trace).toMatchObject({ llmCalls: 2, totals: { inputTokens: 30 } });
  });

  it.each([
    ['the same model and counts', { requestModel: 'm', usage: usage(10, 2) }, 1],
    ['an unknown model', { usage: usage(10, 2) }, 1],
    ['no counts', { requestModel: 'm' }, 1],
    ['the reasoning left out', { requestModel: 'm', usage: { ...usage(10, 8), reasoningTokens: 6 } }, 1],
    ['another model', { requestModel: 'n', usage: usage(10, 2) }, 2],
    ['other counts', { requestModel: 'm', usage: usage(10, 3) }, 2],
    ['another response id', { requestModel: 'm', usage: usage(10, 2), responseId: 's' }, 2],
    ['an end more than a second away', { requestModel: 'm', usage: usage(10, 2), start: 2_011 }, 2],
  ])('without ids, with %s, is %o: %i calls', (_how, record, llmCalls) => {
    const trace = new ReportedTrace();
    trace.add('llm', null, { requestModel: 'm', usage: usage(10, 2), responseId: 'r', start: 1_000 });
    trace.report('llm', null, { start: 1_500, ...record });
    expect(trace.project().trace.llmCalls).toBe(llmCalls);
  });

  it.each([
    ['two records of one name with equal counts', [{}, {}], 1],
    ['a record that knows it by another id, with equal counts', [{ responseId: 's' }], 1],
    ['a record of another id and other counts', [{ responseId: 's', usage: usage(9, 9) }], 2],
    ['two records of one name with different counts', [{}, { usage: usage(9, 9) }], 2],
  ])('named by %s: of %o, calls: %i', (_how, records, llmCalls) => {
    const trace = new ReportedTrace();
    const call = trace.add('llm', null, { responseId: 'r', usage: usage(10, 2) });
    for (const record of records)
      trace.report('llm', call, { usage: usage(10, 2), start: 50_000, ...record });
    expect(trace.project().trace.llmCalls).toBe(llmCalls);
  });

  it('known by its response id, and told twice with equal counts, is one call', () => {
    const trace = new ReportedTrace();
    trace.add('llm', null, { responseId: 'r', usage: usage(10, 2) });
    for (const start of [40_000, 90_000]) {
      trace.report('llm', null, { responseId: 'r', usage: usage(10, 2), start });
    }
    expect(assignReports(trace.spans, trace.reports).size).toBe(2);
  });

  it('a crowd at one moment finds a span for each', () => {
    const trace = new ReportedTrace();
    for (let number = 0; number < 300; number += 1) {
      trace.add('llm', null, { usage: usage(10, 1), start: 0 });
      trace.report('llm', null, { usage: usage(10, 1), start: 10 });
    }
    expect(trace.project().trace).toMatchObject({ llmCalls: 300, totals: { inputTokens: 3_000 } });
  });

  it('goes to the nearest of several, and one record of a kind to a span', () => {
    const trace = new ReportedTrace();
    for (const start of [0, 100]) trace.add('llm', null, { requestModel: 'm', start });
    trace.report('llm', null, { requestModel: 'm', usage: usage(20, 2), start: 111 });
    trace.report('llm', null, { requestModel: 'm', usage: usage(10, 1), start: 80 });
    trace.report('llm', null, { requestModel: 'm', usage: usage(40, 4), start: 130 });
    expect(trace.project().trace).toMatchObject({ llmCalls: 3, totals: { inputTokens: 70 } });
  });

  it('fills in what the span does not say, and its times and place stay', () => {
    const trace = new ReportedTrace();
    const agent = trace.add('agent', null, { start: 0, duration: 500 });
    const call = trace.add('llm', agent, { start: 100, duration: 50 });
    trace.report('llm', call, { responseModel: 'm-1', provider: 'openai', usage: usage(5, 1), start: 900 });
    const { trace: row, executions } = trace.project();
    expect(row).toMatchObject({ models: ['m-1'], providers: ['openai'], spanCount: 2, isComplete: true });
    expect(row.endTimeUnixNano).toBe(agent.endTimeUnixNano);
    expect(executions).toMatchObject([{ llmCalls: 1, own: { inputTokens: 5 }, modelName: 'm-1' }]);
  });

  it('two records of one call that has no span are one call, with the counts that say more', () => {
    const trace = new ReportedTrace();
    const own = { ...usage(6200, 18), cachedInputTokens: 4096, reasoningTokens: 6 };
    trace.report('llm', null, { name: 'details', requestModel: 'm', usage: usage(6200, 12), start: 10 });
    trace.report('llm', null, { name: 'api_response', requestModel: 'm', usage: own, start: 12 });
    expect(trace.project().trace).toMatchObject({ spanCount: 0, llmCalls: 1, totals: own });
  });
});

describe('failures that log records report', () => {
  it("a tool's failure is its span's", () => {
    const trace = new ReportedTrace();
    const step = trace.add('step', null, { start: 0 });
    trace.add('tool', step, { toolName: 'read', start: 1 });
    trace.report('tool', step, { ...failed, toolName: 'read', errorMessage: 'not found', start: 15 });
    const { trace: row, executions } = trace.project();
    expect(row).toMatchObject({ toolCalls: 1, errorCount: 1, status: 'completed' });
    expect(executions[0]?.toolsCalled).toMatchObject([{ name: 'read', error: 'not found' }]);
  });

  it('a failed request is no answered call, however near it is', () => {
    const trace = new ReportedTrace();
    const agent = trace.add('agent', null, { start: 0 });
    trace.add('llm', agent, { requestModel: 'm', usage: usage(10, 2), start: 100 });
    trace.report('llm', agent, { ...failed, requestModel: 'm', start: 105 });
    expect(trace.project().trace).toMatchObject({ llmCalls: 1, failedLlmCalls: 1, errorCount: 1 });
  });

  it('no answer that another record reports recovers it', () => {
    const trace = new ReportedTrace();
    const agent = trace.add('agent', null, { start: 0 });
    trace.report('llm', agent, { ...failed, name: 'api_error', requestModel: 'm', start: 10 });
    trace.report('llm', agent, { name: 'api_request', requestModel: 'm', usage: usage(1, 1), start: 5_000 });
    expect(trace.project().trace).toMatchObject({ llmCalls: 1, failedLlmCalls: 1, errorCount: 1 });
  });
});

describe('what becomes of the rest', () => {
  it('a call that no span tells of stands below the span that it names', () => {
    const trace = new ReportedTrace();
    const root = trace.add('agent', null, { agentName: 'a', start: 0 });
    const inner = trace.add('agent', root, { agentName: 'b', start: 1 });
    trace.report('llm', inner, { usage: usage(10, 2), start: 5 });
    trace.report('llm', 'ffffffffffffffff', { usage: usage(20, 2), start: 5_000 });
    const [outer, nested] = trace.project().executions;
    expect([outer?.own.inputTokens, outer?.total.inputTokens, nested?.own.inputTokens]).toEqual([20, 30, 10]);
  });

  it("an agent's sum is not added to calls that only log records tell of", () => {
    const trace = new ReportedTrace();
    const agent = trace.add('agent', null, { usage: usage(10, 2) });
    trace.report('llm', agent, { usage: usage(10, 2), start: 5 });
    expect(trace.project().trace).toMatchObject({ llmCalls: 1, totals: { inputTokens: 10 } });
  });

  it('reports are no spans, and keep no trace from being complete', () => {
    const trace = new ReportedTrace();
    const root = trace.add('step', null, { serviceName: 'app', start: 100 });
    trace.report('event', root, { serviceName: 'cli', start: 1 });
    trace.report('tool', 'ffffffffffffffff', { toolName: 't', serviceName: 'cli', start: 9_000 });
    expect(trace.project().trace).toMatchObject({
      spanCount: 1,
      reportCount: 2,
      toolCalls: 1,
      isComplete: true,
      services: ['app'],
      startTimeUnixNano: root.startTimeUnixNano,
      endTimeUnixNano: root.endTimeUnixNano,
    });
  });

  it('a trace of which only log records came has no spans, and waits for its root', () => {
    const trace = new ReportedTrace();
    const seen = trace.report('llm', 'ffffffffffffffff', { usage: usage(3, 1), agentName: 'cli', start: 10 });
    expect(trace.project([]).trace).toMatchObject({
      name: 'cli',
      spanCount: 0,
      isComplete: false,
      llmCalls: 1,
      agents: ['cli'],
      endTimeUnixNano: seen.endTimeUnixNano,
    });
  });
});

describe('the ledger of a session', () => {
  const ledger = (reports: TraceSpan[]): TraceRows =>
    createProjector(new TraceSketch()).projectLedger('p', 's', reports.map(withLog));

  it('has one execution for each agent, those below that was heard first', () => {
    const trace = new ReportedTrace();
    trace.report('event', null, { agentName: 'cli', start: 0 });
    trace.report('llm', null, { agentName: 'cli', usage: usage(10, 1), start: 10, duration: 5 });
    trace.report('llm', null, { agentName: 'helper', usage: usage(20, 2), start: 5_000 });
    trace.report('tool', null, { agentName: 'cli', toolName: 'Edit', start: 9_000 });
    const { trace: row, executions } = ledger(trace.reports);
    expect(row).toMatchObject({
      isLedger: true,
      sessionId: 's',
      spanCount: 0,
      reportCount: 4,
      isComplete: true,
      agents: ['cli', 'helper'],
      totals: { inputTokens: 30 },
    });
    const [main, helper] = executions;
    expect(main).toMatchObject({
      agentName: 'cli',
      own: { inputTokens: 10 },
      total: { inputTokens: 30 },
      toolsCalled: [{ name: 'Edit' }],
      parentExecutionId: null,
    });
    expect(helper).toMatchObject({ agentName: 'helper', parentExecutionId: main?.id });
  });

  it('without names it has an implicit one, and with prompts alone none', () => {
    const trace = new ReportedTrace();
    trace.report('event', null);
    expect(ledger(trace.reports).executions).toEqual([]);
    trace.report('llm', null, { usage: usage(10, 1) });
    expect(ledger(trace.reports).executions).toMatchObject([{ agentType: 'implicit', llmCalls: 1 }]);
  });

  it('failed where its last call did', () => {
    const trace = new ReportedTrace();
    trace.report('llm', null, { usage: usage(10, 1), start: 0 });
    trace.report('llm', null, { ...failed, errorMessage: 'overloaded', start: 5_000 });
    trace.report('tool', null, { toolName: 't', start: 9_000 });
    const { trace: row, executions } = ledger(trace.reports);
    expect(row.status).toBe('failed');
    expect(executions).toMatchObject([{ status: 'failed', errorMessage: 'overloaded' }]);
    trace.report('llm', null, { usage: usage(10, 1), start: 20_000 });
    expect(ledger(trace.reports).trace).toMatchObject({ status: 'completed', errorCount: 1 });
  });

  it('adds to the sums of its session, and is no trace', () => {
    const trace = new ReportedTrace();
    trace.add('llm', null, { usage: usage(1, 1), sessionId: 's' });
    const rows = [trace.project().trace];
    trace.report('llm', null, { usage: usage(10, 1) });
    rows.push(ledger(trace.reports).trace);
    expect(createProjector(trace).projectSession('s', rows)).toMatchObject({
      traceCount: 1,
      entryCount: 2,
      llmCalls: 2,
      totals: { inputTokens: 11 },
    });
  });
});

describe('prompts and answers', () => {
  it('belong to the call whose response they name, and add nothing to its counts', () => {
    const trace = new ReportedTrace();
    const call = trace.add('llm', null, { responseId: 'r', usage: usage(10, 2) });
    trace.report('event', null, { responseId: 'r', requestModel: 'm', start: 60_000 });
    const { trace: row } = trace.project();
    expect(row).toMatchObject({ llmCalls: 1, models: [], endTimeUnixNano: call.endTimeUnixNano });
    expect([...assignReports(trace.spans, trace.reports).values()]).toEqual([
      { traceId: call.traceId, spanId: call.spanId },
    ]);
  });

  it.each([
    ['that began then', 0, {}, 1],
    ['that ended then', 30_100, {}, 1],
    ['in its midst', 15_000, {}, 0],
    ['of another sender', 0, { dialect: 'other' }, 0],
  ])('an agent %s', (_which, start, record, assigned) => {
    const trace = new ReportedTrace();
    trace.add('agent', null, { start: 100, duration: 30_000 });
    trace.report('event', null, { start, ...record });
    expect(assignReports(trace.spans, trace.reports).size).toBe(assigned);
  });
});

describe('which counts are taken', () => {
  it("the record's where it says more, and the verdicts say so", () => {
    const trace = new ReportedTrace();
    const call = trace.add('llm', null, { usage: usage(10, 2) });
    const counts = { ...usage(11, 3), cachedInputTokens: 4 };
    const record = trace.report('llm', call, { requestModel: 'm', usage: counts });
    expect(trace.project().trace.totals).toMatchObject(counts);
    const verdicts = judgeUsage(trace.spans, trace.reports);
    expect(verdicts.get(record.spanId)).toEqual({ counted: true, rule: null, because: null });
    expect(verdicts.get(call.spanId)).toMatchObject({ counted: false, rule: 'replaced_by_log' });
  });

  it("otherwise the span's", () => {
    const trace = new ReportedTrace();
    const call = trace.add('llm', null, { requestModel: 'm', usage: usage(10, 2) });
    const record = trace.report('llm', call, { requestModel: 'm', usage: usage(11, 3) });
    expect(trace.project().trace.totals).toMatchObject(usage(10, 2));
    const verdicts = judgeUsage(trace.spans, trace.reports);
    expect(verdicts.get(call.spanId)?.counted).toBe(true);
    expect(verdicts.get(record.spanId)).toMatchObject({ counted: false, rule: 'same_call_in_log' });
  });

  it('a span without counts has nothing to explain', () => {
    const trace = new ReportedTrace();
    const call = trace.add('llm', null);
    const record = trace.report('llm', call, { usage: usage(10, 2) });
    const verdicts = judgeUsage(trace.spans, trace.reports);
    expect(verdicts.get(call.spanId)).toEqual({ counted: false, rule: null, because: null });
    expect(verdicts.get(record.spanId)?.counted).toBe(true);
  });
});

describe('what a call costs', () => {
  const costOf = (trace: ReportedTrace) => {
    const { totals, costSource } = trace.project().trace;
    return [totals.costUsd, costSource];
  };

  it('what is reported goes before what follows from prices', () => {
    const trace = new ReportedTrace();
    const call = trace.add('llm', null, { usage: usage(10, 2), computedCostUsd: '0.1' });
    expect(costOf(trace)).toEqual(['0.1', 'computed']);
    trace.report('llm', call, { reportedCostUsd: '0.2' });
    expect(costOf(trace)).toEqual(['0.2', 'reported']);
  });

  it('the price is that of the counts that are taken, whoever of the same counts has one', () => {
    const trace = new ReportedTrace();
    const call = trace.add('llm', null, { usage: usage(10, 2) });
    trace.report('llm', call, { requestModel: 'm', usage: usage(10, 2), computedCostUsd: '0.3' });
    expect(costOf(trace)).toEqual(['0.3', 'computed']);
    const other = new ReportedTrace();
    const wrapper = other.add('llm', null, { responseId: 'r', usage: usage(20, 2), computedCostUsd: '0.9' });
    other.add('llm', wrapper, { responseId: 'r', usage: usage(10, 2) });
    expect(costOf(other)).toEqual([null, 'unknown']);
  });

  it('the price goes by all classes of the counts that are taken', () => {
    const trace = new ReportedTrace();
    const cached = { ...usage(10, 2), cachedInputTokens: 8 };
    const wrapper = trace.add('llm', null, { usage: cached, computedCostUsd: '0.1' });
    const call = trace.add('llm', wrapper, { usage: usage(10, 2), computedCostUsd: '0.2' });
    expect(costOf(trace)).toEqual(['0.1', 'computed']);
    trace.report('llm', call, { usage: { ...cached, reasoningTokens: 1 }, computedCostUsd: '0.05' });
    expect(costOf(trace)).toEqual(['0.05', 'computed']);
  });

  it('costs of both kinds are mixed', () => {
    const trace = new ReportedTrace();
    trace.add('llm', null, { usage: usage(1, 1), reportedCostUsd: '0.1', start: 0 });
    trace.add('llm', null, { usage: usage(2, 2), computedCostUsd: '0.2', start: 9_000 });
    expect(costOf(trace)).toEqual(['0.3', 'mixed']);
  });
});

describe('the order does not matter', () => {
  function shuffle<Item>(random: SeededRandom, items: readonly Item[]): Item[] {
    const rest = [...items];
    return items.map(() => rest.splice(random.below(rest.length), 1)[0] as Item);
  }

  /** A trace with calls and tools that end close to each other, some of them told by records too, some only so. */
  function makeTrace(random: SeededRandom): ReportedTrace {
    const trace = new ReportedTrace();
    const agent = trace.add('agent', null, { agentName: 'a', start: 0, duration: 5_000 });
    for (let call = 0; call < 12; call += 1) {
      const start = random.below(3_000);
      const counts = usage(100 + random.below(3), 10);
      const model = random.pick(['m', 'n', null]);
      const outcome = random.next() < 0.2 ? failed : {};
      const responseId = random.next() < 0.3 ? `r${random.below(4)}` : null;
      const told = { requestModel: model, usage: random.next() < 0.5 ? counts : {}, responseId, ...outcome };
      const [type, facts] =
        random.next() < 0.7
          ? (['llm', told] as const)
          : (['tool', { toolName: random.pick(['t', 'u']), ...outcome }] as const);
      const span = random.next() < 0.7 ? trace.add(type, agent, { start, ...facts }) : null;
      const about = random.pick([span, agent, null]);
      if (random.next() < 0.7) trace.report(type, about, { ...facts, start: start + random.below(40) });
      if (random.next() < 0.3) trace.report(type, null, { ...facts, name: 'details', start: start + 12 });
    }
    return trace;
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'shuffled, split and repeated, the rows are the same (seed %i)',
    (seed) => {
      const random = new SeededRandom(seed);
      const trace = makeTrace(random);
      const rows = trace.project();
      const assigned = new Map(assignReports(trace.spans, trace.reports));
      for (let time = 0; time < 5; time += 1) {
        const spans = shuffle(random, [...trace.spans, ...random.some(trace.spans)]);
        const reports = shuffle(random, [...trace.reports, ...random.some(trace.reports)]);
        expect(trace.project(spans, reports)).toEqual(rows);
        expect(new Map([...assignReports(spans, reports)].sort())).toEqual(new Map([...assigned].sort()));
      }
      expect(rows.trace.reportCount).toBe(trace.reports.length);
    },
  );

  it('an assignment stays when something far away arrives later', () => {
    for (const seed of [11, 12, 13]) {
      const trace = makeTrace(new SeededRandom(seed));
      const before = new Map(assignReports(trace.spans, trace.reports));
      expect(before.size).toBeGreaterThan(0);
      trace.add('llm', null, { requestModel: 'm', start: 60_000 });
      const late = trace.report('llm', null, { requestModel: 'm', start: 60_005 });
      const after = new Map(assignReports(trace.spans, trace.reports));
      expect(after.get(late.spanId)?.spanId).toBe(trace.spans.at(-1)?.spanId);
      after.delete(late.spanId);
      expect(after).toEqual(before);
    }
  });

  it('two traces of a session do not claim one record, also where their spans have the same id', () => {
    const trace = new ReportedTrace();
    const near = trace.add('llm', null, { requestModel: 'm', start: 100 });
    const far = {
      ...trace.add('llm', null, { requestModel: 'm', start: 400 }),
      spanId: near.spanId,
      traceId: 'b'.repeat(32),
    };
    const record = trace.report('llm', null, { requestModel: 'm', start: 120 });
    expect([...assignReports([far, near], [record])]).toEqual([
      [record.spanId, { traceId: near.traceId, spanId: near.spanId }],
    ]);
  });

  it('twenty thousand records are laid against as many spans without comparing each with each', () => {
    const trace = new ReportedTrace();
    for (let number = 0; number < 20_000; number += 1) {
      trace.add('llm', null, { requestModel: 'm', start: number * 3 });
      trace.report('llm', null, { requestModel: 'm', usage: usage(number, 1), start: number * 3 + 11 });
    }
    expect(assignReports(trace.spans, trace.reports).size).toBe(20_000);
  });
});
