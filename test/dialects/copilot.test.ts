import { describe, expect, it } from 'vitest';
import { factsOf, reportOf, type Attributes } from './sent-span.js';

const DETAILS = 'gen_ai.client.inference.operation.details';
const record = (name: string, attributes: Attributes = {}) =>
  reportOf({ attributes: { 'event.name': name, ...attributes } });

describe('what a span of Copilot says', () => {
  it.each([
    ['by its scope', 'copilot-chat', {}],
    ['by its keys', '', { 'github.copilot.agent.type': 'builtin' }],
    ['by its old keys', '', { 'copilot_chat.turn_count': 2n }],
  ])('it is known %s', (_how, scope, attributes) => {
    const conventions = { 'gen_ai.operation.name': 'invoke_agent', ...attributes };
    expect(factsOf({ scope, attributes: conventions })).toMatchObject({ type: 'agent', dialect: 'copilot' });
  });

  it('premium requests are no money', () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'github.copilot.cost': 1,
      'github.copilot.aiu': 0.33,
    };
    expect(factsOf({ scope: 'copilot-chat', attributes }).reportedCostUsd).toBeNull();
  });

  it('a conversation goes before the session of the resource, which is a window', () => {
    const resource = { 'session.id': 'window-1' };
    const chat = (attributes: Attributes) => factsOf({ scope: 'copilot-chat', resource, attributes });
    expect(chat({ 'gen_ai.conversation.id': 'c' })).toMatchObject({ sessionId: null, conversationId: 'c' });
    expect(chat({ 'copilot_chat.session_id': 's' }).sessionId).toBe('s');
    expect(chat({}).sessionId).toBe('window-1');
  });
});

describe('log records beside spans', () => {
  it('a tool call of Copilot', () => {
    const attributes = { 'gen_ai.tool.name': 'runTests', success: false, 'error.type': 'TestError' };
    expect(record('copilot_chat.tool.call', attributes)).toMatchObject({
      type: 'tool',
      toolName: 'runTests',
      outcome: 'failed',
      errorType: 'TestError',
    });
    expect(record('copilot_chat.agent.turn', { 'gen_ai.usage.input_tokens': 5n })).toBeNull();
  });

  it.each([
    ['a response id', { 'gen_ai.response.id': 'r' }],
    ['counts', { 'gen_ai.usage.input_tokens': 9000n }],
    ['an error', { 'error.type': 'TimeoutError' }],
  ])('the details of a call with %s report it', (_what, attributes) => {
    expect(record(DETAILS, { 'gen_ai.operation.name': 'chat', ...attributes })).toMatchObject({
      type: 'llm',
      dialect: 'otel-genai',
    });
  });

  it('the details of a request report nothing, and those of another operation no call', () => {
    const request = { 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': null };
    expect(record(DETAILS, request)).toBeNull();
    expect(
      record(DETAILS, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.response.id': 'r' }),
    ).toBeNull();
    const embeddings = { 'gen_ai.operation.name': 'embeddings', 'gen_ai.usage.input_tokens': 5n };
    expect(record(DETAILS, embeddings)?.type).toBe('embedding');
  });
});
