import { describe, expect, it } from 'vitest';
import { normalizeSpan } from '../../collector/dialects/normalize.js';
import { factsOf, sendSpan, type Attributes } from './sent-span.js';

const CHAT = { 'gen_ai.operation.name': 'chat' };

describe('sources are asked in order', () => {
  it('session.id comes before the AI SDK’s metadata, and the resource’s comes last', () => {
    const metadata = { 'ai.telemetry.metadata.sessionId': 'meta' };
    const resource = { 'session.id': 'window' };
    expect(factsOf({ attributes: { ...metadata, 'session.id': 'own' }, resource }).sessionId).toBe('own');
    expect(factsOf({ attributes: metadata, resource }).sessionId).toBe('meta');
    expect(factsOf({ resource }).sessionId).toBe('window');
  });

  it('a value of the wrong type gives way to the next source', () => {
    const attributes = { 'gen_ai.response.model': ['a'], 'ai.response.model': 'gpt-4o' };
    expect(factsOf({ attributes }).responseModel).toBe('gpt-4o');
  });

  it('of equal keys the first counts', () => {
    const data = sendSpan();
    data.attributes.push({ key: 'session.id', value: 'first' }, { key: 'session.id', value: 'second' });
    expect(normalizeSpan(data).facts.sessionId).toBe('first');
  });

  it('what stands in a JSON attribute is found whether it is text or structure', () => {
    const text = { metadata: '{"session_id":"s","user_id":"u","thread_id":"t"}' };
    expect(factsOf({ attributes: text })).toMatchObject({
      sessionId: 's',
      userId: 'u',
      conversationId: 't',
    });
  });
});

describe('names of our own', () => {
  it('are read beside any dialect and make no span an AI span', () => {
    const attributes = {
      'spanledger.case.id': 'case-1',
      'spanledger.workflow.id': 'run-1',
      'spanledger.attempt': 2n,
      'spanledger.agent.type': 'supervisor',
      'spanledger.pending': true,
    };
    expect(factsOf({ attributes })).toMatchObject({
      dialect: null,
      type: 'span',
      caseId: 'case-1',
      workflowId: 'run-1',
      attempt: 2,
      agentType: 'supervisor',
      isPending: true,
      outcome: 'running',
    });
  });
});

describe('the provider', () => {
  it.each([
    ['openai.responses', 'openai'],
    ['anthropic.messages', 'anthropic'],
    ['OpenAI', 'openai'],
    ['aws.bedrock', 'aws.bedrock'],
    ['azure.ai.openai', 'azure.ai.openai'],
    ['az.ai.openai', 'azure.ai.openai'],
    ['vertex_ai', 'gcp.vertex_ai'],
    ['google.generative-ai', 'gcp.gemini'],
    ['google.vertex.chat', 'gcp.vertex_ai'],
    ['xai.chat', 'x_ai'],
    ['mistral.chat', 'mistral_ai'],
    ['z.ai', 'zai'],
    ['llama.cpp', 'llama_cpp'],
    ['my-gateway', 'my-gateway'],
  ])('%s is %s', (sent, provider) => {
    expect(factsOf({ attributes: { ...CHAT, 'gen_ai.provider.name': sent } }).provider).toBe(provider);
  });

  it.each([
    ['claude-sonnet-4-5', 'anthropic'],
    ['gpt-4o-mini', 'openai'],
    ['o3-mini', 'openai'],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'aws.bedrock'],
    ['gemini-2.5-pro', 'gcp.gemini'],
    ['us-gov.anthropic.claude-3-haiku-20240307-v1:0', 'aws.bedrock'],
    ['house-model', null],
    ['gpt-oss-120b', null],
    ['deepseek-r1:7b', null],
    ['mistral:latest', null],
  ])('of the framework strands-agents with model %s is %s', (model, provider) => {
    const attributes = { 'gen_ai.system': 'strands-agents', 'gen_ai.request.model': model };
    expect(factsOf({ attributes: { ...CHAT, ...attributes } }).provider).toBe(provider);
  });
});

describe('finish reasons', () => {
  it.each<[Attributes, string[]]>([
    [{ 'gen_ai.response.finish_reasons': ['tool-calls', 'stop'] }, ['tool_call', 'stop']],
    [{ 'gen_ai.response.finish_reasons': '["tool-calls"]' }, ['tool_call']],
    [{ 'gen_ai.response.finish_reasons': 'end_turn' }, ['stop']],
    [{ 'llm.finish_reason': 'MAX_TOKENS' }, ['length']],
    [{ 'ai.response.finishReason': 'content-filter' }, ['content_filter']],
    [{ 'anthropic.message.stop_reason': 'pause_turn' }, ['pause_turn']],
  ])('%j', (attributes, reasons) => {
    expect(factsOf({ attributes: { ...CHAT, ...attributes } }).finishReasons).toEqual(reasons);
  });
});

describe('models', () => {
  it('OpenInference’s llm.model_name is the answering model, or the requested one of a failed call', () => {
    const attributes = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-4o' };
    expect(factsOf({ attributes })).toMatchObject({ requestModel: 'gpt-4o', responseModel: 'gpt-4o' });
    expect(factsOf({ attributes, statusCode: 2 })).toMatchObject({
      requestModel: 'gpt-4o',
      responseModel: null,
    });
  });

  it('the raw answer tells the model and the response id', () => {
    const attributes = {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4o',
      'output.value': '{"id":"chatcmpl-1","model":"gpt-4o-2024-08-06"}',
    };
    expect(factsOf({ attributes })).toMatchObject({
      responseModel: 'gpt-4o-2024-08-06',
      responseId: 'chatcmpl-1',
    });
  });
});

describe('texts that are stored', () => {
  it('are cut to identifiers and freed of what Postgres refuses', () => {
    const facts = factsOf({
      attributes: { 'session.id': 'x'.repeat(10_000), 'user.id': 'a\u0000b\ud800' },
    });
    expect(facts.sessionId).toHaveLength(200);
    expect(facts.userId).toBe('a\ufffdb\ufffd');
  });

  it('ids sent as numbers are texts, and empty ones are absent', () => {
    expect(factsOf({ attributes: { 'session.id': 42n, 'user.id': '  ' } })).toMatchObject({
      sessionId: '42',
      userId: null,
    });
  });
});

describe('content keys', () => {
  it('are those that hold bodies, flattened families included', () => {
    const attributes = {
      'openinference.span.kind': 'LLM',
      'llm.input_messages.0.message.role': 'user',
      'llm.token_count.prompt': 1n,
      'input.value': 'hi',
      'retrieval.documents.0.document.content': 'text',
      'http.url': 'x',
    };
    expect([...normalizeSpan(sendSpan({ attributes })).contentKeys]).toEqual([
      'llm.input_messages.0.message.role',
      'input.value',
      'retrieval.documents.0.document.content',
    ]);
  });

  it('message events are told apart from others', () => {
    const has = (name: string) => normalizeSpan(sendSpan({ events: [{ name }] })).hasContentEvents;
    expect(['gen_ai.choice', 'gen_ai.content.prompt', 'exception'].map(has)).toEqual([true, true, false]);
  });
});
