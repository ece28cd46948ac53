import { describe, expect, it } from 'vitest';
import { contentOf, factsOf, type Attributes } from './sent-span.js';

function action(subtype: string, attributes: Attributes = {}) {
  return { attributes: { 'genkit:type': 'action', 'genkit:metadata:subtype': subtype, ...attributes } };
}

function modelWith(usage: object) {
  const output = { message: { role: 'model', content: [{ text: 'Hi' }] }, finishReason: 'stop', usage };
  return action('model', {
    'genkit:name': 'googleai/gemini-2.5-flash',
    'genkit:output': JSON.stringify(output),
  });
}

describe('what an action of Genkit is', () => {
  it.each([
    ['model', 'llm'],
    ['tool', 'tool'],
    ['tool.v2', 'tool'],
    ['flow', 'workflow'],
    ['agent', 'agent'],
    ['embedder', 'embedding'],
    ['retriever', 'retrieval'],
    ['prompt', 'step'],
  ])('%s is %s', (subtype, type) => {
    expect(factsOf(action(subtype))).toMatchObject({ type, dialect: 'genkit', operation: subtype });
  });

  it('a span with a type alone is a step', () => {
    expect(factsOf({ attributes: { 'genkit:type': 'flowStep' } }).type).toBe('step');
  });

  it('has failed where its state says so', () => {
    expect(factsOf(action('tool', { 'genkit:state': 'error' })).outcome).toBe('failed');
    expect(factsOf(action('tool', { 'genkit:state': 'success' })).outcome).toBe('completed');
  });
});

describe('a model call', () => {
  it('has its provider and model in the name, and its usage in the output', () => {
    expect(factsOf(modelWith({ inputTokens: 42, outputTokens: 17, cachedContentTokens: 8 }))).toMatchObject({
      requestModel: 'gemini-2.5-flash',
      provider: 'gcp.gemini',
      finishReasons: ['stop'],
      usage: { inputTokens: 42, outputTokens: 17, cachedInputTokens: 8 },
    });
  });

  it('has thoughts added to the output where the total says that they are outside', () => {
    const apart = { inputTokens: 42, outputTokens: 17, thoughtsTokens: 3, totalTokens: 62 };
    expect(factsOf(modelWith(apart)).usage.outputTokens).toBe(20);
    expect(factsOf(modelWith({ ...apart, totalTokens: 59 })).usage.outputTokens).toBe(17);
  });

  it('reads messages with requests to tools, their responses and reasoning', () => {
    const messages = [
      { role: 'system', content: [{ text: 'Be brief.' }] },
      { role: 'model', content: [{ toolRequest: { ref: 'c1', name: 'lookup', input: { q: 1 } } }] },
      { role: 'tool', content: [{ toolResponse: { ref: 'c1', name: 'lookup', output: 'Lima' } }] },
    ];
    const output = { message: { role: 'model', content: [{ reasoning: 'Think.' }, { text: 'Lima.' }] } };
    const read = contentOf(
      action('model', {
        'genkit:input': JSON.stringify({ messages }),
        'genkit:output': JSON.stringify(output),
      }),
    );
    expect(read.inputMessages?.slice(1)).toEqual([
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'lookup', arguments: { q: 1 } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'Lima' }] },
    ]);
    expect(read.systemInstructions).toEqual([{ type: 'text', content: 'Be brief.' }]);
    expect(read.thinking).toEqual(['Think.']);
    expect(read.outputMessages?.[0]?.parts.at(-1)).toEqual({ type: 'text', content: 'Lima.' });
  });
});

it('a tool has its name, arguments and result', () => {
  const sent = action('tool', {
    'genkit:name': 'lookup',
    'genkit:input': '{"q":1}',
    'genkit:output': '"Lima"',
    'genkit:sessionId': 'sess-1',
  });
  expect(factsOf(sent)).toMatchObject({ toolName: 'lookup', sessionId: 'sess-1' });
  expect(contentOf(sent)).toMatchObject({ toolArguments: { q: 1 }, toolResult: 'Lima' });
});
