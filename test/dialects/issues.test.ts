import { describe, expect, it } from 'vitest';
import { findArrivalIssues, normalizeSpan, readLog } from '../../collector/dialects/normalize.js';
import { findJsonFault } from '../../collector/dialects/readers/json-fault.js';
import { listCaptures, listRecordings, loadCapture, loadRecording } from '../support/captures.js';
import { decodeRequests } from './decoded-captures.js';
import { sendSpan, type Attributes, type SentSpan } from './sent-span.js';

const FIXTURES = [...listCaptures().map(loadCapture), ...listRecordings().map(loadRecording)];

const CHAT: Attributes = { 'gen_ai.operation.name': 'chat' };

function issuesOf(sent: SentSpan) {
  return normalizeSpan(sendSpan(sent)).issues;
}

function codesOf(sent: SentSpan): [string, string | null][] {
  return issuesOf(sent).map(({ code, key }) => [code, key]);
}

describe('a text that is meant to be JSON', () => {
  it.each([
    ['an object', '{"a": 1}'],
    ['a list of objects', '[{"role": "user"}]'],
    ['a list of numbers', '[0.1, -2, 3e5]'],
    ['with white space', ' \n {"a": 1}'],
    ['pretty printed', '{\n  "a": [1]\n}'],
    ['empty', '[]'],
    ['nothing', ''],
  ])('is left alone: %s', (_what, text) => {
    expect(findJsonFault(text)).toBeUndefined();
  });

  it.each([
    ['in a string', '[{"role":"user","content":"What is the capital of'],
    ['after an escape', '{"a":"b\\'],
    ['after a comma', '{"a":1,'],
    ['after the first bracket', '['],
    ['in a list of numbers', '[0.123, 0.456, 0.7'],
    ['far behind', `["${'x'.repeat(40_000)}`],
  ])('is known to be cut off: %s', (_where, text) => {
    expect(findJsonFault(text)).toBe('cut off');
  });

  it.each([
    ['a Python dict', "{'role': 'user', 'content': 'Hi'}"],
    ['a list of Python dicts', "[{'role': 'user'}]"],
    ['a list of Python flags', '[True, None]'],
    ['a cut off Python dict', "{'role': 'us"],
    ['a closed object with a bad comma', '{ "a": 1,, "b": 2 }'],
  ])('is known to be none: %s', (_what, text) => {
    expect(findJsonFault(text)).toBe('not JSON');
  });

  it.each([
    ['a link', '[the docs](https://example.com)'],
    ['a template', '{name}, hello'],
    ['a tag', '[INST] hello'],
    ['an error', '[Errno 2] No such file or directory'],
    ['a footnote', '[1] Smith et al.'],
    ['a text behind JSON', '["a"] is a list'],
  ])('is told from a text that only begins alike: %s', (_what, text) => {
    expect(findJsonFault(text)).toBeUndefined();
  });

  it('that was cut off behind a bracket is known once it could not be parsed', () => {
    expect(findJsonFault('["a",["b"]', true)).toBe('cut off');
  });

  it('is parsed where a fact was looked for in it, so that what is broken in the middle is found too', () => {
    const attributes = { 'openinference.span.kind': 'LLM', 'output.value': '{"id":NaN,"model":"m"}' };
    expect(codesOf({ attributes })).toEqual([['ATTRIBUTE_JSON_INVALID', 'output.value']]);
  });
});

describe('of an AI span', () => {
  it('a body that was cut off is reported with its key, its length and the limit to raise', () => {
    const [issue] = issuesOf({ attributes: { ...CHAT, 'gen_ai.input.messages': '[{"role":"user","par' } });
    expect(issue).toMatchObject({ code: 'ATTRIBUTE_JSON_INVALID', key: 'gen_ai.input.messages' });
    expect(issue?.message).toContain('cut off after 20 characters');
    expect(issue?.message).toContain('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  });

  it('a Python value in place of JSON is reported as such', () => {
    const [issue] = issuesOf({ attributes: { ...CHAT, 'gen_ai.tool.definitions': "[{'name': 'f'}]" } });
    expect(issue?.message).toContain('str()');
  });

  it('texts of people and models, and keys that nothing is read from, may look as they like', () => {
    const text = '{"answer": "cut off by max_tok';
    const attributes = {
      ...CHAT,
      'ai.response.text': text,
      'gen_ai.prompt.0.content': text,
      'app.note': text,
    };
    expect(codesOf({ attributes })).toEqual([]);
  });

  it('dropped attributes and events are reported with the limit to raise', () => {
    const issues = issuesOf({ attributes: CHAT, droppedAttributesCount: 12, droppedEventsCount: 3 });
    expect(issues.map(({ code }) => code)).toEqual(['ATTRIBUTES_DROPPED', 'EVENTS_DROPPED']);
    expect(issues[0]?.message).toContain('12 of 13 attributes');
    expect(issues[0]?.message).toContain('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT');
    expect(issues[1]?.message).toContain('OTEL_SPAN_EVENT_COUNT_LIMIT');
  });

  it.each([
    ['negative', -1n],
    ['not a number', Number.NaN],
    ['a fraction', 1.5],
    ['too large', 2n ** 60n],
    ['a word', 'many'],
    ['a list', [1n]],
  ])('a count that is %s is reported', (_what, value) => {
    const attributes = { ...CHAT, 'gen_ai.usage.input_tokens': value };
    expect(codesOf({ attributes })).toEqual([['USAGE_UNUSABLE', 'gen_ai.usage.input_tokens']]);
  });

  it('a count that is absent, null, empty or a number as text is none to report', () => {
    for (const value of [null, '', '17', 17n, 17]) {
      expect(codesOf({ attributes: { ...CHAT, 'gen_ai.usage.input_tokens': value } })).toEqual([]);
    }
  });

  it('a count that cannot be used matters only where it is asked for', () => {
    const attributes = { ...CHAT, 'gen_ai.usage.input_tokens': 5n, 'ai.usage.inputTokens': -1n };
    expect(codesOf({ attributes })).toEqual([]);
  });

  it.each([[-0.1], [Number.POSITIVE_INFINITY], ['$1.00']])('a cost of %s is reported', (cost) => {
    const attributes = { ...CHAT, 'gen_ai.usage.cost': cost };
    expect(codesOf({ attributes })).toEqual([['COST_UNUSABLE', 'gen_ai.usage.cost']]);
  });

  it('a total is compared with the sums of every known way of counting', () => {
    const counts = {
      'gen_ai.usage.input_tokens': 100n,
      'gen_ai.usage.output_tokens': 20n,
      'gen_ai.usage.cache_read.input_tokens': 30n,
      'gen_ai.usage.reasoning.output_tokens': 7n,
    };
    for (const total of [120n, 127n, 150n, 157n]) {
      expect(codesOf({ attributes: { ...CHAT, ...counts, 'gen_ai.usage.total_tokens': total } })).toEqual([]);
    }
    const attributes = { ...CHAT, ...counts, 'gen_ai.usage.total_tokens': 121n };
    expect(codesOf({ attributes })).toEqual([['USAGE_TOTAL_DIFFERS', 'gen_ai.usage.total_tokens']]);
  });
});

describe('of any span', () => {
  it('an end before the start and a missing time are reported', () => {
    const start = sendSpan().startTimeUnixNano;
    expect(codesOf({ endTimeUnixNano: start - 5_000_000n })).toEqual([['END_BEFORE_START', null]]);
    expect(issuesOf({ endTimeUnixNano: start - 5_000_000n })[0]?.message).toContain('5 ms');
    expect(codesOf({ startTimeUnixNano: 0n })).toEqual([['TIME_MISSING', null]]);
    expect(codesOf({ endTimeUnixNano: 0n })).toEqual([['TIME_MISSING', null]]);
    expect(codesOf({ endTimeUnixNano: start })).toEqual([]);
  });

  it('a copy that was sent when the span started has no end to miss', () => {
    expect(codesOf({ attributes: { 'spanledger.pending': true }, endTimeUnixNano: 0n })).toEqual([]);
  });

  it('a start more than ten minutes after it came in is reported', () => {
    const data = sendSpan();
    const minutes = (count: bigint) => data.startTimeUnixNano - count * 60_000_000_000n;
    expect(findArrivalIssues(data, minutes(10n))).toEqual([]);
    expect(findArrivalIssues(data, minutes(11n))).toMatchObject([{ code: 'TIME_AHEAD', key: null }]);
  });

  it('a plain span may lose attributes and carry what it likes', () => {
    const attributes = { 'input.value': '[{"a', 'app.list': '[{"a' };
    expect(codesOf({ attributes, droppedAttributesCount: 5 })).toEqual([]);
  });
});

describe('of what real applications sent', () => {
  it.each(FIXTURES)('$name: nothing is reported', ({ requests }) => {
    const { spans, logs } = decodeRequests(requests);
    expect(spans.flatMap((span) => normalizeSpan(span).issues)).toEqual([]);
    expect(logs.flatMap((log) => readLog(log).report?.issues ?? [])).toEqual([]);
  });
});
