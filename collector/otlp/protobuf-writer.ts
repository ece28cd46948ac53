import { WIRE } from '../model/protobuf-reader.js';

const FIRST_CAPACITY = 1024;

/**
 * Writes protobuf from the end to the front: a message is written before its length, which is known by then, so
 * nesting costs no copies. Fields are therefore written last first.
 */
export class ReverseProtobufWriter {
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #start = FIRST_CAPACITY;

  /** How many bytes are written. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(this.#start));
  }

  writeTag(number: number, wire: number): void {
    this.writeVarint(number * 8 + wire);
  }

  /** An unsigned number of at most 53 bits. */
  writeVarint(value: number): void {
    if (value < 0x80) {
      const at = this.#reserve(1);
      this.#buffer[at] = value;
    } else {
      this.writeVarint64(BigInt(value));
    }
  }

  /** Negative numbers are written as 64-bit two's complement. */
  writeVarint64(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.writeRaw(Uint8Array.from(bytes));
  }

  writeFixed32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32LE(value >>> 0, at);
  }

  writeFixed64(value: bigint): void {
    const at = this.#reserve(8);
    this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  }

  writeDouble(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  writeRaw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** The bytes, their length and the tag. */
  writeBytes(number: number, bytes: Uint8Array): void {
    this.writeRaw(bytes);
    this.closeMessage(number, this.length - bytes.length);
  }

  /** Lone surrogates, which UTF-8 has no form for, become U+FFFD. */
  writeString(number: number, text: string): void {
    this.writeBytes(number, Buffer.from(text, 'utf8'));
  }

  /** Length and tag of the message whose fields were written since {@link length} was `lengthBefore`. */
  closeMessage(number: number, lengthBefore: number): void {
    this.writeVarint(this.length - lengthBefore);
    this.writeTag(number, WIRE.bytes);
  }

  /** Answers where to write. May replace the buffer: call it before naming `#buffer`. */
  #reserve(size: number): number {
    if (this.#start < size) {
      const used = this.length;
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + size));
      this.#buffer.copy(grown, grown.length - used, this.#start);
      this.#start = grown.length - used;
      this.#buffer = grown;
    }
    this.#start -= size;
    return this.#start;
  }
}
