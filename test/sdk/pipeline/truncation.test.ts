import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limitAttributes } from '../../../src/pipeline/attribute-limits.js';
import { createTruncation, truncateText } from '../../../src/pipeline/truncation.js';
import { createEndedSpan } from '../../support/sdk-spans.js';

const text = fc.string({ unit: 'binary', maxLength: 400 });
const limit = fc.integer({ min: 64, max: 600 });

test('a cut text fits, begins as it did, ends with what is missing and never within a character', () => {
  fc.assert(
    fc.property(text, limit, (value, maxBytes) => {
      const cut = truncateText(value, maxBytes);
      if (Buffer.byteLength(value) <= maxBytes) {
        expect(cut).toBe(value);
        return;
      }
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
      const [, kept = '', missing = ''] = /^([^]*)…\[(\d+) bytes cut\]$/.exec(cut) ?? [];
      expect(value.startsWith(kept)).toBe(true);
      expect(Buffer.byteLength(kept) + Number(missing)).toBe(Buffer.byteLength(value));
      // As much as fits is kept: a character takes four bytes at most, and the number may have had a digit more.
      expect(Buffer.byteLength(cut)).toBeGreaterThanOrEqual(maxBytes - 4);
      expect(cut.isWellFormed()).toBe(true);
    }),
  );
});

test('a text with half a character in it is cut, too', () => {
  const cut = truncateText(`${'\u{1F600}'.repeat(16)}\uD83D${'x'.repeat(200)}`, 64);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(64);
});

test('JSON that is cut fits and stays JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 })), limit, (value, maxBytes) => {
      const json = JSON.stringify(value);
      const cut = truncateText(json, maxBytes);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(Math.max(maxBytes, 64));
      expect(() => {
        JSON.parse(cut);
      }).not.toThrow();
    }),
    { numRuns: 1_000 },
  );
});

test('of messages only the long texts are shortened, the longest ones first', () => {
  const messages = [
    { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
    { role: 'user', parts: [{ type: 'text', content: `Read this: ${'é"\n'.repeat(5_000)}` }] },
    {
      role: 'assistant',
      parts: [{ type: 'tool_call', id: 'call_1', arguments: { big: 'x'.repeat(9_000) } }],
    },
    { role: 'user', parts: [{ type: 'text', content: 'y'.repeat(300), seq: 12345678901234567890n }] },
  ];
  const json = JSON.stringify(messages, (_key, value: unknown) =>
    typeof value === 'bigint' ? 'SEQ' : value,
  ).replace('"SEQ"', '12345678901234567890');
  const cut = truncateText(json, 2_000);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(2_000);
  expect(Buffer.byteLength(cut)).toBeGreaterThan(1_200);
  expect(cut).toContain('12345678901234567890');
  const parsed = JSON.parse(cut) as { role: string; parts: { content?: string }[] }[];
  expect(parsed.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  expect(parsed[0]).toEqual(messages[0]);
  expect(parsed[1]?.parts[0]?.content).toMatch(/^Read this: é"\n.*…\[\d+ bytes cut\]$/s);
  expect(parsed[2]?.parts[0]).toMatchObject({ type: 'tool_call', id: 'call_1' });
  expect(parsed[3]?.parts[0]?.content).toBe('y'.repeat(300));
});

test('a span says which of its attributes were cut, and the original keeps them', () => {
  const long = 'x'.repeat(1_000);
  const span = createEndedSpan({
    attributes: { 'gen_ai.input.messages': long, 'a.list': ['short', long], 'gen_ai.request.model': 'm' },
    events: [{ name: 'exception', attributes: { 'exception.stacktrace': long, 'exception.type': 'E' } }],
    error: long,
  });
  const cut = createTruncation({ maxValueBytes: 100 })(span);
  expect(cut.attributes['spanledger.truncated']).toEqual(['gen_ai.input.messages', 'a.list']);
  expect(cut.attributes['gen_ai.request.model']).toBe('m');
  expect(cut.attributes['a.list']).toEqual(['short', expect.stringMatching(/^x+…\[\d+ bytes cut\]$/)]);
  expect(cut.events[0]?.attributes).toMatchObject({
    'exception.type': 'E',
    'spanledger.truncated': ['exception.stacktrace'],
  });
  expect(Buffer.byteLength(cut.status.message ?? '')).toBeLessThanOrEqual(100);
  expect(span.attributes['gen_ai.input.messages']).toBe(long);
  expect(createTruncation({})(span)).toBe(span);
});

test('attributes that identify a span outlive others and content, whenever they were set', () => {
  const attributes: Record<string, string | number> = {};
  for (let index = 0; index < 300; index += 1) attributes[`gen_ai.prompt.${index}.content`] = 'text';
  for (let index = 0; index < 50; index += 1) attributes[`app.${index}`] = index;
  Object.assign(attributes, {
    'gen_ai.usage.input_tokens': 12,
    'session.id': 's',
    'user.id': 'u',
    'spanledger.case.id': 'c',
  });
  const span = createEndedSpan({ attributes });
  const kept = limitAttributes(span, 60);
  expect(Object.keys(kept.attributes)).toHaveLength(60);
  expect(kept.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 12,
    'session.id': 's',
    'user.id': 'u',
    'spanledger.case.id': 'c',
    'app.49': 49,
    'gen_ai.prompt.0.content': 'text',
  });
  expect(kept.droppedAttributesCount).toBe(294);
  expect(limitAttributes(span, 354)).toBe(span);
});
