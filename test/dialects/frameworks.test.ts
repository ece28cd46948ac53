import { describe, expect, it } from 'vitest';
import { contentOf, factsOf, type Attributes } from './sent-span.js';

/** Senders that speak the conventions and add words of their own: their spans are known as `otel-genai`. */
const SPOKEN = 'otel-genai';

describe('Mastra', () => {
  const span = (type: string, attributes: Attributes = {}) => ({
    attributes: { 'mastra.span.type': type, ...attributes },
  });

  it('before 1.4 had its calls in the generation, which since then stands around them', () => {
    expect(factsOf(span('model_generation')).type).toBe('step');
    const usage = { 'gen_ai.usage.input_tokens': 5n };
    expect(factsOf(span('model_generation', usage))).toMatchObject({ type: 'llm', dialect: SPOKEN });
  });

  it.each([
    ['llm_generation', 'llm'],
    ['llm_chunk', 'event'],
    ['llm_step', 'step'],
    ['workflow_run', 'workflow'],
  ])('0.x: %s is %s', (type, expected) => {
    expect(factsOf(span(type)).type).toBe(expected);
  });

  it('has bodies under the names of its types', () => {
    const tool = span('tool_call', { 'mastra.tool_call.input': '{"q":1}', 'mastra.tool_call.output': '2' });
    expect(contentOf(tool)).toMatchObject({ toolArguments: { q: 1 }, toolResult: '2' });
    expect(contentOf(span('llm_generation', { 'mastra.llm_generation.input': 'Hi' })).inputMessages).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
    ]);
  });
});

describe('Strands', () => {
  it.each(['execute_agent_loop_cycle', 'execute_event_loop_cycle'])('%s is a step', (name) => {
    expect(factsOf({ name })).toMatchObject({ type: 'step', dialect: SPOKEN });
  });

  it('leaves cached tokens out of the input with a Claude model alone', () => {
    const inputOf = (model: string) =>
      factsOf({
        scope: 'strands-agents',
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': model,
          'gen_ai.usage.input_tokens': 40n,
          'gen_ai.usage.cache_read.input_tokens': 20n,
        },
      }).usage.inputTokens;
    expect(inputOf('us.anthropic.claude-sonnet-4')).toBe(60);
    expect(inputOf('gpt-4o-mini')).toBe(40);
  });

  it('marks a failed tool by its status', () => {
    const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.status': 'error' };
    expect(factsOf({ attributes }).outcome).toBe('failed');
  });
});

describe('Anthropic’s SDK', () => {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.usage.input_tokens': 1000n,
    'anthropic.usage.cache_creation.ephemeral_5m_input_tokens': 200n,
    'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': 100n,
    'anthropic.message.stop_reason': 'end_turn',
  };

  it('tells cache writes by how long they are kept, and their sum where nobody says it', () => {
    expect(factsOf({ attributes })).toMatchObject({
      dialect: SPOKEN,
      finishReasons: ['stop'],
      usage: { inputTokens: 1000, cacheWriteTokens: 300 },
    });
    const whole = { ...attributes, 'gen_ai.usage.cache_write.input_tokens': 310n };
    expect(factsOf({ attributes: whole }).usage.cacheWriteTokens).toBe(310);
  });
});

describe('MCP', () => {
  it('a tool’s name may stand in the span’s name alone, its bodies in MCP’s words', () => {
    const sent = {
      name: 'tools/call lookup',
      attributes: {
        'mcp.method.name': 'tools/call',
        'mcp.request.argument': '{"q":1}',
        'mcp.response.value': '"Lima"',
        'error.type': 'tool_error',
      },
    };
    expect(factsOf(sent)).toMatchObject({
      type: 'tool',
      dialect: SPOKEN,
      toolName: 'lookup',
      operation: 'tools/call',
      outcome: 'failed',
      errorType: 'tool_error',
    });
    expect(contentOf(sent)).toMatchObject({ toolArguments: { q: 1 }, toolResult: 'Lima' });
  });
});

describe('Microsoft’s frameworks', () => {
  it.each([
    ['workflow.run', 'workflow'],
    ['executor.process writer', 'step'],
    ['message.send', 'step'],
  ])('Agent Framework: %s is %s', (name, type) => {
    expect(factsOf({ name, scope: 'agent_framework' })).toMatchObject({ type, dialect: SPOKEN });
    expect(factsOf({ name, scope: 'Microsoft.Agents.AI.Workflows' }).type).toBe(type);
    expect(factsOf({ name }).dialect).toBeNull();
  });

  it('Agent Framework: the provider is guessed from the model', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'microsoft.agent_framework',
      'gen_ai.request.model': 'gpt-5-mini',
    };
    expect(factsOf({ attributes }).provider).toBe('openai');
  });

  it('Semantic Kernel: completions are calls, the loop around functions is a step', () => {
    const call = { 'gen_ai.operation.name': 'chat.completions', 'gen_ai.response.finish_reason': 'stop' };
    expect(factsOf({ attributes: call })).toMatchObject({ type: 'llm', finishReasons: ['stop'] });
    expect(factsOf({ attributes: { 'sk.available_functions': 'a,b' } }).type).toBe('step');
  });
});

it('AutoGen: spans of its core are the conventions’, and name no provider', () => {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.system': 'autogen',
    'gen_ai.agent.name': 'writer',
  };
  expect(factsOf({ scope: 'autogen-core', attributes })).toMatchObject({
    type: 'agent',
    dialect: SPOKEN,
    agentName: 'writer',
    provider: null,
  });
});

describe('CrewAI without kinds', () => {
  it.each([
    ['crewai.workflow', 'workflow'],
    ['Researcher.agent', 'agent'],
    ['Find sources.task', 'step'],
    ['gpt-4o.llm', 'llm'],
  ])('%s is %s', (name, type) => {
    const scope = 'opentelemetry.instrumentation.crewai';
    expect(factsOf({ name, scope })).toMatchObject({ type, dialect: 'openllmetry' });
    expect(factsOf({ name })).toMatchObject({ type: 'span', dialect: null });
  });

  it('an agent is named by its role', () => {
    const attributes = { 'crewai.agent.role': 'Researcher' };
    expect(factsOf({ name: 'Researcher.agent', scope: 'crewai', attributes }).agentName).toBe('Researcher');
  });
});

describe('LiveKit', () => {
  const scope = 'livekit-agents';
  it.each([
    ['agent_session', 'workflow'],
    ['agent_turn', 'agent'],
    ['llm_node', 'step'],
    ['llm_request', 'llm'],
    ['function_tool', 'tool'],
    ['tts_node', 'step'],
  ])('%s is %s', (name, type) => {
    expect(factsOf({ scope, name })).toMatchObject({ type, dialect: 'livekit' });
  });

  it('a turn and a tool say what they were given and gave', () => {
    const turn = {
      scope,
      name: 'agent_turn',
      attributes: { 'lk.user_input': 'Hi', 'lk.response.text': 'Hello.', 'lk.instructions': 'Be brief.' },
    };
    expect(contentOf(turn)).toMatchObject({
      inputMessages: [{ role: 'user', parts: [{ content: 'Hi' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ content: 'Hello.' }] }],
      systemInstructions: [{ content: 'Be brief.' }],
    });
    const tool = {
      scope,
      name: 'function_tool',
      attributes: {
        'lk.function_tool.name': 'lookup',
        'lk.function_tool.id': 'c1',
        'lk.function_tool.arguments': '{"q":1}',
        'lk.function_tool.output': 'no such city',
        'lk.function_tool.is_error': true,
      },
    };
    expect(factsOf(tool)).toMatchObject({ toolName: 'lookup', toolCallId: 'c1', outcome: 'failed' });
    expect(contentOf(tool)).toMatchObject({ toolArguments: { q: 1 }, toolResult: 'no such city' });
  });

  it('a request’s messages are the items of its context', () => {
    const context = { items: [{ type: 'message', role: 'user', content: ['Hi'] }] };
    const sent = { scope, name: 'llm_request', attributes: { 'lk.chat_ctx': JSON.stringify(context) } };
    expect(contentOf(sent).inputMessages).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
    ]);
  });
});
