import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../collector/model/gen-ai.js';
import type { TraceRow } from '../../collector/model/rows.js';
import { createProjector } from '../../collector/projections/projector.js';
import { TraceSketch } from '../support/spans.js';

const say = (role: string, content: string): Message => ({ role, parts: [{ type: 'text', content }] });
const projectRow = (trace: TraceSketch): TraceRow =>
  createProjector(trace).projectTrace('p', trace.material()).trace;

describe('a trace', () => {
  it('is named after its root, and until that comes after its first top span', () => {
    const trace = new TraceSketch();
    trace.add('tool', '0000000000000002', { name: 'fetch', start: 5 });
    expect(projectRow(trace).name).toBe('fetch');
    trace.add('agent', null, { name: 'root', start: 1 });
    expect(projectRow(trace).name).toBe('root');
  });

  it('is running while a span is pending', () => {
    const trace = new TraceSketch();
    const root = trace.add('agent', null, { isPending: true, outcome: 'running' });
    trace.add('tool', root, { outcome: 'failed' });
    expect(projectRow(trace).status).toBe('running');
  });

  it('has completed if its root did, whatever failed below', () => {
    const trace = new TraceSketch();
    trace.add('tool', trace.add('agent', null), { outcome: 'failed' });
    expect(projectRow(trace)).toMatchObject({ status: 'completed', errorCount: 1, failedSpanCount: 1 });
  });

  it('has failed if any root did, and was cancelled if one was', () => {
    const trace = new TraceSketch();
    trace.add('span', null);
    trace.add('span', null, { outcome: 'cancelled' });
    expect(projectRow(trace).status).toBe('cancelled');
    trace.add('span', null, { outcome: 'failed' });
    expect(projectRow(trace).status).toBe('failed');
  });

  it('waits for a person until work begins again', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { duration: 100 });
    trace.add('tool', agent, { outcome: 'waiting', start: 10 });
    expect(projectRow(trace)).toMatchObject({ status: 'waiting', errorCount: 0 });
    trace.add('llm', agent, { start: 50 });
    expect(projectRow(trace).status).toBe('completed');
  });

  it('lists agents, models, providers, tools, services and tags by first use', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { agentName: 'lead', serviceName: 's', tags: ['b', 'a'] });
    const asked = { requestModel: 'm', provider: 'openai' };
    trace.add('llm', agent, { ...asked, responseModel: 'm-2025', agentName: 'not an agent span' });
    trace.add('llm', agent, asked);
    trace.add('llm', agent, { requestModel: 'unanswered', provider: 'anthropic', outcome: 'failed' });
    const handoff = trace.add('handoff', agent, { toolName: 'transfer_to_b' });
    trace.add('tool', trace.add('agent', handoff, { agentName: 'b' }), {
      toolName: 'search',
      tags: ['a', 'c'],
    });
    trace.add('tool', agent, { toolName: 'fetch' });
    trace.add('tool', agent, { toolName: 'search' });
    expect(projectRow(trace)).toMatchObject({
      agents: ['lead', 'b'],
      models: ['m-2025', 'm'],
      providers: ['openai', 'anthropic'],
      tools: ['search', 'fetch'],
      toolCalls: 3,
      services: ['s'],
      tags: ['b', 'a', 'c'],
      llmCalls: 2,
      failedLlmCalls: 1,
    });
  });

  it("the client's and the server's span of one MCP call are one tool run", () => {
    const trace = new TraceSketch();
    const client = trace.add('tool', null, { toolName: 'search' });
    trace.add('tool', trace.add('http', client), { toolName: 'search' });
    trace.add('tool', client, { toolName: 'rank' });
    expect(projectRow(trace)).toMatchObject({ toolCalls: 2, tools: ['search', 'rank'] });
  });

  it('without tool spans, the results that a call was given last say what ran', () => {
    const ask = (id: string): Message => ({
      role: 'assistant',
      parts: [{ type: 'tool_call', id, name: `tool-${id}`, arguments: {} }],
    });
    const answer = (id: string): Message => ({
      role: 'tool',
      parts: [{ type: 'tool_call_response', id, response: 'done' }],
    });
    const trace = new TraceSketch();
    const history = [say('user', 'hi'), ask('1'), answer('1'), say('assistant', 'ok'), say('user', 'more')];
    trace.add('llm', null, { content: { inputMessages: history } });
    expect(projectRow(trace)).toMatchObject({ tools: [], toolCalls: 0 });
    trace.add('llm', null, { content: { inputMessages: [...history, ask('2'), answer('2')] } });
    const rows = createProjector(trace).projectTrace('p', trace.material());
    expect(rows.trace).toMatchObject({ tools: ['tool-2'], toolCalls: 1 });
    expect(rows.executions).toMatchObject([
      { toolsCalled: [{ span_id: '0000000000000002', name: 'tool-2', call_id: '2', result: 'done' }] },
    ]);
  });

  it('takes session, conversation and user from the first span that has them', () => {
    const trace = new TraceSketch();
    const root = trace.add('agent', null);
    trace.add('llm', root, { conversationId: 'c', userId: 'u' });
    expect(projectRow(trace)).toMatchObject({ sessionId: 'c', conversationId: 'c', userId: 'u' });
    trace.add('llm', root, { sessionId: 's', userId: 'v', environment: 'prod' });
    expect(projectRow(trace)).toMatchObject({ sessionId: 's', userId: 'u', environment: 'prod' });
  });

  it('shows the first question and the final answer', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { duration: 100 });
    trace.add('llm', agent, {
      content: { inputMessages: [say('system', 'Be kind.'), say('user', 'How tall?')], outputMessages: [] },
    });
    const inner = trace.add('agent', trace.add('tool', agent), { duration: 500 });
    trace.add('llm', inner, { duration: 600, content: { outputMessages: [say('assistant', 'inner')] } });
    trace.add('llm', agent, { content: { outputMessages: [say('assistant', '368 m')] } });
    expect(projectRow(trace)).toMatchObject({ inputPreview: 'How tall?', outputPreview: '368 m' });
  });

  it('cuts previews at 500 characters and never inside one', () => {
    const trace = new TraceSketch();
    const text = `${'a'.repeat(498)}😀${'b'.repeat(100)}`;
    trace.add('llm', null, { content: { inputMessages: [say('user', text)], rawOutput: 'x'.repeat(500) } });
    expect(projectRow(trace)).toMatchObject({
      inputPreview: `${'a'.repeat(498)}…`,
      outputPreview: 'x'.repeat(500),
    });
  });

  it('spans from the first start to the last end, leaving out unknown times', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null, { start: 10, duration: 5 });
    const late = trace.add('span', root, { start: 12, duration: 50 });
    const odd = trace.add('span', root);
    odd.startTimeUnixNano = 0n;
    odd.endTimeUnixNano = 0n;
    expect(projectRow(trace)).toMatchObject({
      startTimeUnixNano: root.startTimeUnixNano,
      endTimeUnixNano: late.endTimeUnixNano,
    });
  });
});

const TYPES = ['agent', 'llm', 'embedding', 'tool', 'handoff', 'workflow', 'step', 'http', 'span'] as const;
const OUTCOMES = ['completed', 'completed', 'failed', 'waiting', 'cancelled', 'running'] as const;
const sketches = fc.array(
  fc.record({
    type: fc.constantFrom(...TYPES),
    parent: fc.nat({ max: 30 }),
    start: fc.nat({ max: 6 }),
    duration: fc.nat({ max: 6 }),
    outcome: fc.constantFrom(...OUTCOMES),
    responseId: fc.constantFrom(null, null, 'r', 's'),
    requestModel: fc.constantFrom(null, 'm', 'n'),
    tokens: fc.option(fc.nat({ max: 3 })),
    cost: fc.constantFrom(null, '0.1', '0.25'),
  }),
  { minLength: 1, maxLength: 25 },
);

function sketchTrace(drawn: typeof sketches extends fc.Arbitrary<infer T> ? T : never): TraceSketch {
  const trace = new TraceSketch();
  for (const { type, parent, tokens, cost, outcome, ...rest } of drawn) {
    const parentId = parent === 0 ? null : parent.toString(16).padStart(16, '0');
    const usage = tokens === null ? {} : { inputTokens: tokens * 10, outputTokens: tokens };
    const isPending = outcome === 'running';
    trace.add(type, parentId, { ...rest, outcome, isPending, usage, reportedCostUsd: cost });
  }
  return trace;
}

describe('any set of spans', () => {
  it('gives the same rows in any order', () => {
    fc.assert(
      fc.property(
        sketches.chain((drawn) => {
          const trace = sketchTrace(drawn);
          return fc.tuple(
            fc.constant(trace),
            fc.shuffledSubarray(trace.spans, { minLength: trace.spans.length }),
          );
        }),
        ([trace, shuffled]) => {
          const projector = createProjector(trace);
          const rows = projector.projectTrace('p', trace.material());
          expect(projector.projectTrace('p', trace.material(shuffled))).toEqual(rows);
          expect(projector.projectTrace('p', trace.material([...shuffled, ...shuffled]))).toEqual(rows);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('adds up: own usage over all executions is the total of the trace', () => {
    fc.assert(
      fc.property(sketches, (drawn) => {
        const trace = sketchTrace(drawn);
        const { trace: row, executions } = createProjector(trace).projectTrace('p', trace.material());
        for (const name of ['inputTokens', 'outputTokens'] as const) {
          const own = executions.map((execution) => execution.own[name] ?? 0);
          expect(own.reduce((sum, tokens) => sum + tokens, 0)).toBe(row.totals[name] ?? 0);
        }
        const costs = executions.map((execution) => Number(execution.own.costUsd ?? 0));
        expect(costs.reduce((sum, cost) => sum + cost, 0)).toBeCloseTo(Number(row.totals.costUsd ?? 0), 9);
        expect(new Set(executions.map(({ id }) => id)).size).toBe(executions.length);
        expect(row.errorCount).toBeLessThanOrEqual(row.failedSpanCount);
        expect(row.errorCount).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});
