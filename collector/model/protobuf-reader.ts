import { isUtf8 } from 'node:buffer';
import { RecentTexts } from './recent-texts.js';

/** Wire types of protobuf (https://protobuf.dev/programming-guides/encoding). */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

const TWO_TO_32 = 0x1_0000_0000;

const recentTexts = new RecentTexts('latin1');
const recentIds = new RecentTexts('hex');

/** Bytes that are not protobuf; the message says where. */
export class MalformedProtobufError extends Error {
  constructor(problem: string, position: number) {
    super(`${problem} at byte ${position}`);
    this.name = 'MalformedProtobufError';
  }
}

/**
 * A cursor over protobuf wire bytes. `limit` is the end of the message being read: whoever enters a nested message
 * sets it and puts the outer one back. Every method throws {@link MalformedProtobufError} rather than read past it.
 */
export class ProtobufReader {
  position = 0;
  limit: number;
  /** How many strings held bytes that are not UTF-8, each replaced by U+FFFD. */
  repairedStringCount = 0;
  readonly #bytes: Buffer;
  /** The same bytes: its numbers are read without a call. */
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limit = bytes.byteLength;
  }

  fail(problem: string, position = this.position): never {
    throw new MalformedProtobufError(problem, position);
  }

  /** The next field's number and wire type as `number << 3 | type`. */
  readTag(): number {
    const start = this.position;
    const tag = this.readVarint();
    if (tag >= TWO_TO_32) this.fail('a field number above the limit', start);
    if (tag < 8) this.fail('field number 0', start);
    return tag;
  }

  /** An unsigned varint as a number: exact up to 2^53, which is enough for tags, lengths and 32-bit values. */
  readVarint(): number {
    const first = this.position < this.limit ? (this.#bytes[this.position] ?? 0) : 0x80;
    if (first < 0x80) {
      this.position++;
      return first;
    }
    const { low, high } = this.#readVarintHalves();
    return high * TWO_TO_32 + low;
  }

  /** The low 32 bits of a varint, unsigned: protobuf cuts longer values for 32-bit fields. */
  readUint32(): number {
    return this.#readVarintHalves().low;
  }

  readInt32(): number {
    return this.#readVarintHalves().low | 0;
  }

  readSint32(): number {
    const value = this.readUint32();
    return (value >>> 1) ^ -(value & 1);
  }

  readBool(): boolean {
    const { low, high } = this.#readVarintHalves();
    return low !== 0 || high !== 0;
  }

  readUint64(): bigint {
    const { low, high } = this.#readVarintHalves();
    return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
  }

  readInt64(): bigint {
    const { low, high } = this.#readVarintHalves();
    if (high === 0) return BigInt(low);
    return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
  }

  readFixed32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  readFixed64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  readSfixed64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  readDouble(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** The length of a nested message, string or bytes; what it counts is there. */
  readLength(): number {
    const start = this.position;
    const length = this.readVarint();
    if (length > this.limit - this.position) this.fail(`a length of ${length} beyond the end`, start);
    return length;
  }

  /** A string; bytes that are not UTF-8 become U+FFFD and are counted. */
  readString(): string {
    const length = this.readLength();
    const start = this.#advance(length);
    const recent = recentTexts.read(this.#view, start, length);
    if (recent !== undefined) return recent;
    const text = this.#bytes.toString('utf8', start, start + length);
    if (text.includes('\uFFFD') && !isUtf8(this.#bytes.subarray(start, start + length)))
      this.repairedStringCount++;
    return text;
  }

  readHex(): string {
    const length = this.readLength();
    const start = this.#advance(length);
    return recentIds.read(this.#view, start, length) ?? this.#bytes.toString('hex', start, start + length);
  }

  /** A copy, so that what is kept does not hold the whole request. */
  readBytes(): Uint8Array {
    const length = this.readLength();
    return this.copyBytes(this.#advance(length), this.position);
  }

  copyBytes(start: number, end: number): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(start, end));
  }

  /** Passes over the value of an unknown field of any wire type; groups may be nested to any depth. */
  skip(tag: number): void {
    const groups: number[] = [];
    for (let current = tag; ; current = this.readTag()) {
      this.#skipValue(current, groups);
      if (groups.length === 0) return;
      if (this.position >= this.limit) this.fail('a group without an end');
    }
  }

  #skipValue(tag: number, groups: number[]): void {
    switch (tag & 7) {
      case WIRE.varint:
        this.#readVarintHalves();
        return;
      case WIRE.fixed64:
        this.#advance(8);
        return;
      case WIRE.bytes:
        this.#advance(this.readLength());
        return;
      case WIRE.startGroup:
        groups.push(tag >>> 3);
        return;
      case WIRE.endGroup:
        if (groups.pop() !== tag >>> 3) this.fail('an end of group that was not begun');
        return;
      case WIRE.fixed32:
        this.#advance(4);
        return;
      default:
        this.fail(`wire type ${tag & 7}`);
    }
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.limit - start) this.fail('the message is cut off');
    this.position = start + length;
    return start;
  }

  #readVarintHalves(): { low: number; high: number } {
    const start = this.position;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.limit) this.fail('a number is cut off', start);
      const byte = this.#bytes[this.position++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return { low: low >>> 0, high: high >>> 0 };
    }
    return this.fail('a number longer than 10 bytes', start);
  }
}
