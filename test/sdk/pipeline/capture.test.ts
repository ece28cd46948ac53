import { expect, test } from 'vitest';
import { REGISTRY } from '../../../collector/dialects/registry.js';
import { createCapture, parseCaptureVariable } from '../../../src/pipeline/capture.js';
import { isContentKey } from '../../../src/pipeline/content-keys.js';
import { createEndedSpan } from '../../support/sdk-spans.js';

test.each([
  ['true', 'all'],
  ['TRUE', 'all'],
  ['span_and_event', 'all'],
  ['false', 'metadata'],
  ['NO_CONTENT', 'metadata'],
  ['SPAN_ONLY', { spans: 'all', events: 'metadata' }],
  [' Event_Only ', { spans: 'metadata', events: 'all' }],
  ['', undefined],
  ['maybe', undefined],
  [undefined, undefined],
])('the variable %j asks for %j', (value, expected) => {
  expect(parseCaptureVariable(value)).toEqual(expected);
});

test('all that the collector reads as content is content here', () => {
  const keys = [...REGISTRY.keys].filter(([, known]) => known.isContent).map(([key]) => key);
  const prefixes = [...REGISTRY.prefixes.values()].flat().map(({ prefix }) => `${prefix}0.content`);
  expect(keys.length).toBeGreaterThan(50);
  expect([...keys, ...prefixes].filter((key) => !isContentKey(key))).toEqual([]);
});

test('no fact that the collector reads is content here, but what it reads out of content', () => {
  const facts = [...REGISTRY.keys]
    .filter(([, { facts, isContent, contentOf }]) => facts.length > 0 && !isContent && contentOf.length === 0)
    .map(([key]) => key);
  expect(facts.length).toBeGreaterThan(100);
  expect(facts.filter(isContentKey)).toEqual([]);
});

const SPOKEN = 'what Ada said';
const FACTS = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.usage.input_tokens': 12,
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.tool.call.id': 'call_1',
  'gen_ai.conversation.id': 'conv',
  'session.id': 's',
  'user.id': 'u',
  'error.type': 'timeout',
  'spanledger.case.id': 'c',
};
const span = createEndedSpan({
  attributes: {
    ...FACTS,
    'gen_ai.input.messages': SPOKEN,
    'gen_ai.output.messages': SPOKEN,
    'gen_ai.system_instructions': SPOKEN,
    'gen_ai.tool.call.arguments': SPOKEN,
    'gen_ai.tool.call.result': SPOKEN,
    'gen_ai.prompt.0.content': SPOKEN,
    'llm.input_messages.0.message.content': SPOKEN,
    'ai.prompt.messages': SPOKEN,
    'traceloop.entity.input': SPOKEN,
    'langfuse.observation.input': SPOKEN,
    'spanledger.plan.reasoning': SPOKEN,
    'app.feature': 'beta',
  },
  events: [
    { name: 'gen_ai.user.message', attributes: { content: SPOKEN, 'gen_ai.system': 'openai' } },
    { name: 'gen_ai.choice', attributes: { message: SPOKEN, index: 0, finish_reason: 'stop' } },
    { name: 'exception', attributes: { 'exception.type': 'E', 'exception.message': 'broke' } },
  ],
  error: 'broke',
});

test('metadata leaves all bodies out and keeps facts, own attributes and errors', () => {
  const kept = createCapture('metadata')?.(span);
  expect(JSON.stringify([kept?.attributes, kept?.events])).not.toContain(SPOKEN);
  expect(kept?.attributes).toEqual({ ...FACTS, 'app.feature': 'beta' });
  expect(kept?.events.map(({ attributes }) => attributes)).toEqual([
    { 'gen_ai.system': 'openai' },
    { index: 0, finish_reason: 'stop' },
    { 'exception.type': 'E', 'exception.message': 'broke' },
  ]);
  expect(kept?.status.message).toBe('broke');
  expect(span.attributes['gen_ai.input.messages']).toBe(SPOKEN);
});

test('none keeps only what names, identifies and counts', () => {
  const kept = createCapture('none')?.(span);
  expect(kept?.attributes).toEqual(FACTS);
  expect(kept?.status).toEqual({ code: 2 });
  expect(kept?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
    ['gen_ai.user.message', { 'gen_ai.system': 'openai' }],
    ['gen_ai.choice', {}],
    ['exception', { 'exception.type': 'E' }],
  ]);
});

test('content may be left to the events alone, or to the attributes alone', () => {
  const events = createCapture({ spans: 'metadata', events: 'all' })?.(span);
  expect(JSON.stringify(events?.attributes)).not.toContain(SPOKEN);
  expect(events?.events[0]?.attributes?.['content']).toBe(SPOKEN);
  const attributes = createCapture({ spans: 'all', events: 'metadata' })?.(span);
  expect(attributes?.attributes['gen_ai.input.messages']).toBe(SPOKEN);
  expect(JSON.stringify(attributes?.events)).not.toContain(SPOKEN);
  expect(createCapture('all')).toBeUndefined();
});

test('none keeps no attribute of a family that the conventions do not name', () => {
  const texts = {
    'gen_ai.response.text': 'It is sunny.',
    'gen_ai.request.prompt': 'Weather?',
    'openai.note': 'hello',
  };
  const facts = {
    'gen_ai.response.id': 'r1',
    'gen_ai.request.top_p': 0.5,
    'openai.request.service_tier': 'flex',
  };
  const kept = createCapture('none')?.(createEndedSpan({ attributes: { ...texts, ...facts } }));
  expect(kept?.attributes).toEqual(facts);
});
