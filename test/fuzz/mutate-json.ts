import type { SeededRandom } from '../support/random.js';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Where text of any kind is put into a document that JSON.stringify writes. */
const PLACE = '@@PLACE@@';

/** Text in the place of a value: wrong types, numbers that are none or too large, damaged strings, and what is no JSON. */
const ODD_TEXTS = [
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '-1',
  '-0',
  '1.5',
  '1e400',
  '-1e400',
  '1e-400',
  '9223372036854775808',
  '18446744073709551616',
  '"18446744073709551615"',
  '"-9223372036854775809"',
  '340282366920938463463374607431768211456',
  `1${'0'.repeat(5000)}`,
  '"NaN"',
  '"-Infinity"',
  'NaN',
  'Infinity',
  '0x10',
  '01',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\u0001"',
  '"\\x"',
  '"unended',
  '[1,2,',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":null,"toString":1,"hasOwnProperty":2}',
  '{"a":1,"a":2}',
  '{"stringValue":"a","intValue":"1"}',
  '{"intValue":"1e3"}',
  '{"doubleValue":"-0"}',
  '{"bytesValue":"=&="}',
  '{"arrayValue":{"values":[null,{},{"arrayValue":{}}]}}',
  '"zz"',
  '"00000000000000000000000000000000"',
  '"0123456789abcdef"',
];

/** Strings that are legal, and odd. */
const ODD_STRINGS = [
  '',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u{10ffff}\ufffe\u202e',
  '{"__proto__":1}',
  '[{"role":"user","parts":[{"type":"text","content":null}]}]',
  '[{"role":{},"content":[[]]}]',
  '[[[[[[[[',
  '-1',
  '1e400',
  '9007199254740993',
  '18446744073709551616',
  'NaN',
  '__proto__',
  '\\u0000',
  'chat',
  'invoke_agent',
  'x'.repeat(10_000),
];

const KEYS = [
  '__proto__',
  'constructor',
  '',
  'traceId',
  'value',
  '\u0000',
  'key',
  'attributes',
  'kvlistValue',
];

/**
 * The document with one value of it, at any depth, made into something else; undefined where it is no JSON, or nested
 * too deeply by a change before for `JSON` to walk.
 */
export function mutateJson(text: string, random: SeededRandom): Buffer | undefined {
  try {
    return changeDocument(JSON.parse(text) as Json, random);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function changeDocument(document: Json, random: SeededRandom): Buffer {
  const changed = change(document, random, makeOddText(random));
  const written = JSON.stringify(changed.value);
  const at = written.indexOf(`"${PLACE}"`);
  if (at < 0) return Buffer.from(written);
  return Buffer.from(written.slice(0, at) + changed.text + written.slice(at + PLACE.length + 2));
}

function makeOddText(random: SeededRandom): string {
  const kind = random.below(12);
  if (kind === 0) return '['.repeat(random.below(1 << random.below(16)));
  if (kind === 1) return nest('{"arrayValue":{"values":[', ']}}', random);
  if (kind === 2) return nest('{"kvlistValue":{"values":[{"key":"k","value":', '}]}}', random);
  if (kind === 3) return nest('[', ']', random);
  if (kind === 4) return JSON.stringify('x'.repeat(random.below(1 << random.below(18))));
  return random.pick(ODD_TEXTS);
}

function nest(open: string, close: string, random: SeededRandom): string {
  const levels = random.below(1 << random.below(15));
  return `${open.repeat(levels)}{"stringValue":"core"}${close.repeat(levels)}`;
}

/** `value` has the place at most once; `text` goes there. */
function change(value: Json, random: SeededRandom, odd: string): { value: Json; text: string } {
  const isContainer = typeof value === 'object' && value !== null;
  const size = isContainer ? Object.keys(value).length : 0;
  if (size === 0 || random.next() < 0.06) return changeHere(value, random, odd);
  if (Array.isArray(value)) {
    const index = random.below(value.length);
    const inner = change(value[index] ?? null, random, odd);
    return { value: value.with(index, inner.value), text: inner.text };
  }
  const members = Object.entries(value as Record<string, Json>);
  const [key, member] = random.pick(members);
  const inner = change(member, random, odd);
  return { value: { ...(value as Record<string, Json>), [key]: inner.value }, text: inner.text };
}

function changeHere(value: Json, random: SeededRandom, odd: string): { value: Json; text: string } {
  const kind = random.below(8);
  const text = JSON.stringify(value);
  if (typeof value === 'string' && random.next() < 0.6) return { value: random.pick(ODD_STRINGS), text: '' };
  if (kind === 0 && Array.isArray(value)) return { value: [...value, ...value, ...value], text: '' };
  if (kind === 1 && typeof value === 'object' && value !== null && !Array.isArray(value))
    return { value: { ...value, [random.pick(KEYS)]: PLACE }, text: odd };
  if (kind === 2)
    return { value: PLACE, text: `${text}${random.pick([',', '}', ']', ' ', '\u0000', '//'])}` };
  if (kind === 3) return { value: PLACE, text: text.slice(0, random.below(text.length + 1)) };
  if (kind === 4) return { value: PLACE, text: `{"key":${text},"key":${odd}}` };
  if (kind === 5) return { value: PLACE, text: `[${text}]` };
  return { value: PLACE, text: odd };
}
