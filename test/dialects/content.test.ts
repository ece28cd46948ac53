import { describe, expect, it } from 'vitest';
import { KeyValueList } from '../../collector/model/any-value.js';
import { contentOf, keyValues, sendLog, type Attributes } from './sent-span.js';

const CHAT = { 'gen_ai.operation.name': 'chat' };
const TOOL = { 'gen_ai.operation.name': 'execute_tool' };

const QUESTION = [{ role: 'user', parts: [{ type: 'text', content: 'Hi?' }] }];
const ANSWER = [{ role: 'assistant', parts: [{ type: 'text', content: 'Hi.' }] }];

describe('messages of each generation of the conventions', () => {
  it('1: attributes and events with the prompt', () => {
    const attributes = {
      ...CHAT,
      'gen_ai.prompt': '[{"role":"user","content":"Hi?"}]',
      'gen_ai.completion': 'Hi.',
    };
    expect(contentOf({ attributes })).toMatchObject({ inputMessages: QUESTION, outputMessages: ANSWER });
    const events = [
      { name: 'gen_ai.content.prompt', attributes: { 'gen_ai.prompt': 'Hi?' } },
      { name: 'gen_ai.content.completion', attributes: { 'gen_ai.completion': 'Hi.' } },
    ];
    expect(contentOf({ attributes: CHAT, events })).toMatchObject({
      inputMessages: QUESTION,
      outputMessages: ANSWER,
    });
  });

  it('2: log records that name the span, in any of the places for the event’s name', () => {
    const body = (fields: Attributes) => new KeyValueList(keyValues(fields));
    const logs = [
      sendLog({ eventName: 'gen_ai.system.message', body: body({ content: 'Be brief.' }) }),
      sendLog({ attributes: { 'event.name': 'gen_ai.user.message' }, body: body({ content: 'Hi?' }) }),
      sendLog({
        eventName: 'gen_ai.choice',
        body: body({ index: 0n, finish_reason: 'stop', message: body({ content: 'Hi.' }) }),
      }),
      sendLog({
        spanId: 'ffffffffffffffff',
        eventName: 'gen_ai.user.message',
        body: body({ content: 'no' }),
      }),
    ];
    expect(contentOf({ attributes: CHAT }, logs)).toMatchObject({
      inputMessages: [{ role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] }, ...QUESTION],
      outputMessages: [{ ...ANSWER[0], finish_reason: 'stop' }],
      systemInstructions: [{ type: 'text', content: 'Be brief.' }],
    });
  });

  it('3: attributes with parts, and the event that holds both sides as structure', () => {
    const attributes = {
      ...CHAT,
      'gen_ai.input.messages': JSON.stringify(QUESTION),
      'gen_ai.output.messages': JSON.stringify(ANSWER),
      'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
    };
    const expected = {
      inputMessages: QUESTION,
      outputMessages: ANSWER,
      systemInstructions: [{ type: 'text', content: 'Be brief.' }],
    };
    expect(contentOf({ attributes })).toMatchObject(expected);
    const { 'gen_ai.system_instructions': system, ...bodies } = attributes;
    const logs = [sendLog({ eventName: 'gen_ai.client.inference.operation.details', attributes: bodies })];
    const told = { ...CHAT, 'gen_ai.system_instructions': system };
    expect(contentOf({ attributes: told }, logs)).toMatchObject(expected);
  });

  it('system instructions may be plain text', () => {
    const attributes = { ...CHAT, 'gen_ai.system_instructions': 'You sell things.' };
    expect(contentOf({ attributes }).systemInstructions).toEqual([
      { type: 'text', content: 'You sell things.' },
    ]);
  });
});

describe('parts of every family', () => {
  const call = { type: 'tool_call', id: 'c1', name: 'sum', arguments: { a: 1 } };
  const response = { type: 'tool_call_response', id: 'c1', response: 'five' };
  const thought = { type: 'reasoning', content: 'Hm.' };

  it.each<[string, unknown, unknown]>([
    ['OTel', { type: 'tool_call', id: 'c1', name: 'sum', arguments: '{"a":1}' }, call],
    ['AI SDK', { type: 'tool-call', toolCallId: 'c1', toolName: 'sum', input: { a: 1 } }, call],
    ['Anthropic', { type: 'tool_use', id: 'c1', name: 'sum', input: { a: 1 } }, call],
    ['Bedrock', { toolUse: { toolUseId: 'c1', name: 'sum', input: { a: 1 } } }, call],
    ['Gemini', { functionCall: { id: 'c1', name: 'sum', args: { a: 1 } } }, call],
    ['OTel result', { type: 'tool_call_response', id: 'c1', result: 'five' }, response],
    [
      'AI SDK result',
      { type: 'tool-result', toolCallId: 'c1', output: { type: 'text', value: 'five' } },
      response,
    ],
    ['Anthropic result', { type: 'tool_result', tool_use_id: 'c1', content: 'five' }, response],
    ['Bedrock result', { toolResult: { toolUseId: 'c1', content: 'five' } }, response],
    ['Anthropic thinking', { type: 'thinking', thinking: 'Hm.', signature: 'x' }, thought],
    ['Gemini thought', { text: 'Hm.', thought: true }, thought],
    ['OpenAI reasoning', { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }, thought],
    ['Bedrock reasoning', { reasoningContent: { reasoningText: { text: 'Hm.' } } }, thought],
    ['unknown', { type: 'image', uri: 'x' }, { type: 'image', uri: 'x' }],
  ])('%s', (_family, sent, read) => {
    const messages = JSON.stringify([{ role: 'assistant', content: [sent] }]);
    const { outputMessages } = contentOf({ attributes: { ...CHAT, 'gen_ai.output.messages': messages } });
    expect(outputMessages).toEqual([{ role: 'assistant', parts: [read] }]);
  });

  it('OpenAI’s tool calls and tool messages', () => {
    const messages = JSON.stringify([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', function: { name: 'sum', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'five' },
    ]);
    expect(contentOf({ attributes: { ...CHAT, 'gen_ai.input.messages': messages } }).inputMessages).toEqual([
      { role: 'assistant', parts: [call] },
      { role: 'tool', parts: [response] },
    ]);
  });

  it('thinking is what the output reasons, not the history', () => {
    const reasoned = JSON.stringify([{ role: 'assistant', parts: [thought] }]);
    const input = { ...CHAT, 'gen_ai.input.messages': reasoned };
    expect(contentOf({ attributes: input }).thinking).toEqual([]);
    expect(contentOf({ attributes: { ...CHAT, 'gen_ai.output.messages': reasoned } }).thinking).toEqual([
      'Hm.',
    ]);
  });
});

describe('OpenInference’s flattened messages', () => {
  it('come in the order of their indices, with a call that is written twice told once', () => {
    const message = 'llm.output_messages.0.message';
    const attributes = {
      'openinference.span.kind': 'LLM',
      'llm.input_messages.10.message.role': 'user',
      'llm.input_messages.10.message.content': 'last',
      'llm.input_messages.2.message.role': 'user',
      'llm.input_messages.2.message.content': 'first',
      [`${message}.role`]: 'assistant',
      [`${message}.contents.0.message_content.type`]: 'text',
      [`${message}.contents.0.message_content.text`]: 'Wait.',
      [`${message}.contents.1.message_content.type`]: 'tool_use',
      [`${message}.contents.1.tool_call.id`]: 'c1',
      [`${message}.contents.1.tool_call.function.name`]: 'sum',
      [`${message}.contents.1.tool_call.function.arguments`]: '{"a":1}',
      [`${message}.tool_calls.0.tool_call.id`]: 'c1',
      [`${message}.tool_calls.0.tool_call.function.name`]: 'sum',
      [`${message}.tool_calls.0.tool_call.function.arguments`]: '{"a":1}',
    };
    const { inputMessages, outputMessages } = contentOf({ attributes });
    expect(inputMessages?.map((entry) => entry.parts)).toEqual([
      [{ type: 'text', content: 'first' }],
      [{ type: 'text', content: 'last' }],
    ]);
    expect(outputMessages).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'Wait.' },
          { type: 'tool_call', id: 'c1', name: 'sum', arguments: { a: 1 } },
        ],
      },
    ]);
  });

  it('hostile indices and keys cost nothing and reach no prototype', () => {
    const attributes = {
      'openinference.span.kind': 'LLM',
      'llm.input_messages.999999999.message.role': 'user',
      'llm.input_messages.999999999.message.content': 'far',
      'llm.input_messages.__proto__.message.polluted': 'yes',
      'llm.input_messages.constructor.prototype.polluted': 'yes',
      'llm.input_messages.0.__proto__.polluted': 'yes',
      'llm.input_messages.': 'empty',
    };
    const { inputMessages } = contentOf({ attributes });
    expect(inputMessages).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'far' }] }]);
    expect('polluted' in {}).toBe(false);
  });
});

describe('the AI SDK', () => {
  it('spreads an answer over attributes that become one message', () => {
    const attributes = {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.response.text': 'Wait.',
      'ai.response.reasoning': 'Hm.',
      'ai.response.toolCalls': '[{"toolCallId":"c1","toolName":"sum","args":{"a":1}}]',
      'ai.response.finishReason': 'tool-calls',
    };
    const { outputMessages, thinking } = contentOf({ attributes });
    expect(outputMessages).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 'Hm.' },
          { type: 'text', content: 'Wait.' },
          { type: 'tool_call', id: 'c1', name: 'sum', arguments: { a: 1 } },
        ],
        finish_reason: 'tool_call',
      },
    ]);
    expect(thinking).toEqual(['Hm.']);
  });

  it('quotes a tool’s text result', () => {
    const attributes = {
      'ai.operationId': 'ai.toolCall',
      'ai.toolCall.args': '{"q":"x"}',
      'ai.toolCall.result': '"It is 368 m."',
    };
    expect(contentOf({ attributes })).toMatchObject({
      inputMessages: null,
      toolArguments: { q: 'x' },
      toolResult: 'It is 368 m.',
      rawInput: '{"q":"x"}',
      rawOutput: '"It is 368 m."',
    });
  });
});

describe('tools', () => {
  it('of LangChain answer with a serialised message whose content is the result', () => {
    const message = { lc: 1, type: 'constructor', id: ['x', 'ToolMessage'], kwargs: { content: '408' } };
    const resultOf = (output: unknown) =>
      contentOf({ attributes: { 'openinference.span.kind': 'TOOL', 'output.value': JSON.stringify(output) } })
        .toolResult;
    expect(resultOf(message)).toBe('408');
    expect(resultOf({ output: message })).toBe('408');
    expect(resultOf({ output: 'x' })).toEqual({ output: 'x' });
  });

  it('of Strands tell arguments and result by events', () => {
    const events = [
      { name: 'gen_ai.tool.message', attributes: { role: 'tool', content: '{"a":2}', id: 'c1' } },
      { name: 'gen_ai.choice', attributes: { message: '[{"text":"5"}]', id: 'c1' } },
    ];
    expect(contentOf({ attributes: TOOL, events })).toMatchObject({
      inputMessages: null,
      toolArguments: { a: 2 },
      toolResult: [{ text: '5' }],
    });
  });

  it('take arguments as structure too, and text that is no JSON as text', () => {
    const args = new KeyValueList(keyValues({ a: 1n, big: 9_007_199_254_740_993n }));
    const attributes = {
      ...TOOL,
      'gen_ai.tool.call.arguments': args,
      'gen_ai.tool.call.result': '{"cut":',
    };
    const content = contentOf({ attributes });
    expect(content.toolArguments).toEqual({ a: 1, big: '9007199254740993' });
    expect(content.toolResult).toBe('{"cut":');
    expect(content.rawInput).toBe('{"a":1,"big":"9007199254740993"}');
  });
});

describe('raw input and output', () => {
  it('are the sender’s own text where one attribute holds it', () => {
    const sent = '[ {"role":"user", "content":"Hi?"} ]';
    expect(contentOf({ attributes: { ...CHAT, 'gen_ai.input.messages': sent } }).rawInput).toBe(sent);
  });

  it('of any span with input.value are that value', () => {
    const attributes = {
      'openinference.span.kind': 'RETRIEVER',
      'input.value': 'query',
      'output.value': 'hit',
    };
    expect(contentOf({ attributes })).toMatchObject({
      rawInput: 'query',
      rawOutput: 'hit',
      inputMessages: null,
    });
  });

  it('are absent where nothing was sent', () => {
    expect(contentOf({})).toEqual({
      inputMessages: null,
      outputMessages: null,
      systemInstructions: null,
      thinking: [],
      toolArguments: undefined,
      toolResult: undefined,
      toolDefinitions: undefined,
      rawInput: null,
      rawOutput: null,
    });
  });
});

describe('a message of hundreds of thousands of parts', () => {
  const many = 200_000;
  const parts = Array.from({ length: many }, () => ({ type: 'text', text: 'a' }));
  const calls = Array.from({ length: many }, (_, index) => ({
    id: `call-${index}`,
    toolName: 'f',
    input: {},
  }));

  it('is read whole, and so are as many tool calls', () => {
    const sent = JSON.stringify([{ role: 'assistant', content: parts, tool_calls: calls }]);
    const { inputMessages } = contentOf({ attributes: { ...CHAT, 'gen_ai.input.messages': sent } });
    expect(inputMessages?.[0]?.parts).toHaveLength(2 * many);
  });

  it('is read whole where the AI SDK spreads it over attributes', () => {
    const attributes = {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.response.reasoning': JSON.stringify(parts),
      'ai.response.toolCalls': JSON.stringify(calls),
    };
    expect(contentOf({ attributes }).outputMessages?.[0]?.parts).toHaveLength(2 * many);
  });

  it('is read whole from as many messages of one event', () => {
    const details = JSON.stringify(parts.map(() => ({ role: 'user', content: 'a' })));
    const event = {
      name: 'gen_ai.client.inference.operation.details',
      attributes: { 'gen_ai.input.messages': details },
    };
    expect(contentOf({ attributes: CHAT, events: [event] }).inputMessages).toHaveLength(many);
  });
});
