import { describe, expect, it } from 'vitest';
import type { Message } from '../../collector/model/gen-ai.js';
import { executionId } from '../../collector/model/ids.js';
import type { ExecutionRow } from '../../collector/model/rows.js';
import { createProjector } from '../../collector/projections/projector.js';
import { TRACE_ID, TraceSketch } from '../support/spans.js';

const PROJECT = '00000000-0000-7000-8000-000000000001';
const say = (role: string, content: string): Message => ({ role, parts: [{ type: 'text', content }] });

function projectRuns(trace: TraceSketch): ExecutionRow[] {
  return createProjector(trace).projectTrace(PROJECT, trace.material()).executions;
}

describe('executions', () => {
  it('a nested agent is a child of the nearest agent around it, and its tokens are in both totals', () => {
    const trace = new TraceSketch();
    const lead = trace.add('agent', null, { agentName: 'lead', usage: { inputTokens: 999 } });
    trace.add('llm', lead, { responseModel: 'big', usage: { inputTokens: 100, outputTokens: 10 } });
    const delegate = trace.add('tool', trace.add('step', lead), { toolName: 'delegate' });
    const helper = trace.add('agent', delegate, { agentName: 'helper' });
    trace.add('llm', helper, { responseModel: 'small', usage: { inputTokens: 30, outputTokens: 3 } });
    trace.add('tool', helper, { toolName: 'search' });
    const [outer, inner, ...others] = projectRuns(trace);
    expect(others).toEqual([]);
    expect(outer).toMatchObject({
      id: executionId(PROJECT, TRACE_ID, lead.spanId),
      parentExecutionId: null,
      own: { inputTokens: 100, outputTokens: 10 },
      total: { inputTokens: 130, outputTokens: 13 },
      llmCalls: 2,
      toolCalls: 2,
      modelName: 'big',
      models: ['big'],
      toolsCalled: [{ name: 'delegate' }],
    });
    expect(inner).toMatchObject({
      parentExecutionId: outer?.id,
      own: { inputTokens: 30 },
      total: { inputTokens: 30 },
      llmCalls: 1,
      modelName: 'small',
      toolsCalled: [{ name: 'search' }],
    });
  });

  it('a trace with calls but no agent has one implicit execution at its outermost operation', () => {
    const trace = new TraceSketch();
    const root = trace.add('http', null, { serviceName: 'shop' });
    const parent = trace.add('span', root);
    trace.add('llm', parent, { usage: { inputTokens: 5 }, responseModel: 'm', agentName: 'hint' });
    trace.add('embedding', parent, { usage: { inputTokens: 2 } });
    expect(projectRuns(trace)).toMatchObject([
      {
        spanId: root.spanId,
        agentName: null,
        agentType: 'implicit',
        own: { inputTokens: 7, outputTokens: null },
        llmCalls: 2,
        modelName: 'm',
        serviceName: 'shop',
      },
    ]);
  });

  it('all calls of several roots go to one implicit execution', () => {
    const trace = new TraceSketch();
    const first = trace.add('llm', null, { usage: { inputTokens: 5 } });
    trace.add('llm', null, { usage: { inputTokens: 6 } });
    expect(projectRuns(trace)).toMatchObject([{ spanId: first.spanId, own: { inputTokens: 11 } }]);
  });

  it('calls outside the agents of a trace get an implicit execution beside them', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null);
    trace.add('llm', trace.add('agent', root, { agentName: 'a' }), { usage: { inputTokens: 5 } });
    trace.add('llm', root, { usage: { inputTokens: 6 } });
    expect(projectRuns(trace)).toMatchObject([
      { agentName: 'a', parentExecutionId: null, own: { inputTokens: 5 } },
      { spanId: root.spanId, agentType: 'implicit', own: { inputTokens: 6 }, total: { inputTokens: 6 } },
    ]);
  });

  it('a trace without AI has none', () => {
    const trace = new TraceSketch();
    trace.add('db', trace.add('http', null));
    expect(projectRuns(trace)).toEqual([]);
  });

  it('an agent that is still running has no end', () => {
    const trace = new TraceSketch();
    trace.add('agent', null, { isPending: true, outcome: 'running' });
    expect(projectRuns(trace)).toMatchObject([{ status: 'running', endTimeUnixNano: null, attempt: 1 }]);
  });

  it("input and output are the agent's own, else those of its first and last call", () => {
    const trace = new TraceSketch();
    const own = [say('user', 'own')];
    trace.add('agent', null, { content: { inputMessages: own, rawOutput: '{"answer":42}' } });
    const silent = trace.add('agent', null);
    const [asked, answered] = [[say('user', 'asked')], [say('assistant', 'answered')]];
    trace.add('llm', silent, { content: { inputMessages: asked, outputMessages: [say('assistant', 'no')] } });
    trace.add('llm', silent, { content: { inputMessages: own, outputMessages: answered } });
    trace.add('agent', null, { content: { rawInput: 'plain', rawOutput: '{broken' } });
    expect(projectRuns(trace)).toMatchObject([
      { inputData: own, outputData: { answer: 42 } },
      { inputData: asked, outputData: answered },
      { inputData: 'plain', outputData: '{broken' },
    ]);
  });

  it('tells what the agent thought and which tools it called, in order', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null);
    const wrapper = trace.add('llm', agent, { content: { thinking: ['first', 'second'] } });
    trace.add('llm', wrapper, { usage: { inputTokens: 1 } });
    const body = { toolArguments: { q: 1 }, toolResult: 'found' };
    const tool = { toolName: 'search', toolCallId: 'c1', duration: 2 };
    trace.add('tool', agent, { ...tool, content: body });
    trace.add('tool', agent, { toolName: 'book', outcome: 'failed', errorMessage: 'no seats left' });
    const time = '2026-01-01T00:00:00.002Z';
    expect(projectRuns(trace)[0]).toMatchObject({
      thinkingTraces: [
        { span_id: wrapper.spanId, time, content: 'first' },
        { span_id: wrapper.spanId, time, content: 'second' },
      ],
      toolsCalled: [
        {
          name: 'search',
          call_id: 'c1',
          arguments: { q: 1 },
          result: 'found',
          error: null,
          started_at: '2026-01-01T00:00:00.004Z',
          duration_ms: 2,
        },
        { name: 'book', arguments: null, result: null, error: 'no seats left' },
      ],
    });
  });

  it('a failed agent that does not say why has the error of the failure below that ended last', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { outcome: 'failed', duration: 100 });
    trace.add('tool', agent, { outcome: 'failed', errorMessage: 'survived' });
    const call = trace.add('llm', agent, { outcome: 'failed', start: 50 });
    trace.add('http', call, { outcome: 'failed', errorType: 'Http503', errorMessage: 'busy', start: 50 });
    trace.add('agent', null, { outcome: 'failed', errorType: 'Own', errorMessage: 'mine' });
    expect(projectRuns(trace)).toMatchObject([
      { status: 'failed', errorType: 'Http503', errorMessage: 'busy' },
      { status: 'failed', errorType: 'Own', errorMessage: 'mine' },
    ]);
  });

  it('takes case, session and user from the spans around it, else from anywhere in the trace', () => {
    const trace = new TraceSketch();
    const root = trace.add('span', null, { caseId: 'case-1', sessionId: 's' });
    const agent = trace.add('agent', root, { workflowId: 'w' });
    trace.add('llm', agent, { userId: 'u' });
    trace.add('agent', root, { caseId: 'case-2', workflowId: 'w2' });
    expect(projectRuns(trace)).toMatchObject([
      { caseId: 'case-1', workflowId: 'w', sessionId: 's', userId: 'u' },
      { caseId: 'case-2', workflowId: 'w2', sessionId: 's', userId: 'u' },
    ]);
  });

  it('the model is the one with most tokens', () => {
    const trace = new TraceSketch();
    const agent = trace.add('agent', null, { requestModel: 'asked' });
    trace.add('llm', agent, { responseModel: 'a', usage: { inputTokens: 5 } });
    trace.add('llm', agent, { responseModel: 'b', usage: { inputTokens: 3, outputTokens: 3 } });
    trace.add('agent', null, { requestModel: 'asked' });
    expect(projectRuns(trace)).toMatchObject([
      { modelName: 'b', models: ['a', 'b'] },
      { modelName: 'asked', models: [] },
    ]);
  });
});
