import { describe, expect, it } from 'vitest';
import { normalizeSpan, readContent, readReportContent } from '../../collector/dialects/normalize.js';
import type { TraceRows, TraceSpan } from '../../collector/model/rows.js';
import type { SpanData } from '../../collector/model/span-data.js';
import { createProjector } from '../../collector/projections/projector.js';
import { contentOf, factsOf, keyValues, sendSpan, type Attributes, type SentSpan } from './sent-span.js';

const LOGFIRE = { scope: 'logfire' };
const OPENAI = { scope: 'logfire.openai' };
const REAL = '00000000000000a1';
const PENDING = '00000000000000b1';

function pendingSpan(attributes: Attributes = {}, sent: SentSpan = {}): SpanData {
  return sendSpan({
    spanId: PENDING,
    parentSpanId: REAL,
    attributes: {
      'logfire.span_type': 'pending_span',
      'logfire.pending_parent_id': '0000000000000000',
      ...attributes,
    },
    ...sent,
  });
}

function project(spans: readonly SpanData[]): TraceRows {
  const normalized = spans.map(normalizeSpan);
  return createProjector({ readContent, readReportContent }).projectTrace('p', {
    traceId: spans[0]?.traceId ?? '',
    spans: normalized.map(({ data, facts }): TraceSpan => ({ ...data, facts })),
    bodies: new Map(normalized.map(({ data }) => [data.spanId, data])),
    logs: [],
    reports: [],
  });
}

describe('a pending span', () => {
  it('becomes a running copy of the span that it is a child of', () => {
    const { data, facts } = normalizeSpan(
      pendingSpan({ 'gen_ai.operation.name': 'chat', 'logfire.pending_parent_id': '00000000000000AA' }),
    );
    expect(data).toMatchObject({ spanId: REAL, parentSpanId: '00000000000000aa' });
    expect(data.endTimeUnixNano).toBe(data.startTimeUnixNano);
    expect(facts).toMatchObject({ type: 'llm', isPending: true, outcome: 'running', errorType: null });
  });

  it.each([
    ['zeros', '0000000000000000'],
    ['no id', 'root'],
    ['nothing', null],
  ])('with %s for a parent is a copy of a root', (_, id) => {
    expect(normalizeSpan(pendingSpan({ 'logfire.pending_parent_id': id })).data.parentSpanId).toBeNull();
  });

  it('is not failed by what went wrong before it was sent', () => {
    const events = [{ name: 'exception', attributes: { 'exception.type': 'Error' } }];
    const { facts } = normalizeSpan(
      sendSpan({
        spanId: PENDING,
        parentSpanId: REAL,
        events,
        attributes: { 'logfire.span_type': 'pending_span', 'logfire.level_num': 17n },
      }),
    );
    expect(facts).toMatchObject({ outcome: 'running', errorType: null });
  });

  it('stays the same when what was stored is read anew', () => {
    const { data, facts } = normalizeSpan(pendingSpan());
    const again = normalizeSpan(data);
    expect(again.data).toBe(data);
    expect(again.facts).toEqual(facts);
  });

  it('without a parent announces nothing', () => {
    expect(normalizeSpan(pendingSpan({}, { parentSpanId: null })).data.spanId).toBe(PENDING);
  });

  it('gives way to the real span in either order, and is not counted beside it', () => {
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 7n };
    const real = sendSpan({ spanId: REAL, attributes });
    const pending = pendingSpan(attributes);
    for (const spans of [
      [pending, real],
      [real, pending],
    ]) {
      const { trace } = project(spans);
      expect(trace).toMatchObject({ spanCount: 1, llmCalls: 1, status: 'completed', isComplete: true });
      expect(trace.totals.inputTokens).toBe(7);
    }
  });

  it('shows the run that it announces, before the real span comes', () => {
    const { trace, executions } = project([pendingSpan({ agent_name: 'quiz_agent' }, LOGFIRE)]);
    expect(trace).toMatchObject({ status: 'running', agents: ['quiz_agent'], isComplete: true });
    expect(executions).toMatchObject([{ agentName: 'quiz_agent', status: 'running', endTimeUnixNano: null }]);
  });
});

describe('a log line', () => {
  it('is an event, and not failed by its level', () => {
    const attributes = { 'logfire.span_type': 'log', 'logfire.level_num': 17n };
    expect(factsOf({ ...LOGFIRE, attributes })).toMatchObject({ type: 'event', outcome: 'completed' });
  });
});

describe('a span of Logfire itself', () => {
  it('is a span, known as its own', () => {
    expect(factsOf(LOGFIRE)).toMatchObject({ type: 'span', dialect: 'logfire', outcome: 'completed' });
    expect(factsOf({ scope: 'logfire.custom' }).dialect).toBe('logfire');
    expect(factsOf({ scope: 'logfirefly' }).dialect).toBeNull();
  });

  it.each([
    [13n, 'completed'],
    [17n, 'failed'],
    [21, 'failed'],
    ['17', 'failed'],
  ])('at level %s has %s', (level, outcome) => {
    expect(factsOf({ ...LOGFIRE, attributes: { 'logfire.level_num': level } }).outcome).toBe(outcome);
  });

  it('is an agent where it names one, which others’ spans are not', () => {
    const attributes = { agent_name: 'quiz_agent', 'logfire.tags': ['quiz'] };
    expect(factsOf({ ...LOGFIRE, attributes })).toMatchObject({
      type: 'agent',
      agentName: 'quiz_agent',
      tags: ['quiz'],
    });
    expect(factsOf({ scope: 'other', attributes })).toMatchObject({ type: 'span', agentName: null });
  });

  it('over HTTP is an HTTP span, and in the conventions’ words what they say', () => {
    expect(factsOf({ ...LOGFIRE, attributes: { 'http.request.method': 'GET' } }).type).toBe('http');
    const attributes = { 'gen_ai.operation.name': 'chat' };
    expect(factsOf({ ...LOGFIRE, attributes })).toMatchObject({ type: 'llm', dialect: 'logfire' });
  });
});

describe('the OpenAI Agents SDK through Logfire', () => {
  const scope = 'logfire.openai_agents';
  it.each([
    ['OpenAI Agents trace: {name}', 'workflow'],
    ['Agent run: {name!r}', 'agent'],
    ['Function: {name}', 'tool'],
    ['Handoff: {from_agent} → {to_agent}', 'handoff'],
    ['Responses API with {gen_ai.request.model!r}', 'llm'],
    ['Something else {name}', 'span'],
  ])('%s is %s', (template, type) => {
    expect(factsOf({ scope, attributes: { 'logfire.msg_template': template } }).type).toBe(type);
  });

  it('names agents and tools, and a turn that names an agent is a step', () => {
    const named = (template: string) => ({
      scope,
      attributes: { 'logfire.msg_template': template, name: 'Triage', input: '{"q":1}', output: 'done' },
    });
    expect(factsOf(named('Agent run: {name!r}')).agentName).toBe('Triage');
    expect(factsOf(named('Function: {name}')).toolName).toBe('Triage');
    expect(contentOf(named('Function: {name}'))).toMatchObject({
      toolArguments: { q: 1 },
      toolResult: 'done',
    });
    const turn = { sdk_span_type: 'turn', agent_name: 'Triage' };
    expect(factsOf({ scope, attributes: turn }).type).toBe('step');
  });

  it('lists the messages of a call as events', () => {
    const events = [
      { 'event.name': 'gen_ai.user.message', content: 'Hi', role: 'user' },
      { 'event.name': 'gen_ai.assistant.message', content: 'Hello.', role: 'assistant' },
    ];
    const attributes = {
      'logfire.msg_template': 'Responses API with {gen_ai.request.model!r}',
      events: JSON.stringify(events),
    };
    const { inputMessages, outputMessages } = contentOf({ scope, attributes });
    expect(inputMessages).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]);
    expect(outputMessages).toEqual([{ role: 'assistant', parts: [{ type: 'text', content: 'Hello.' }] }]);
  });
});

describe('a provider’s SDK through Logfire', () => {
  const request = { model: 'gpt-4', messages: [{ role: 'user', content: 'What is four plus five?' }] };
  const template = 'Chat Completion with {request_data[model]!r}';

  it('is a call with request and answer in JSON', () => {
    const sent = {
      ...OPENAI,
      attributes: {
        'logfire.msg_template': template,
        request_data: JSON.stringify(request),
        response_data: '{"message":{"role":"assistant","content":"Nine"},"usage":{}}',
        'operation.cost': 0.25,
      },
    };
    expect(factsOf(sent)).toMatchObject({ type: 'llm', requestModel: 'gpt-4', reportedCostUsd: '0.25' });
    expect(contentOf(sent)).toMatchObject({
      inputMessages: [{ role: 'user' }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Nine' }] }],
    });
  });

  it('streamed is one call: the log line that tells of the answer', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'logfire.msg_template': template,
      request_data: JSON.stringify({ ...request, stream: true }),
    };
    const opened = sendSpan({ ...OPENAI, spanId: REAL, attributes });
    const told = sendSpan({
      ...OPENAI,
      spanId: PENDING,
      attributes: {
        ...attributes,
        'logfire.span_type': 'log',
        'gen_ai.usage.input_tokens': 9n,
        response_data: '{"combined_chunk_content":"Nine","chunk_count":2}',
      },
    });
    const { trace } = project([opened, told]);
    expect(trace).toMatchObject({ llmCalls: 1, failedLlmCalls: 0, models: ['gpt-4'], outputPreview: 'Nine' });
    expect(trace.totals.inputTokens).toBe(9);
  });

  it('that failed to open its stream is a failed call', () => {
    const attributes = { request_data: JSON.stringify({ ...request, stream: true }) };
    expect(factsOf({ ...OPENAI, statusCode: 2, attributes })).toMatchObject({
      type: 'llm',
      outcome: 'failed',
    });
  });
});

it('attributes of a pending span are kept as they came, with our mark beside them', () => {
  const sent = pendingSpan({ topic: 'rivers' });
  expect(normalizeSpan(sent).data.attributes).toEqual([
    ...sent.attributes,
    ...keyValues({ 'spanledger.pending': true }),
  ]);
});
