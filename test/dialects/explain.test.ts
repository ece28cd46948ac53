import { describe, expect, it } from 'vitest';
import { isMessageEvent } from '../../collector/dialects/message-events.js';
import { explainSpan, normalizeSpan, readLog } from '../../collector/dialects/normalize.js';
import { normalizeProvider } from '../../collector/dialects/provider.js';
import { REGISTRY } from '../../collector/dialects/registry.js';
import { listCaptures, listRecordings, loadCapture, loadRecording } from '../support/captures.js';
import { decodeRequests } from './decoded-captures.js';
import { sendLog, sendSpan, type SentSpan } from './sent-span.js';

const FIXTURES = [...listCaptures().map(loadCapture), ...listRecordings().map(loadRecording)];

function explain(sent: SentSpan) {
  const explanation = explainSpan(sendSpan(sent), []);
  const fieldOf = (name: string) => explanation.fields.find(({ field }) => field === name);
  const reasonOf = (key: string, name: string) =>
    explanation.passedOver.find((passed) => passed.key === key && passed.field === name)?.because;
  return { ...explanation, fieldOf, reasonOf };
}

describe('explaining a span', () => {
  const call = explain({
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai.chat',
      'gen_ai.usage.input_tokens': 7n,
      'ai.usage.inputTokens': 8n,
      'gen_ai.usage.output_tokens': -1n,
      'ai.usage.outputTokens': 3n,
      'gen_ai.input.messages': '[{"role":"user","content":"Hi"}]',
      'ai.prompt.messages': '[{"role":"user","content":"Hi"}]',
      'llm.invocation_parameters': '{"temperature":1}',
      'error.type': 'rate_limit',
      'app.tenant': 'acme',
    },
    resource: { 'service.name': 'desk' },
    statusCode: 2,
    statusMessage: 'too many requests',
  });

  it('names the mark that decided the type', () => {
    expect(call.type).toEqual({
      value: 'llm',
      dialect: 'otel-genai',
      key: 'gen_ai.operation.name',
      about: null,
    });
    expect(explain({}).type).toMatchObject({ value: 'span', dialect: null, key: null });
    expect(explain({ attributes: { 'db.system': 'redis' } }).type).toMatchObject({
      value: 'db',
      dialect: 'plain',
      key: 'db.system',
    });
  });

  it('names for each field the key and the dialect, and shows the value of the column', () => {
    expect(call.fieldOf('inputTokens')).toMatchObject({
      value: 7,
      dialect: 'otel-genai',
      key: 'gen_ai.usage.input_tokens',
    });
    expect(call.fieldOf('provider')).toMatchObject({ value: 'openai', key: 'gen_ai.provider.name' });
    expect(call.fieldOf('serviceName')).toMatchObject({ value: 'desk', about: 'of the resource' });
  });

  it('says how the outcome was judged and where the error is from', () => {
    expect(call.fieldOf('outcome')).toMatchObject({
      value: 'failed',
      about: 'the status of the span is ERROR',
    });
    expect(call.fieldOf('errorType')).toMatchObject({ value: 'rate_limit', key: 'error.type' });
    expect(call.fieldOf('errorMessage')).toMatchObject({ about: 'the message of the status' });
    const marked = explain({ attributes: { 'gen_ai.operation.name': 'execute_tool', error: true } });
    expect(marked.fieldOf('outcome')).toMatchObject({ value: 'failed', key: 'error' });
  });

  it('says of a place in JSON which', () => {
    const { fieldOf } = explain({
      attributes: { 'openinference.span.kind': 'LLM', 'output.value': '{"id":"resp_1","model":"m"}' },
    });
    expect(fieldOf('responseId')).toMatchObject({ value: 'resp_1', key: 'output.value', path: 'id' });
  });

  it('says of a derived field what it follows from', () => {
    const { fieldOf, unmapped } = explain({
      attributes: { 'openinference.span.kind': 'LLM', 'llm.cost.prompt': 0.5, 'llm.cost.completion': 0.25 },
    });
    expect(fieldOf('reportedCostUsd')).toMatchObject({
      value: '0.75',
      key: null,
      about: 'the sum of `llm.cost.prompt` and `llm.cost.completion`',
    });
    expect(unmapped).toEqual([]);
  });

  it('says of each key that was passed over why', () => {
    expect(call.reasonOf('ai.usage.inputTokens', 'inputTokens')).toBe(
      '`gen_ai.usage.input_tokens` is asked first',
    );
    expect(call.reasonOf('gen_ai.usage.output_tokens', 'outputTokens')).toBe(
      'its value can not be read as this field',
    );
    expect(call.reasonOf('ai.prompt.messages', 'inputMessages')).toBe(
      '`gen_ai.input.messages` is asked first',
    );
    expect(call.reasonOf('llm.invocation_parameters', 'requestModel')).toBe('there is nothing at `model`');
    const typed = explain({ attributes: { 'gen_ai.operation.name': 'chat', 'graph.node.id': 'n' } });
    expect(typed.reasonOf('graph.node.id', 'agentId')).toBe('it is asked only on spans of the type agent');
    const plain = explain({ attributes: { 'error.type': 'timeout' } });
    expect(plain.reasonOf('error.type', 'errorType')).toBe('the span has not failed');
    const marks = explain({
      attributes: { 'openinference.span.kind': 'LLM', 'gen_ai.operation.name': 'chat' },
    });
    expect(marks.reasonOf('gen_ai.operation.name', 'type')).toBe('`openinference.span.kind` is asked first');
  });

  it('a cost of 0 on a failed call is passed over', () => {
    const { fieldOf, reasonOf } = explain({
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.cost': 0 },
      statusCode: 2,
    });
    expect(fieldOf('reportedCostUsd')).toBeUndefined();
    expect(reasonOf('gen_ai.usage.cost', 'reportedCostUsd')).toContain('nobody reckoned it');
  });

  it('says that a provider was guessed where the value sent names a framework', () => {
    const { fieldOf } = explain({
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'langchain',
        'gen_ai.request.model': 'claude-sonnet-4-5',
      },
    });
    expect(fieldOf('provider')).toMatchObject({
      value: 'anthropic',
      key: null,
      about: 'guessed from the model: `langchain` names a framework',
    });
  });

  it('lists bodies with the keys they were read from, and those that nothing is read from', () => {
    expect(call.bodies).toContainEqual({
      field: 'inputMessages',
      dialect: 'otel-genai',
      keys: ['gen_ai.input.messages'],
    });
    expect(call.bodies).toContainEqual({
      field: 'other',
      dialect: 'openinference',
      keys: ['llm.invocation_parameters'],
    });
  });

  it('reads bodies from the log records of the span too', () => {
    const data = sendSpan({ attributes: { 'gen_ai.operation.name': 'chat' } });
    const log = sendLog({ eventName: 'gen_ai.user.message', attributes: { content: 'Hi' } });
    expect(explainSpan(data, [log]).bodies).toEqual([
      { field: 'inputMessages', dialect: 'otel-genai', keys: [] },
    ]);
  });

  it('lists the keys that no table reads, and no others', () => {
    expect(call.unmapped).toEqual(['app.tenant']);
  });

  it('shows the counts as sent beside the counts as understood, with the rule between them', () => {
    const { usage } = explain({
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 10n,
        'gen_ai.usage.cache_read.input_tokens': 90n,
      },
    });
    expect(usage.sent.inputTokens).toBe(10);
    expect(usage.usage.inputTokens).toBe(100);
    expect(usage.rule).toEqual({
      isCacheApart: true,
      isReasoningApart: false,
      because: 'there are more cached tokens than input tokens',
    });
  });
});

describe('of every recorded span', () => {
  it.each(FIXTURES)('$name: each column is explained by a key that was sent or in words', ({ requests }) => {
    const { spans, logs } = decodeRequests(requests);
    for (const span of spans) {
      const { fields, passedOver, unmapped, bodies, type } = explainSpan(span, logs);
      const sent = new Set(span.attributes.map(({ key }) => key));
      expect(type.value).toBe(normalizeSpan(span).facts.type);
      for (const { field, key, about } of fields) {
        expect([field, about !== null || sent.has(key ?? '')]).toEqual([field, true]);
      }
      const used = new Set([
        ...fields.map(({ key }) => key),
        ...bodies.flatMap(({ keys }) => keys),
        ...passedOver.map(({ key }) => key),
      ]);
      for (const key of unmapped) expect([key, used.has(key)]).toEqual([key, false]);
    }
  });
});

describe('the tables', () => {
  it('name as keys all attributes that a derived source says it looks at', () => {
    const isKey = (word: string) =>
      !REGISTRY.logs.has(word) && !isMessageEvent(word) && normalizeProvider(word, undefined) !== word;
    const unnamed = REGISTRY.derived.flatMap((sources) =>
      sources.flatMap(({ source: { about, keys = [] }, dialect }) =>
        [...about.matchAll(/`([a-z_]+(?:\.[a-z_0-9]+)+)`/g)]
          .map((match) => match[1] ?? '')
          .filter((word) => isKey(word) && !keys.includes(word) && !REGISTRY.keys.has(word))
          .map((word) => `${dialect}: ${word}`),
      ),
    );
    expect(unnamed).toEqual([]);
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
