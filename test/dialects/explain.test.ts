import { describe, expect, it } from 'vitest';
import { explainKeys, readLog } from '../../collector/dialects/normalize.js';
import { sendLog, sendSpan } from './sent-span.js';

describe('explaining a span', () => {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.usage.input_tokens': 7n,
    'ai.usage.inputTokens': 7n,
    'gen_ai.input.messages': '[{"role":"user","content":"Hi"}]',
    'app.tenant': 'acme',
  };
  const { consumed, unmapped } = explainKeys(sendSpan({ attributes }));

  it('names for each key the fields that are read from it and the dialect', () => {
    expect(consumed).toContainEqual({
      key: 'gen_ai.usage.input_tokens',
      field: 'inputTokens',
      dialect: 'otel-genai',
      isUsed: true,
    });
    expect(consumed).toContainEqual({
      key: 'gen_ai.operation.name',
      field: 'type',
      dialect: 'otel-genai',
      isUsed: true,
    });
    expect(consumed).toContainEqual({
      key: 'gen_ai.input.messages',
      field: 'inputMessages',
      dialect: 'otel-genai',
      isUsed: true,
    });
  });

  it('tells a key that is known but was not needed', () => {
    expect(consumed).toContainEqual({
      key: 'ai.usage.inputTokens',
      field: 'inputTokens',
      dialect: 'vercel-ai',
      isUsed: false,
    });
  });

  it('lists the keys that no table knows', () => {
    expect(unmapped).toEqual(['app.tenant']);
  });
});

describe('reading a log record', () => {
  it.each([
    ['the field', sendLog({ eventName: 'gen_ai.choice' })],
    ['the attribute', sendLog({ attributes: { 'event.name': 'gen_ai.user.message' } })],
    ['the body', sendLog({ body: 'gen_ai.client.inference.operation.details' })],
  ])('message events are content wherever their name is: %s', (_place, log) => {
    expect(readLog(log).isContent).toBe(true);
  });

  it('a record that belongs to no span, or is no message event, is no content', () => {
    expect(readLog(sendLog({ eventName: 'gen_ai.choice', spanId: null })).isContent).toBe(false);
    expect(readLog(sendLog({ eventName: 'app.started', body: 'hello' })).isContent).toBe(false);
  });

  it('its session is the one it names, else its conversation, else its resource’s', () => {
    const conversation = { 'gen_ai.conversation.id': 'c' };
    expect(readLog(sendLog({ attributes: { ...conversation, 'session.id': 's' } })).sessionId).toBe('s');
    expect(readLog(sendLog({ attributes: conversation })).sessionId).toBe('c');
    const { resource } = sendSpan({ resource: { 'session.id': 'window' } });
    expect(readLog(sendLog({ resource })).sessionId).toBe('window');
    expect(readLog(sendLog()).sessionId).toBeNull();
  });
});
