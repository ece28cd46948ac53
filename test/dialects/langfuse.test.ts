import { describe, expect, it } from 'vitest';
import type { SpanFacts } from '../../collector/model/normalized-span.js';
import { contentOf, factsOf, type Attributes, type SentSpan } from './sent-span.js';

const GENERATION = { 'langfuse.observation.type': 'generation' };

function observation(type: string, attributes: Attributes = {}, sent: SentSpan = {}): SpanFacts {
  return factsOf({ ...sent, attributes: { 'langfuse.observation.type': type, ...attributes } });
}

function usageOf(details: object, attributes: Attributes = {}): (number | null)[] {
  const { usage } = factsOf({
    attributes: {
      ...GENERATION,
      'langfuse.observation.usage_details': JSON.stringify(details),
      ...attributes,
    },
  });
  return [
    usage.inputTokens,
    usage.outputTokens,
    usage.cachedInputTokens,
    usage.cacheWriteTokens,
    usage.reasoningTokens,
  ];
}

describe('what a Langfuse observation is', () => {
  it.each([
    ['generation', 'llm'],
    ['embedding', 'embedding'],
    ['agent', 'agent'],
    ['tool', 'tool'],
    ['chain', 'step'],
    ['retriever', 'retrieval'],
    ['guardrail', 'guardrail'],
    ['evaluator', 'evaluation'],
    ['event', 'event'],
    ['span', 'span'],
  ])('a %s is %s', (type, expected) => {
    expect(observation(type)).toMatchObject({ type: expected, dialect: 'langfuse' });
  });

  it('is believed before the OpenInference and the convention’s mark on the same span', () => {
    const others = { 'openinference.span.kind': 'LLM', 'gen_ai.operation.name': 'chat' };
    expect(observation('tool', others).type).toBe('tool');
  });

  it('a span with a model is a call: the Python SDK to 3.3 knew no generations', () => {
    expect(observation('span', { 'langfuse.observation.model.name': 'gpt-4o' }).type).toBe('llm');
  });

  it('a type that nobody knows leaves the span to the other marks', () => {
    expect(observation('quark', { 'gen_ai.operation.name': 'chat' }).dialect).toBe('otel-genai');
  });
});

describe('LangChain through Langfuse', () => {
  const named = { 'langfuse.observation.metadata.lc_agent_name': 'researcher' };

  it('the run of an agent comes as a span and is the agent', () => {
    expect(observation('span', named, { name: 'LangGraph' })).toMatchObject({
      type: 'agent',
      agentName: 'researcher',
    });
  });

  it('a node inside the agent is not one more agent, unless it has the agent’s own name', () => {
    const node = { ...named, 'langfuse.observation.metadata.langgraph_node': 'model_request' };
    expect(observation('span', node, { name: 'model_request' }).type).toBe('span');
    expect(observation('span', node, { name: 'researcher' }).type).toBe('agent');
  });

  it('a hidden node is no agent', () => {
    expect(observation('span', { ...named, 'langfuse.observation.level': 'DEBUG' }).type).toBe('span');
  });

  it('a tool’s result is the content of its message, and its call id is there too', () => {
    const output = JSON.stringify({
      lc: 1,
      type: 'constructor',
      id: ['langchain_core', 'messages', 'ToolMessage'],
      kwargs: { content: '{"stock":4}', tool_call_id: 'call_1', name: 'lookup' },
    });
    const attributes = { 'langfuse.observation.type': 'tool', 'langfuse.observation.output': output };
    expect(contentOf({ attributes }).toolResult).toEqual({ stock: 4 });
    expect(factsOf({ attributes, name: 'lookup' })).toMatchObject({
      toolName: 'lookup',
      toolCallId: 'call_1',
    });
  });

  it('calls that LangChain could not read are taken from the provider’s own', () => {
    const output = JSON.stringify({
      role: 'assistant',
      content: '',
      additional_kwargs: { tool_calls: [{ id: 'c1', function: { name: 'lookup', arguments: '{"sku":1}' } }] },
    });
    const { outputMessages } = contentOf({
      attributes: { ...GENERATION, 'langfuse.observation.output': output },
    });
    expect(outputMessages).toEqual([
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'lookup', arguments: { sku: 1 } }] },
    ]);
  });
});

describe('the usage details of Langfuse', () => {
  it('are parts that do not overlap: the sum is the input and the output', () => {
    const details = { input: 54, output: 7, total: 127, input_cached_tokens: 64, output_reasoning_tokens: 2 };
    expect(usageOf(details)).toEqual([118, 9, 64, null, 2]);
  });

  it('have audio and predictions beside the rest', () => {
    const details = {
      input: 10,
      input_audio_tokens: 5,
      output: 3,
      output_audio_tokens: 4,
      output_accepted_prediction_tokens: 1,
    };
    expect(usageOf(details)).toEqual([15, 8, null, null, null]);
  });

  it('have LangChain’s names for cached tokens and reasoning', () => {
    const details = {
      input: 30,
      output: 5,
      total: 71,
      input_cache_read: 20,
      input_cache_creation: 10,
      output_reasoning: 6,
    };
    expect(usageOf(details)).toEqual([60, 11, 20, 10, 6]);
  });

  it('have Anthropic’s own names where the Python SDK left them', () => {
    const details = { input: 40, output: 9, cache_read_input_tokens: 20, cache_creation_input_tokens: 5 };
    expect(usageOf(details)).toEqual([65, 9, 20, 5, null]);
  });

  it('may tell cache writes by how long they are kept, which is the same tokens again', () => {
    const write = {
      input: 5,
      output: 1,
      input_ephemeral_5m_input_tokens: 8,
      input_ephemeral_1h_input_tokens: 2,
    };
    expect(usageOf({ ...write, input_cache_creation: 0 })).toEqual([15, 1, null, 10, null]);
    expect(usageOf({ ...write, input_cache_creation: 10 })).toEqual([15, 1, null, 10, null]);
  });

  it('are taken as they are where the total is another: somebody filled them in by hand', () => {
    expect(usageOf({ input: 100, output: 10, total: 110, input_cached_tokens: 40 })).toEqual([
      100,
      10,
      40,
      null,
      null,
    ]);
  });

  it('may be OpenAI’s own usage, which holds cached tokens inside', () => {
    const details = {
      prompt_tokens: 118,
      completion_tokens: 9,
      total_tokens: 127,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 2 },
    };
    expect(usageOf(details)).toEqual([118, 9, 64, null, 2]);
  });

  it.each<[string, object]>([
    [
      'OpenAI’s Responses API',
      {
        input_tokens: 118,
        output_tokens: 20,
        total_tokens: 138,
        input_tokens_details: { cached_tokens: 64 },
        output_tokens_details: { reasoning_tokens: 8 },
      },
    ],
    [
      'AI SDK 5',
      { inputTokens: 118, outputTokens: 20, totalTokens: 138, cachedInputTokens: 64, reasoningTokens: 8 },
    ],
    [
      'AI SDK 6',
      {
        inputTokens: 118,
        outputTokens: 20,
        inputTokenDetails: { cacheReadTokens: 64 },
        outputTokenDetails: { reasoningTokens: 8 },
      },
    ],
  ])('may be the usage of another client, which holds parts inside too: %s', (_client, details) => {
    expect(usageOf(details)).toEqual([118, 20, 64, null, 8]);
  });

  it('may be in the older camel case of Langfuse', () => {
    const details = { promptTokens: 100, completionTokens: 20, totalTokens: 120 };
    expect(usageOf(details)).toEqual([100, 20, null, null, null]);
  });

  it('do not add to the convention’s counts on the same span', () => {
    const details = { input: 54, output: 9, input_cached_tokens: 64 };
    expect(usageOf(details, { 'gen_ai.usage.input_tokens': 118n, 'gen_ai.usage.output_tokens': 9n })).toEqual(
      [118, 9, 64, null, null],
    );
  });

  it.each(['', '{', '[]', '"x"', '{"input":"many","output":-1}'])('%s says nothing', (text) => {
    const attributes = { ...GENERATION, 'langfuse.observation.usage_details': text };
    expect(factsOf({ attributes }).usage.inputTokens).toBeNull();
  });
});

describe('cost, error and identity of a Langfuse observation', () => {
  it('the cost is the total, or else the sum of its parts', () => {
    const cost = (details: object) =>
      observation('generation', { 'langfuse.observation.cost_details': JSON.stringify(details) })
        .reportedCostUsd;
    expect(cost({ input: 0.00033, output: 0.00002, total: 0.00035 })).toBe('0.00035');
    expect(cost({ input: 0.00033, output: 0.00002, input_cached_tokens: 0.00001 })).toBe('0.00036');
  });

  it('a cost of 0 on a failed call is no data', () => {
    const failed = {
      'langfuse.observation.level': 'ERROR',
      'langfuse.observation.cost_details': '{"total":0}',
    };
    expect(observation('generation', failed)).toMatchObject({ outcome: 'failed', reportedCostUsd: null });
  });

  it('level ERROR is a failure although the status is unset', () => {
    expect(
      observation('span', {
        'langfuse.observation.level': 'ERROR',
        'langfuse.observation.status_message': 'TypeError: no\n    at f',
      }),
    ).toMatchObject({ outcome: 'failed', errorType: 'TypeError', errorMessage: 'TypeError: no' });
    expect(observation('span', { 'langfuse.observation.level': 'WARNING' }).outcome).toBe('completed');
  });

  it('an interrupt of LangGraph with level ERROR waits for somebody', () => {
    const sent = {
      'langfuse.observation.level': 'ERROR',
      'langfuse.observation.status_message': 'GraphInterrupt: approve?',
    };
    expect(observation('chain', sent).outcome).toBe('waiting');
  });

  it('a failed call names the requested model, not one that answered', () => {
    const sent = { 'langfuse.observation.model.name': 'gpt-4o-mini', 'langfuse.observation.level': 'ERROR' };
    expect(observation('generation', sent)).toMatchObject({
      requestModel: 'gpt-4o-mini',
      responseModel: null,
      provider: 'openai',
    });
  });

  it('old names of session and user are read, and the newer ones come first', () => {
    const old = { 'langfuse.session.id': 's-old', 'langfuse.user.id': 'u-old' };
    expect(observation('span', old)).toMatchObject({ sessionId: 's-old', userId: 'u-old' });
    expect(observation('span', { ...old, 'session.id': 's', 'user.id': 'u' })).toMatchObject({
      sessionId: 's',
      userId: 'u',
    });
  });

  it('environment is that of the span, else of the resource by Langfuse’s name or the convention’s', () => {
    const resource = { 'deployment.environment.name': 'prod', 'langfuse.environment': 'staging' };
    expect(observation('span', { 'langfuse.environment': 'dev' }, { resource }).environment).toBe('dev');
    expect(observation('span', {}, { resource }).environment).toBe('staging');
    expect(factsOf({ resource }).environment).toBe('prod');
  });

  it('tags are a list or its JSON text', () => {
    expect(observation('span', { 'langfuse.trace.tags': ['a', 'b'] }).tags).toEqual(['a', 'b']);
    expect(observation('span', { 'langfuse.trace.tags': '["a","b"]' }).tags).toEqual(['a', 'b']);
  });
});
