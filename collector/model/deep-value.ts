import { ProtobufReader, WIRE } from './protobuf-reader.js';

/** Where an `AnyValue`'s members are in common.proto, with their OTLP/JSON names. */
const MEMBERS = {
  stringValue: 1,
  boolValue: 2,
  intValue: 3,
  doubleValue: 4,
  arrayValue: 5,
  kvlistValue: 6,
  bytesValue: 7,
} as const;

type Member = keyof typeof MEMBERS;
type ScalarMember = Exclude<Member, 'arrayValue' | 'kvlistValue'>;

const MEMBER_WIRE: Record<Member, number> = {
  stringValue: WIRE.bytes,
  boolValue: WIRE.varint,
  intValue: WIRE.varint,
  doubleValue: WIRE.fixed64,
  arrayValue: WIRE.bytes,
  kvlistValue: WIRE.bytes,
  bytesValue: WIRE.bytes,
};

const MEMBER_BY_NUMBER = new Map<number, Member>(
  Object.entries(MEMBERS).map(([name, number]) => [number, name as Member]),
);

interface ListJson {
  values: unknown[];
}

interface KeyValueJson {
  key: string;
  value: Record<string, unknown>;
}

/** A message that is being read: where it ends, and the OTLP/JSON object that receives what it holds. */
type Frame = { limit: number } & (
  | { kind: 'value'; node: Record<string, unknown> }
  | { kind: 'array' | 'kvlist'; node: ListJson }
  | { kind: 'keyValue'; node: KeyValueJson }
);

/**
 * The OTLP/JSON form of a protobuf `AnyValue`, however deep it is: it is read by a loop, not by recursion.
 * Throws `MalformedProtobufError`.
 */
export function renderDeepValueJson(protobuf: Uint8Array): unknown {
  const reader = new ProtobufReader(protobuf);
  const root: Record<string, unknown> = {};
  const frames: Frame[] = [{ kind: 'value', limit: reader.limit, node: root }];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (reader.position >= frame.limit) {
      frames.pop();
      continue;
    }
    reader.limit = frame.limit;
    const tag = reader.readTag();
    if (frame.kind === 'value') readMember(reader, tag, frame.node, frames);
    else if (frame.kind === 'keyValue') readKeyValueField(reader, tag, frame.node, frames);
    else readListItem(reader, tag, frame, frames);
  }
  return root;
}

/** The OTLP/JSON form of a value without inner values. */
export function renderScalarJson(value: null | string | boolean | bigint | number | Uint8Array): unknown {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: value.toString() };
  if (typeof value === 'number') return { doubleValue: renderDouble(value) };
  return { bytesValue: Buffer.from(value).toString('base64') };
}

/** ProtoJSON writes NaN and infinities as strings; -0 is one too, since `JSON.stringify` writes the number as 0. */
function renderDouble(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

function readMember(
  reader: ProtobufReader,
  tag: number,
  node: Record<string, unknown>,
  frames: Frame[],
): void {
  const member = MEMBER_BY_NUMBER.get(tag >>> 3);
  if (member === undefined) {
    reader.skip(tag);
    return;
  }
  if ((tag & 7) !== MEMBER_WIRE[member]) reader.fail(`wire type ${tag & 7} for ${member}`);
  const earlier = node[member];
  for (const name of Object.keys(node)) Reflect.deleteProperty(node, name);
  if (member !== 'arrayValue' && member !== 'kvlistValue') {
    Object.assign(node, readScalar(reader, member));
    return;
  }
  // The same message again in a oneof is merged (protobuf encoding, "Last One Wins").
  const list = (earlier as ListJson | undefined) ?? { values: [] };
  node[member] = list;
  const length = reader.readLength();
  frames.push({
    kind: member === 'arrayValue' ? 'array' : 'kvlist',
    limit: reader.position + length,
    node: list,
  });
}

function readScalar(reader: ProtobufReader, member: ScalarMember): unknown {
  switch (member) {
    case 'stringValue':
      return renderScalarJson(reader.readString());
    case 'boolValue':
      return renderScalarJson(reader.readBool());
    case 'intValue':
      return renderScalarJson(reader.readInt64());
    case 'doubleValue':
      return renderScalarJson(reader.readDouble());
    case 'bytesValue':
      return renderScalarJson(reader.readBytes());
  }
}

function readListItem(
  reader: ProtobufReader,
  tag: number,
  list: Extract<Frame, { kind: 'array' | 'kvlist' }>,
  frames: Frame[],
): void {
  if (tag >>> 3 !== 1) {
    reader.skip(tag);
    return;
  }
  if ((tag & 7) !== WIRE.bytes) reader.fail(`wire type ${tag & 7} for values`);
  const limit = reader.readLength() + reader.position;
  if (list.kind === 'array') {
    const node = {};
    list.node.values.push(node);
    frames.push({ kind: 'value', limit, node });
  } else {
    const node: KeyValueJson = { key: '', value: {} };
    list.node.values.push(node);
    frames.push({ kind: 'keyValue', limit, node });
  }
}

function readKeyValueField(reader: ProtobufReader, tag: number, node: KeyValueJson, frames: Frame[]): void {
  const number = tag >>> 3;
  if (number > 2) {
    reader.skip(tag);
    return;
  }
  if ((tag & 7) !== WIRE.bytes) reader.fail(`wire type ${tag & 7} in a key and value`);
  if (number === 1) {
    node.key = reader.readString();
    return;
  }
  frames.push({ kind: 'value', limit: reader.readLength() + reader.position, node: node.value });
}
