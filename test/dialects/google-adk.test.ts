import { describe, expect, it } from 'vitest';
import type { SpanFacts } from '../../collector/model/normalized-span.js';
import { contentOf, factsOf, type Attributes, type SentSpan } from './sent-span.js';

const scope = 'gcp.vertex.agent';
const RESPONSE = 'gcp.vertex.agent.llm_response';

function call(attributes: Attributes = {}, sent: SentSpan = {}): SentSpan {
  return {
    scope,
    name: 'call_llm',
    ...sent,
    attributes: { 'gen_ai.request.model': 'gemini-2.5-pro', ...attributes },
  };
}

function usageOf(attributes: Attributes): SpanFacts['usage'] {
  return factsOf(call(attributes)).usage;
}

describe('what a span of Google ADK is', () => {
  it.each([
    ['invocation', 'workflow'],
    ['agent_run [calc_agent]', 'agent'],
    ['send_data', 'step'],
    ['call_llm', 'step'],
    ['anything', 'span'],
  ])('%s without attributes is %s', (name, type) => {
    expect(factsOf({ scope, name }).type).toBe(type);
    expect(factsOf({ name }).type).toBe('span');
  });

  it('a call with a model is one, and so is a bare one that failed', () => {
    expect(factsOf(call({ 'gen_ai.system': scope }))).toMatchObject({
      type: 'llm',
      dialect: 'google-adk',
      provider: 'gcp.gemini',
    });
    expect(factsOf({ scope, name: 'call_llm', statusCode: 2 })).toMatchObject({
      type: 'llm',
      outcome: 'failed',
    });
    const events = [{ name: 'exception', attributes: { 'exception.type': 'ServerError' } }];
    expect(factsOf({ scope, name: 'call_llm', events })).toMatchObject({
      type: 'llm',
      outcome: 'failed',
      errorType: 'ServerError',
    });
  });

  it('the old root of an agent names it', () => {
    expect(factsOf({ scope, name: 'agent_run [calc_agent]' }).agentName).toBe('calc_agent');
  });

  it('a transfer is a hand-off, and merged tools are no tool', () => {
    const tool = (name: string) =>
      factsOf({ scope, attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name } });
    expect(tool('square')).toMatchObject({ type: 'tool', dialect: 'google-adk' });
    expect(tool('transfer_to_agent').type).toBe('handoff');
    expect(tool('(merged tools)').type).toBe('step');
  });
});

describe('the usage of a call', () => {
  const sent = { 'gen_ai.usage.input_tokens': 101n, 'gen_ai.usage.output_tokens': 18n };

  it.each([
    ['JavaScript', { usageMetadata: { candidatesTokenCount: 18, thoughtsTokenCount: 12 } }],
    ['Python', { usage_metadata: { candidates_token_count: 18, thoughts_token_count: 12 } }],
  ])('has thoughts added to the output (%s)', (_, response) => {
    expect(usageOf({ ...sent, [RESPONSE]: JSON.stringify(response) })).toMatchObject({
      inputTokens: 101,
      outputTokens: 30,
      reasoningTokens: 12,
    });
  });

  it('has them added where only the count of reasoning is sent', () => {
    expect(usageOf({ ...sent, 'gen_ai.usage.experimental.reasoning_tokens': 12n }).outputTokens).toBe(30);
  });

  it('has them inside where the sender counts like the conventions', () => {
    const usage = usageOf({
      'gen_ai.usage.output_tokens': 30n,
      'gen_ai.usage.reasoning.output_tokens': 12n,
      [RESPONSE]: JSON.stringify({
        usage_metadata: { candidates_token_count: 18, thoughts_token_count: 12 },
      }),
    });
    expect(usage).toMatchObject({ outputTokens: 30, reasoningTokens: 12 });
  });

  it('stands in the response alone in some versions, cached tokens inside the input', () => {
    const usageMetadata = { promptTokenCount: 140, candidatesTokenCount: 11, cachedContentTokenCount: 64 };
    expect(usageOf({ [RESPONSE]: JSON.stringify({ usageMetadata }) })).toEqual({
      inputTokens: 140,
      outputTokens: 11,
      cachedInputTokens: 64,
      cacheWriteTokens: null,
      reasoningTokens: null,
    });
  });
});

describe('what a call was asked and answered', () => {
  it('is read in the snake case of Python', () => {
    const request = {
      model: 'gemini-2.5-pro',
      contents: [
        { role: 'user', parts: [{ text: '12 squared?' }] },
        { role: 'model', parts: [{ function_call: { id: 'c1', name: 'square', args: { x: 12 } } }] },
        {
          role: 'user',
          parts: [{ function_response: { id: 'c1', name: 'square', response: { result: 144 } } }],
        },
      ],
      config: {
        system_instruction: 'Be brief.',
        tools: [{ function_declarations: [{ name: 'square' }] }],
      },
    };
    const response = {
      model_version: 'gemini-2.5-pro-001',
      content: { role: 'model', parts: [{ text: 'Square it.', thought: true }, { text: '144.' }] },
      finish_reason: 'STOP',
    };
    const span = call({
      'gcp.vertex.agent.llm_request': JSON.stringify(request),
      [RESPONSE]: JSON.stringify(response),
      'gcp.vertex.agent.session_id': 'sess-1',
    });
    expect(factsOf(span)).toMatchObject({
      responseModel: 'gemini-2.5-pro-001',
      finishReasons: ['stop'],
      conversationId: 'sess-1',
    });
    expect(contentOf(span)).toMatchObject({
      inputMessages: [
        { role: 'user', parts: [{ type: 'text', content: '12 squared?' }] },
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'c1', name: 'square', arguments: { x: 12 } }],
        },
        { role: 'user', parts: [{ type: 'tool_call_response', id: 'c1', response: { result: 144 } }] },
      ],
      outputMessages: [
        {
          role: 'assistant',
          finish_reason: 'stop',
          parts: [
            { type: 'reasoning', content: 'Square it.' },
            { type: 'text', content: '144.' },
          ],
        },
      ],
      systemInstructions: [{ type: 'text', content: 'Be brief.' }],
      thinking: ['Square it.'],
      toolDefinitions: [{ function_declarations: [{ name: 'square' }] }],
    });
  });

  it('system instructions may be a content with parts', () => {
    const config = { systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] } };
    const { systemInstructions } = contentOf(
      call({ 'gcp.vertex.agent.llm_request': JSON.stringify({ config, contents: [] }) }),
    );
    expect(systemInstructions).toEqual([{ type: 'text', content: 'Be brief.' }]);
  });

  it('placeholders on a tool span are no data', () => {
    const { toolArguments, toolResult, inputMessages, outputMessages } = contentOf({
      scope,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gcp.vertex.agent.llm_request': '{}',
        [RESPONSE]: '{}',
        'gcp.vertex.agent.tool_call_args': 'N/A',
        'gcp.vertex.agent.tool_response': '{}',
      },
    });
    expect([toolArguments, toolResult, inputMessages, outputMessages]).toEqual([
      undefined,
      undefined,
      null,
      null,
    ]);
  });
});
