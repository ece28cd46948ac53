import { describe, expect, it } from 'vitest';
import type { SpanData } from '../../collector/model/span-data.js';
import { normalizeSpan } from '../../collector/dialects/normalize.js';
import { contentOf, factsOf, sendSpan, type Attributes } from './sent-span.js';

const PROPERTIES = 'traceloop.association.properties.';

function scoped(name: string, version: string, attributes: Attributes): SpanData {
  const span = sendSpan({ attributes });
  return { ...span, scope: { ...span.scope, name, version } };
}

describe('what an OpenLLMetry span is', () => {
  it.each([
    ['workflow', 'workflow'],
    ['task', 'step'],
    ['agent', 'agent'],
    ['tool', 'tool'],
    ['session', 'step'],
  ])('a %s is %s', (kind, type) => {
    expect(factsOf({ attributes: { 'traceloop.span.kind': kind } })).toMatchObject({
      type,
      dialect: 'openllmetry',
    });
  });

  it.each([
    ['chat', 'llm'],
    ['completion', 'llm'],
    ['embedding', 'embedding'],
    ['rerank', 'rerank'],
  ])('an old request of type %s is %s', (kind, type) => {
    expect(factsOf({ attributes: { 'llm.request.type': kind } })).toMatchObject({
      type,
      dialect: 'openllmetry',
    });
  });

  it('a LangChain tool comes as a task, and its operation knows better', () => {
    const attributes = { 'traceloop.span.kind': 'task', 'gen_ai.operation.name': 'execute_tool' };
    expect(factsOf({ attributes })).toMatchObject({ type: 'tool', dialect: 'openllmetry' });
  });

  it('the newer packages speak the conventions and are known by their scope', () => {
    const chat = { 'gen_ai.operation.name': 'chat' };
    expect(factsOf({ attributes: chat, scope: '@traceloop/instrumentation-openai' }).dialect).toBe(
      'openllmetry',
    );
    const inWorkflow = { ...chat, 'traceloop.workflow.name': 'claims' };
    expect(factsOf({ attributes: inWorkflow, scope: '@opentelemetry/instrumentation-openai' }).dialect).toBe(
      'otel-genai',
    );
  });

  it('agents and tools are named by their entity', () => {
    const named = (kind: string) =>
      factsOf({ attributes: { 'traceloop.span.kind': kind, 'traceloop.entity.name': 'lookup' } });
    expect(named('agent')).toMatchObject({ agentName: 'lookup', toolName: null });
    expect(named('tool')).toMatchObject({ agentName: null, toolName: 'lookup' });
    expect(named('task')).toMatchObject({ agentName: null, toolName: null });
  });

  it.each([
    ['crewai.workflow', 'workflow', null],
    ['Senior Researcher.agent', 'agent', 'Senior Researcher'],
    ['Find sources.task', 'step', null],
    ['gpt-4o.llm', 'llm', null],
  ])('a span of CrewAI named %s is %s, although it may have no kind', (name, type, agentName) => {
    const scope = 'opentelemetry.instrumentation.crewai';
    const attributes = { 'gen_ai.system': 'crewai', 'gen_ai.request.model': 'gpt-4o' };
    expect(factsOf({ attributes, name, scope })).toMatchObject({ type, dialect: 'openllmetry', agentName });
  });

  it('what a crew came to is its output', () => {
    const attributes = { 'gen_ai.system': 'crewai', 'crewai.crew.result': 'A report.' };
    const scope = 'opentelemetry.instrumentation.crewai';
    expect(contentOf({ attributes, scope, name: 'crewai.workflow' })).toMatchObject({
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'A report.' }] }],
      rawOutput: 'A report.',
    });
  });
});

describe('a LangChain tool under OpenLLMetry', () => {
  const attributes = {
    'traceloop.span.kind': 'task',
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'DynamicStructuredTool',
  };
  const message = {
    lc: 1,
    type: 'constructor',
    id: ['langchain_core', 'messages', 'ToolMessage'],
    kwargs: { content: 'sunny', tool_call_id: 'call_1', name: 'weather' },
  };

  it('is named by the message that it gave back, not by its class', () => {
    const sent = { ...attributes, 'traceloop.entity.output': JSON.stringify({ output: message }) };
    expect(factsOf({ attributes: sent })).toMatchObject({ toolName: 'weather', toolCallId: 'call_1' });
    expect(contentOf({ attributes: sent }).toolResult).toBe('sunny');
  });

  it('keeps the class where nothing names it, and its own name where it has one', () => {
    expect(factsOf({ attributes }).toolName).toBe('DynamicStructuredTool');
    const named = {
      ...attributes,
      'gen_ai.tool.name': 'search',
      'traceloop.entity.output': JSON.stringify(message),
    };
    expect(factsOf({ attributes: named }).toolName).toBe('search');
  });

  it('of Python has its values beside tags and metadata', () => {
    const sent = {
      ...attributes,
      'traceloop.entity.input':
        '{"input_str":"{\'city\': 1}","tags":[],"metadata":{},"inputs":{"city":"Oslo"},"kwargs":{}}',
      'traceloop.entity.output': '{"output":"sunny","kwargs":{}}',
    };
    expect(contentOf({ attributes: sent })).toMatchObject({
      toolArguments: { city: 'Oslo' },
      toolResult: 'sunny',
    });
  });
});

describe('the old flattened messages', () => {
  const chat = { 'llm.request.type': 'chat', 'gen_ai.system': 'OpenAI' };

  it('may have the text null for content beside tool calls', () => {
    const attributes = {
      ...chat,
      'gen_ai.prompt.0.role': 'user',
      'gen_ai.prompt.0.content': 'Weather?',
      'gen_ai.prompt.1.role': 'assistant',
      'gen_ai.prompt.1.content': 'null',
      'gen_ai.prompt.1.tool_calls.0.id': 'c1',
      'gen_ai.prompt.1.tool_calls.0.name': 'weather',
      'gen_ai.prompt.1.tool_calls.0.arguments': '{"city":"Oslo"}',
      'gen_ai.prompt.2.role': 'tool',
      'gen_ai.prompt.2.tool_call_id': 'c1',
      'gen_ai.prompt.2.content': 'snow',
    };
    expect(contentOf({ attributes }).inputMessages).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'snow' }] },
    ]);
  });

  it('say why the model stopped, and which functions it had', () => {
    const attributes = {
      ...chat,
      'gen_ai.completion.0.role': 'assistant',
      'gen_ai.completion.0.content': 'Hi',
      'gen_ai.completion.0.finish_reason': 'stop',
      'llm.request.functions.0.name': 'weather',
      'llm.request.functions.0.parameters': '{"type":"object"}',
    };
    expect(factsOf({ attributes })).toMatchObject({ finishReasons: ['stop'], provider: 'openai' });
    expect(contentOf({ attributes })).toMatchObject({
      outputMessages: [
        { role: 'assistant', parts: [{ type: 'text', content: 'Hi' }], finish_reason: 'stop' },
      ],
      toolDefinitions: [{ name: 'weather', parameters: { type: 'object' } }],
    });
  });

  it('stay message bodies, the finish reason alone is a fact', () => {
    const attributes = {
      ...chat,
      'gen_ai.completion.0.content': 'Hi',
      'gen_ai.completion.0.finish_reason': 'stop',
    };
    expect([...normalizeSpan(sendSpan({ attributes })).contentKeys]).toEqual(['gen_ai.completion.0.content']);
  });
});

describe('what went into a function and came out', () => {
  const of = (kind: string, input: string, output: string) =>
    contentOf({
      attributes: {
        'traceloop.span.kind': kind,
        'traceloop.entity.input': input,
        'traceloop.entity.output': output,
      },
    });

  it('is a message where it is text', () => {
    expect(of('agent', '{"args":["Why?"],"kwargs":{}}', '"Because."')).toMatchObject({
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Why?' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Because.' }] }],
    });
  });

  it('is nothing where the function was given nothing', () => {
    expect(of('workflow', '{"args":[],"kwargs":{}}', '1')).toMatchObject({
      inputMessages: null,
      rawInput: null,
    });
    expect(of('tool', '{"args":[],"kwargs":{}}', '1').toolArguments).toEqual({});
  });

  it('may be an object with the text in it', () => {
    expect(
      of('agent', '{"args":[{"question":"Why?","lang":"en"}],"kwargs":{}}', '{"answer":"Because."}'),
    ).toMatchObject({
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Why?' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Because.' }] }],
      rawOutput: '{"answer":"Because."}',
    });
  });

  it.each<[string, unknown]>([
    ['{"args":[],"kwargs":{"id":17}}', { id: 17 }],
    ['{"args":[{"id":17}],"kwargs":{}}', { id: 17 }],
    ['{"args":[1,2],"kwargs":{}}', [1, 2]],
    ['{"args":[1],"kwargs":{"id":17}}', { args: [1], kwargs: { id: 17 } }],
    ['{"id":17}', { id: 17 }],
  ])('%s are the arguments of a tool', (input, expected) => {
    expect(of('tool', input, '{"state":"open"}')).toMatchObject({
      toolArguments: expected,
      toolResult: { state: 'open' },
    });
  });

  it('is LangChain’s inputs and outputs in Python', () => {
    const messages = '[{"lc":1,"type":"constructor","id":["HumanMessage"],"kwargs":{"content":"Why?"}}]';
    const input = `{"inputs":{"messages":${messages}},"tags":[],"metadata":{},"kwargs":{}}`;
    expect(of('workflow', input, '{"outputs":{"output":"Because."},"kwargs":{}}').inputMessages).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Why?' }] },
    ]);
  });
});

describe('identity and usage of OpenLLMetry', () => {
  it.each<[string, Attributes, object]>([
    ['snake case', { user_id: 'u', session_id: 's', thread_id: 't' }, { conversationId: 't' }],
    ['camel case', { userId: 'u', sessionId: 's' }, { conversationId: null }],
  ])('association properties in %s say who it was for', (_, properties, expected) => {
    const attributes: Attributes = { 'traceloop.span.kind': 'task' };
    for (const [key, value] of Object.entries(properties)) attributes[`${PROPERTIES}${key}`] = value;
    expect(factsOf({ attributes })).toMatchObject({ userId: 'u', sessionId: 's', ...expected });
  });

  it('the helper for conversations names the workflow after one', () => {
    const attributes = { 'traceloop.span.kind': 'workflow', 'traceloop.workflow.name': 'conversation.c-7' };
    expect(factsOf({ attributes }).conversationId).toBe('c-7');
    expect(factsOf({ attributes: { ...attributes, 'gen_ai.conversation.id': 'c-8' } }).conversationId).toBe(
      'c-8',
    );
  });

  it('the package for Anthropic up to 0.27 leaves cached tokens out of the input, newer ones do not', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 40n,
      'gen_ai.usage.output_tokens': 9n,
      'gen_ai.usage.cache_read_input_tokens': 20n,
      'gen_ai.usage.total_tokens': 49n,
    };
    const inputOf = (name: string, version: string) =>
      normalizeSpan(scoped(name, version, attributes)).facts.usage.inputTokens;
    expect(inputOf('@traceloop/instrumentation-anthropic', '0.19.0')).toBe(60);
    expect(inputOf('@traceloop/instrumentation-anthropic', '0.27.0')).toBe(60);
    expect(inputOf('@traceloop/instrumentation-anthropic', '0.28.0')).toBe(40);
    expect(inputOf('@traceloop/instrumentation-openai', '0.27.0')).toBe(40);
  });

  it('old counts are read, and the total only checks them', () => {
    const attributes = {
      'llm.request.type': 'chat',
      'gen_ai.usage.prompt_tokens': 60n,
      'gen_ai.usage.completion_tokens': 33n,
      'llm.usage.total_tokens': 93n,
    };
    expect(factsOf({ attributes }).usage).toMatchObject({ inputTokens: 60, outputTokens: 33 });
  });
});
