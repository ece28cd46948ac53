import { describe, expect, it } from 'vitest';
import { KeyValueList, type AnyValue } from '../../collector/model/any-value.js';
import { contentOf, factsOf, keyValues, type Attributes } from './sent-span.js';

const CHAT = { 'mlflow.spanType': '"CHAT_MODEL"' };

function structure(attributes: Attributes): AnyValue {
  return new KeyValueList(keyValues(attributes));
}

describe('what an MLflow span is', () => {
  it.each([
    ['LLM', 'llm'],
    ['CHAT_MODEL', 'llm'],
    ['EMBEDDING', 'embedding'],
    ['TOOL', 'tool'],
    ['AGENT', 'agent'],
    ['CHAIN', 'step'],
    ['RETRIEVER', 'retrieval'],
    ['RERANKER', 'rerank'],
    ['PARSER', 'step'],
    ['WORKFLOW', 'workflow'],
    ['TASK', 'step'],
    ['GUARDRAIL', 'guardrail'],
    ['EVALUATOR', 'evaluation'],
    ['MEMORY', 'step'],
    ['UNKNOWN', 'span'],
    ['my own type', 'span'],
  ])('%s is %s, with the quotes of JSON or without', (type, expected) => {
    for (const value of [type, JSON.stringify(type)]) {
      const { type: read, dialect } = factsOf({ attributes: { 'mlflow.spanType': value } });
      expect([read, dialect]).toEqual([expected, 'mlflow']);
    }
  });

  it('agents and tools are named by their spans', () => {
    const named = (type: string) => factsOf({ name: 'weather', attributes: { 'mlflow.spanType': type } });
    expect(named('"AGENT"')).toMatchObject({ agentName: 'weather', toolName: null });
    expect(named('"TOOL"')).toMatchObject({ agentName: null, toolName: 'weather' });
    expect(named('"CHAIN"')).toMatchObject({ agentName: null, toolName: null });
  });
});

describe('the facts of an MLflow span', () => {
  it('are read out of JSON text and out of structured values alike', () => {
    const expected = {
      requestModel: 'claude',
      provider: 'anthropic',
      reportedCostUsd: '0.03',
      usage: {
        inputTokens: 44,
        outputTokens: 12,
        cachedInputTokens: 4,
        cacheWriteTokens: 2,
        reasoningTokens: null,
      },
    };
    const usage = {
      input_tokens: 44,
      output_tokens: 12,
      cache_read_input_tokens: 4,
      cache_creation_input_tokens: 2,
    };
    const texts = {
      ...CHAT,
      'mlflow.llm.model': '"claude"',
      'mlflow.llm.provider': '"anthropic"',
      'mlflow.chat.tokenUsage': JSON.stringify(usage),
      'mlflow.llm.cost': '{"input_cost":0.01,"output_cost":0.02,"total_cost":0.03}',
    };
    const structures = {
      'mlflow.spanType': 'CHAT_MODEL',
      'mlflow.llm.model': 'claude',
      'mlflow.llm.provider': 'anthropic',
      'mlflow.chat.tokenUsage': structure(usage),
      'mlflow.llm.cost': structure({ input_cost: 0.01, output_cost: 0.02, total_cost: 0.03 }),
    };
    expect(factsOf({ attributes: texts })).toMatchObject(expected);
    expect(factsOf({ attributes: structures })).toMatchObject(expected);
  });

  it('cost without a total is the sum of its parts', () => {
    const attributes = { ...CHAT, 'mlflow.llm.cost': '{"input_cost":0.01,"output_cost":0.02}' };
    expect(factsOf({ attributes }).reportedCostUsd).toBe('0.03');
  });

  it('cached tokens of Anthropic’s client stand beside the input', () => {
    const attributes = {
      ...CHAT,
      'mlflow.chat.tokenUsage':
        '{"input_tokens":40,"output_tokens":9,"total_tokens":49,"cache_read_input_tokens":20}',
    };
    expect(factsOf({ attributes }).usage.inputTokens).toBe(40);
    const anthropic = { ...attributes, 'mlflow.message.format': '"anthropic"' };
    expect(factsOf({ attributes: anthropic }).usage.inputTokens).toBe(60);
  });

  it('the answer says model, id and finish reason where it is OpenAI’s or Anthropic’s own', () => {
    const openai = {
      ...CHAT,
      'mlflow.spanInputs': '{"model":"gpt-4o-mini","messages":[]}',
      'mlflow.spanOutputs':
        '{"id":"chatcmpl-1","model":"gpt-4o-mini-2024-07-18","choices":[{"finish_reason":"tool_calls","message":{"role":"assistant","content":"a"}}]}',
    };
    expect(factsOf({ attributes: openai })).toMatchObject({
      requestModel: 'gpt-4o-mini',
      responseModel: 'gpt-4o-mini-2024-07-18',
      responseId: 'chatcmpl-1',
      finishReasons: ['tool_call'],
    });
    const anthropic = {
      ...CHAT,
      'mlflow.spanOutputs': '{"id":"msg_1","stop_reason":"end_turn","content":[]}',
    };
    expect(factsOf({ attributes: anthropic })).toMatchObject({
      responseId: 'msg_1',
      finishReasons: ['stop'],
    });
  });

  it('session and user stand on the root as plain words or as the trace’s', () => {
    const attributes = { ...CHAT, 'mlflow.trace.session': '"s-1"', 'mlflow.trace.user': 'u-1' };
    expect(factsOf({ attributes })).toMatchObject({ sessionId: 's-1', userId: 'u-1' });
  });

  it('a span fails by its status', () => {
    expect(factsOf({ attributes: CHAT, statusCode: 2, statusMessage: 'boom' })).toMatchObject({
      outcome: 'failed',
      errorMessage: 'boom',
    });
  });
});

describe('the bodies of an MLflow span', () => {
  const ask = [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }];

  it.each<[string, unknown]>([
    ['an OpenAI request', { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }],
    ['LangChain’s list of lists of messages', [[{ type: 'human', content: 'Hi', id: null }]]],
    ['LangChain’s stored messages', { messages: [{ type: 'human', data: { content: 'Hi' } }] }],
    ['a plain text', 'Hi'],
  ])('input may be %s', (_, inputs) => {
    const attributes = { ...CHAT, 'mlflow.spanInputs': JSON.stringify(inputs) };
    expect(contentOf({ attributes }).inputMessages).toEqual(ask);
  });

  it('LangChain’s generations are the output, with their tool calls', () => {
    const message = {
      type: 'ai',
      content: '',
      tool_calls: [{ id: 'c1', name: 'weather', args: { city: 'Oslo' } }],
    };
    const attributes = {
      ...CHAT,
      'mlflow.spanOutputs': JSON.stringify({ generations: [[{ text: '', message }]], llm_output: null }),
    };
    expect(contentOf({ attributes }).outputMessages).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } }],
      },
    ]);
  });

  it('an object that is no message stays as the raw body', () => {
    const inputs = '{"question":"Weather?"}';
    const attributes = { 'mlflow.spanType': '"CHAIN"', 'mlflow.spanInputs': inputs };
    expect(contentOf({ attributes })).toMatchObject({ inputMessages: null, rawInput: inputs });
  });

  it('the one text in what an agent was given is its message', () => {
    const attributes = {
      'mlflow.spanType': '"AGENT"',
      'mlflow.spanInputs': '{"question":"Weather?","city":"Oslo"}',
      'mlflow.spanOutputs': '{"forecast":"snow"}',
    };
    expect(contentOf({ attributes })).toMatchObject({
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Weather?' }] }],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'snow' }] }],
      rawOutput: '{"forecast":"snow"}',
    });
    const many = { 'mlflow.spanType': '"AGENT"', 'mlflow.spanInputs': '{"city":"Oslo","day":"Monday"}' };
    expect(contentOf({ attributes: many }).inputMessages).toBeNull();
  });

  it('a tool’s inputs are its arguments and its outputs the result, out of a ToolMessage too', () => {
    const attributes = {
      'mlflow.spanType': '"TOOL"',
      'mlflow.spanInputs': '{"city":"Oslo"}',
      'mlflow.spanOutputs': '{"type":"tool","content":"snow","tool_call_id":"c1","name":"weather"}',
    };
    expect(contentOf({ attributes })).toMatchObject({ toolArguments: { city: 'Oslo' }, toolResult: 'snow' });
    expect(factsOf({ attributes }).toolCallId).toBe('c1');
  });
});
