import { describe, expect, it } from 'vitest';
import { contentOf, factsOf, type Attributes } from './sent-span.js';

const scope = 'pydantic-ai';

describe('formats 1 and 2, whose spans have names and no operation', () => {
  it.each<[string, Attributes, string]>([
    ['agent run', { agent_name: 'capitals' }, 'agent'],
    ['running tool', { 'gen_ai.tool.name': 'lookup' }, 'tool'],
    ['running output function', { 'gen_ai.tool.name': 'final_result' }, 'tool'],
    ['running tools', { tools: ['lookup'] }, 'step'],
    ['running 2 tools', { tools: ['lookup', 'audit'] }, 'step'],
    ['running 1 tool', { tools: ['lookup'] }, 'step'],
  ])('%s', (name, attributes, type) => {
    expect(factsOf({ scope, name })).toMatchObject({ type, dialect: 'pydantic-ai' });
    expect(factsOf({ name, attributes })).toMatchObject({ type, dialect: 'pydantic-ai' });
    expect(factsOf({ name })).toMatchObject({ type: 'span', dialect: null });
  });

  it('an agent has its name, its run and its model', () => {
    const attributes = { agent_name: 'capitals', model_name: 'gpt-5-mini', 'gen_ai.agent.call.id': 'run-1' };
    expect(factsOf({ scope, name: 'agent run', attributes })).toMatchObject({
      agentName: 'capitals',
      agentId: 'run-1',
      requestModel: 'gpt-5-mini',
    });
  });

  it('a tool’s arguments and response are its body', () => {
    const attributes = {
      'gen_ai.tool.name': 'lookup',
      'gen_ai.tool.call.id': 'call_1',
      tool_arguments: '{"country":"Peru"}',
      tool_response: 'Lima',
    };
    const sent = { scope, name: 'running tool', attributes };
    expect(factsOf(sent)).toMatchObject({ toolName: 'lookup', toolCallId: 'call_1' });
    expect(contentOf(sent)).toMatchObject({ toolArguments: { country: 'Peru' }, toolResult: 'Lima' });
  });

  it('messages stand as a list of events, those of an agent with its answer at the end', () => {
    const question = { 'event.name': 'gen_ai.user.message', role: 'user', content: 'Capital of Peru?' };
    const answer = { role: 'assistant', content: 'Lima.' };
    const choice = { 'event.name': 'gen_ai.choice', index: 0, message: answer };
    const call = contentOf({
      scope,
      attributes: { 'gen_ai.operation.name': 'chat', events: JSON.stringify([question, choice]) },
    });
    const agent = contentOf({
      scope,
      name: 'agent run',
      attributes: {
        all_messages_events: JSON.stringify([
          question,
          { 'event.name': 'gen_ai.assistant.message', ...answer },
        ]),
      },
    });
    for (const { inputMessages, outputMessages } of [call, agent]) {
      expect(inputMessages).toEqual([
        { role: 'user', parts: [{ type: 'text', content: 'Capital of Peru?' }] },
      ]);
      expect(outputMessages).toEqual([{ role: 'assistant', parts: [{ type: 'text', content: 'Lima.' }] }]);
    }
  });
});

describe('formats 3 to 6, which are marked in the conventions’ words', () => {
  it('are known by their scope', () => {
    const attributes = { 'gen_ai.operation.name': 'chat' };
    expect(factsOf({ scope, attributes })).toMatchObject({ type: 'llm', dialect: 'pydantic-ai' });
    expect(factsOf({ attributes })).toMatchObject({ type: 'llm', dialect: 'otel-genai' });
  });

  it('an agent’s aggregated usage is its own number', () => {
    const attributes = {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.aggregated_usage.input_tokens': 210n,
      'gen_ai.aggregated_usage.output_tokens': 58n,
      'gen_ai.aggregated_usage.cache_read.input_tokens': 64n,
      'gen_ai.aggregated_usage.details.reasoning_tokens': 32n,
    };
    expect(factsOf({ scope, attributes }).usage).toEqual({
      inputTokens: 210,
      outputTokens: 58,
      cachedInputTokens: 64,
      cacheWriteTokens: null,
      reasoningTokens: 32,
    });
  });

  it('reads usage details and the cost', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 70n,
      'gen_ai.usage.output_tokens': 52n,
      'gen_ai.usage.details.cache_read_tokens': 10n,
      'gen_ai.usage.details.cache_write_tokens': 5n,
      'gen_ai.usage.details.reasoning_tokens': 32n,
      'operation.cost': 0.0005,
    };
    expect(factsOf({ scope, attributes })).toMatchObject({
      reportedCostUsd: '0.0005',
      usage: { inputTokens: 70, cachedInputTokens: 10, cacheWriteTokens: 5, reasoningTokens: 32 },
    });
  });

  it('a structured result is the answer as the model wrote it', () => {
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', final_result: '{"city":"Lima"}' };
    expect(contentOf({ scope, attributes }).outputMessages).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: '{"city":"Lima"}' }] },
    ]);
  });

  it('an agent was given what came last from outside, history before it, and answered what stands at the end', () => {
    const say = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });
    const all = [
      say('user', 'Hi'),
      say('assistant', 'Hello.'),
      say('user', 'Capital of Peru?'),
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'lookup', arguments: {} }] },
      { role: 'user', parts: [{ type: 'tool_call_response', id: 'c', result: 'Lima' }] },
      say('assistant', 'Lima.'),
    ];
    const attributes = {
      'gen_ai.operation.name': 'invoke_agent',
      'pydantic_ai.all_messages': JSON.stringify(all),
    };
    const { inputMessages, outputMessages } = contentOf({ scope, attributes });
    expect(inputMessages).toEqual(all.slice(0, 3));
    expect(outputMessages).toEqual(all.slice(-1));
  });
});
