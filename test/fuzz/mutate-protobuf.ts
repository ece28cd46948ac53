import type { SeededRandom } from '../support/random.js';

/** A field as it is on the wire: its tag, and where its content lies. */
interface Field {
  number: number;
  wireType: number;
  start: number;
  contentStart: number;
  end: number;
}

const LENGTH_DELIMITED = 2;
const MAX_NESTING = 30_000;

/**
 * The message with one field of it, at any depth, made into something else; the lengths around it are right again
 * unless they are what is changed.
 */
export function mutateProtobuf(body: Buffer, random: SeededRandom): Buffer {
  const fields = readFields(body);
  if (fields === undefined || fields.length === 0) return mutateBytes(body, random);
  const field = random.pick(fields);
  const content = body.subarray(field.contentStart, field.end);
  const before = body.subarray(0, field.start);
  const after = body.subarray(field.end);
  if (field.wireType === LENGTH_DELIMITED && random.next() < 0.85 && readFields(content)?.length) {
    const mutated = mutateProtobuf(content, random);
    return Buffer.concat([before, writeDelimited(field.number, mutated), after]);
  }
  return Buffer.concat([before, mutateField(body.subarray(field.start, field.end), field, random), after]);
}

/** Flips, overwrites, cuts, drops and repeats bytes, whatever they mean. */
export function mutateBytes(body: Buffer, random: SeededRandom): Buffer {
  if (body.length === 0) return random.bytes(random.below(20));
  const bytes = Buffer.from(body);
  for (let count = 1 + random.below(6); count > 0; count--) {
    const at = random.below(bytes.length);
    bytes[at] = random.next() < 0.5 ? (bytes[at] ?? 0) ^ (1 << random.below(8)) : random.below(256);
  }
  const from = random.below(bytes.length);
  const cut = bytes.subarray(0, from);
  return random.pick([
    bytes,
    cut,
    Buffer.concat([cut, bytes.subarray(from + 1 + random.below(9))]),
    Buffer.concat([cut, bytes.subarray(random.below(from + 1))]),
    Buffer.concat([cut, random.bytes(random.below(30)), bytes.subarray(from)]),
  ]);
}

function mutateField(whole: Buffer, field: Field, random: SeededRandom): Buffer {
  const { number, wireType } = field;
  const content = whole.subarray(field.contentStart - field.start);
  const tag = writeVarint(BigInt((number << 3) | wireType));
  const changes: (() => Buffer)[] = [
    () => Buffer.alloc(0),
    () => Buffer.concat([whole, whole]),
    () => Buffer.concat([tag, mutateBytes(content, random)]),
    () => Buffer.concat([writeVarint(BigInt((number << 3) | random.below(8))), content]),
    () => Buffer.concat([writeVarint(BigInt((random.below(1 << 20) << 3) | wireType)), content]),
    () => Buffer.concat([tag, hugeVarint(random), content]),
    // A length that is not that of the content.
    () => Buffer.concat([tag, writeVarint(BigInt(random.below(1 << random.below(30)))), content]),
    () => Buffer.concat([writeVarint(BigInt(number << 3)), hugeVarint(random)]),
    () => Buffer.concat([writeVarint(BigInt((number << 3) | 1)), random.bytes(8)]),
    // An unknown group around it.
    () => Buffer.concat([Buffer.from([0xa3, 6]), whole, Buffer.from([0xa4, random.next() < 0.8 ? 6 : 7])]),
  ];
  if (wireType === LENGTH_DELIMITED) {
    const change = random.pick(ODD_CONTENTS);
    if (random.next() < 0.3) return writeDelimited(number, change);
    changes.push(
      () => writeDelimited(number, mutateText(content, random)),
      () => writeDelimited(number, random.bytes(random.below(40))),
      () => writeDelimited(number, nestValue(1 + random.below(1 << random.below(15)), random)),
      () => writeDelimited(number, Buffer.alloc(random.below(1 << random.below(16)), 'x')),
    );
  }
  return random.pick(changes)();
}

/** Contents that are legal in a string, and odd. */
const ODD_CONTENTS = [
  '',
  '\u0000',
  '{"__proto__":1}',
  '[{"role":"user","parts":[{"type":"text","content":null}]}]',
  '[{"role":{},"content":[[]]}]',
  '[[[[[[[[',
  '-1',
  '1e400',
  '9007199254740993',
  'NaN',
  '__proto__',
  'gen_ai.operation.name',
  'chat',
  'invoke_agent',
].map((text) => Buffer.from(text));

/** What strings must not hold, or what Postgres can't: bytes that are not UTF-8, surrogates, U+0000. */
function mutateText(content: Buffer, random: SeededRandom): Buffer {
  const at = random.below(content.length + 1);
  const odd = random.pick([
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xc3]),
    Buffer.from([0]),
    Buffer.from('\u{10ffff}\ufffe\u202e'),
  ]);
  return Buffer.concat([content.subarray(0, at), odd, content.subarray(at)]);
}

/** An AnyValue (or what is read as one) in lists in lists: `array_value` is its field 5, `values` field 1. */
function nestValue(levels: number, random: SeededRandom): Buffer {
  const core = Buffer.from([0x0a, 1, 0x78]);
  const headers: Buffer[] = [];
  for (let level = Math.min(levels, MAX_NESTING), length = core.length; level > 0; level--) {
    for (const number of [1, random.next() < 0.5 ? 5 : 6]) {
      const header = writeHeader(number, length);
      headers.push(header);
      length += header.length;
    }
  }
  return Buffer.concat([...headers.reverse(), core]);
}

function hugeVarint(random: SeededRandom): Buffer {
  const length = random.pick([5, 9, 10, 11, 20]);
  return Buffer.concat([Buffer.alloc(length - 1, 0xff), Buffer.from([random.pick([0, 1, 2, 0x7f])])]);
}

function writeDelimited(number: number, content: Buffer): Buffer {
  return Buffer.concat([writeHeader(number, content.length), content]);
}

function writeHeader(number: number, length: number): Buffer {
  return Buffer.concat([writeVarint(BigInt((number << 3) | LENGTH_DELIMITED)), writeVarint(BigInt(length))]);
}

function writeVarint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** The fields of a message, or undefined where the bytes are none. Groups are not told from nonsense. */
function readFields(bytes: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = readVarint(bytes, at);
    if (tag === undefined) return undefined;
    const number = tag.value >>> 3;
    const wireType = tag.value & 7;
    const content = readContent(bytes, tag.end, wireType);
    if (number === 0 || content === undefined || content.end > bytes.length) return undefined;
    fields.push({ number, wireType, start: at, contentStart: content.start, end: content.end });
    at = content.end;
  }
  return fields;
}

function readContent(
  bytes: Buffer,
  at: number,
  wireType: number,
): { start: number; end: number } | undefined {
  if (wireType === 1) return { start: at, end: at + 8 };
  if (wireType === 5) return { start: at, end: at + 4 };
  const varint = readVarint(bytes, at);
  if (varint === undefined) return undefined;
  if (wireType === 0) return { start: at, end: varint.end };
  if (wireType === LENGTH_DELIMITED) return { start: varint.end, end: varint.end + varint.value };
  return undefined;
}

function readVarint(bytes: Buffer, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    const byte = bytes[at] ?? 0;
    // What does not fit in 32 bits is only passed over here.
    if (at - start < 5) value += (byte & 127) * 2 ** (7 * (at - start));
    if (byte < 128) return { value, end: at + 1 };
  }
  return undefined;
}
