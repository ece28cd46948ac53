import { cleanText } from '../../../model/ids.js';
import { escapeJson, isPlainJson, JSON_CHUNK_LENGTH, MAX_BYTES_PER_ESCAPED_UNIT } from './json-text.js';
import { encodeNumeric } from './numeric.js';

/** Microseconds from the Unix epoch to 2000-01-01, where Postgres counts from. */
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000n;
const MAX_INT8 = 2n ** 63n - 1n;
const TWO_TO_32 = 2 ** 32;
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;
const TEXT_OID = 25;
/** A UTF-16 code unit takes at most this many bytes of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
/** For texts up to this length a loop is faster than a call of `Buffer.write`, which costs some 70 ns. */
const SHORT_TEXT_LENGTH = 48;
const QUOTE = 0x22;

/**
 * Fields in the binary format of COPY (PostgreSQL manual, "COPY", binary format), in one growing buffer. Each `put…`
 * adds one field, or null where the value is null. Text must be free of U+0000 and lone surrogates. Long for a file,
 * since the types all write into the same bytes, and a call into another object for each would be felt.
 */
export class CopyBuffer {
  private buffer: Buffer;
  private end = 0;

  constructor(initialBytes = 4096) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.end;
  }

  /** A view of a part; valid until the next write. */
  view(start: number, end = this.end): Buffer {
    return this.buffer.subarray(start, end);
  }

  /** Forgets what was written from there on. */
  rewind(length: number): void {
    this.end = length;
  }

  /** Replaces bytes that were written before. */
  overwrite(start: number, bytes: Uint8Array): void {
    this.buffer.set(bytes, start);
  }

  /** Writes again what was written there. */
  copyWithin(start: number, end: number): void {
    this.reserve(end - start);
    this.buffer.copyWithin(this.end, start, end);
    this.end += end - start;
  }

  /** Begins a row of `fieldCount` fields. */
  beginRow(fieldCount: number): void {
    this.reserve(2);
    this.writeInt2(fieldCount);
  }

  putInt2(value: number | null): void {
    if (this.putLength(value, 2)) this.writeInt2(value);
  }

  putInt4(value: number | null): void {
    if (!this.putLength(value, 4)) return;
    if (value === (value | 0)) this.writeInt4(value);
    else this.end = this.buffer.writeInt32BE(value, this.end);
  }

  /** A number that is no integer is refused with a RangeError; one beyond int64 becomes the greatest int64. */
  putInt8(value: number | bigint | null): void {
    if (!this.putLength(value, 8)) return;
    if (typeof value === 'number' && Number.isSafeInteger(value)) {
      this.writeSafeInt8(value);
      return;
    }
    const whole = BigInt(value);
    this.end = this.buffer.writeBigInt64BE(whole > MAX_INT8 ? MAX_INT8 : whole, this.end);
  }

  putBoolean(value: boolean | null): void {
    if (this.putLength(value, 1)) this.buffer[this.end++] = value ? 1 : 0;
  }

  putText(value: string | null): void {
    if (value === null) {
      this.putNull();
      return;
    }
    this.reserve(4 + value.length * MAX_BYTES_PER_UNIT);
    const start = this.end;
    this.end = start + 4;
    if (!this.writeShortAscii(value)) this.writeUtf8(value);
    this.writeLength(start);
  }

  /** A text in which U+0000 and lone surrogates become U+FFFD. */
  putCleanText(value: string | null): void {
    if (value === null) {
      this.putNull();
      return;
    }
    this.reserve(4 + SHORT_TEXT_LENGTH);
    const start = this.end;
    this.end = start + 4;
    if (this.writeShortAscii(value)) {
      this.writeLength(start);
    } else {
      this.end = start;
      this.putText(cleanText(value));
    }
  }

  /** Binary data given as hex, such as a trace id. */
  putHex(value: string | null): void {
    const length = value === null ? 0 : value.length >>> 1;
    if (!this.putLength(value, length)) return;
    const { buffer, end } = this;
    for (let index = 0; index < length; index += 1) {
      const high = readNibble(value.charCodeAt(2 * index));
      buffer[end + index] = (high << 4) | readNibble(value.charCodeAt(2 * index + 1));
    }
    this.end = end + length;
  }

  putBytes(value: Uint8Array | null): void {
    if (!this.putLength(value, value === null ? 0 : value.length)) return;
    this.buffer.set(value, this.end);
    this.end += value.length;
  }

  putUuid(value: string | null): void {
    this.putHex(value === null ? null : value.replaceAll('-', ''));
  }

  /** A time in microseconds since the Unix epoch. */
  putTimestamp(micros: bigint | null): void {
    if (micros === null) {
      this.putNull();
      return;
    }
    // Times of this age are safe integers, and numbers cost a fraction of bigints.
    const whole = Number(micros);
    this.putInt8(
      Number.isSafeInteger(whole) ? whole - Number(POSTGRES_EPOCH_MICROS) : micros - POSTGRES_EPOCH_MICROS,
    );
  }

  /** jsonb from its text. */
  putJsonb(text: string | null): void {
    if (text === null) {
      this.putNull();
      return;
    }
    const start = this.beginJsonb();
    this.addJson(text);
    this.endJsonb(start);
  }

  /** Begins a field of jsonb whose text `addJson…` write; answers with what {@link endJsonb} takes. */
  beginJsonb(): number {
    this.reserve(5);
    const start = this.end;
    this.buffer[start + 4] = JSONB_VERSION;
    this.end = start + 5;
    return start;
  }

  endJsonb(start: number): void {
    this.writeLength(start);
  }

  /** A part of a JSON text. */
  addJson(text: string): void {
    this.reserve(text.length * MAX_BYTES_PER_UNIT);
    if (!this.writeShortAscii(text)) this.writeUtf8(text);
  }

  /** A part of a JSON text in UTF-8. */
  addJsonBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** One ASCII character of a JSON text. */
  addJsonByte(byte: number): void {
    this.reserve(1);
    this.buffer[this.end++] = byte;
  }

  /** A text as a JSON string, if it is short and needs no escape; otherwise adds nothing and answers false. */
  addPlainJsonString(text: string): boolean {
    const { length } = text;
    if (length > SHORT_TEXT_LENGTH) return false;
    this.reserve(length + 2);
    const { buffer } = this;
    const start = this.end + 1;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (!isPlainJson(code)) return false;
      buffer[start + index] = code;
    }
    buffer[start - 1] = QUOTE;
    buffer[start + length] = QUOTE;
    this.end = start + length + 1;
    return true;
  }

  /** A text as the inside of a JSON string, without the quotes: the bytes that `JSON.stringify` gives. */
  addEscapedJson(text: string): void {
    for (let from = 0; from < text.length;) {
      let to = Math.min(from + JSON_CHUNK_LENGTH, text.length);
      if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to -= 1;
      this.reserve((to - from) * MAX_BYTES_PER_ESCAPED_UNIT);
      this.end = escapeJson(text.slice(from, to), this.buffer, this.end);
      from = to;
    }
  }

  putTextArray(values: readonly string[]): void {
    const start = this.end;
    this.reserve(24);
    this.end += 4;
    this.writeInt4(values.length === 0 ? 0 : 1);
    this.writeInt4(0);
    this.writeInt4(TEXT_OID);
    if (values.length > 0) {
      this.writeInt4(values.length);
      this.writeInt4(1);
      for (const value of values) this.putText(value);
    }
    this.writeLength(start);
  }

  /** numeric from decimal text such as `0.00125` or `1e-7`. */
  putNumeric(text: string | null): void {
    this.putBytes(text === null ? null : encodeNumeric(text));
  }

  private putNull(): void {
    this.reserve(4);
    this.writeInt4(NULL_LENGTH);
  }

  private putLength<Value>(value: Value | null, bytes: number): value is Value {
    if (value === null) {
      this.putNull();
      return false;
    }
    this.reserve(4 + bytes);
    this.writeInt4(bytes);
    return true;
  }

  /** The length of the field that begins with its length at `start` and ends here. */
  private writeLength(start: number): void {
    const { end } = this;
    this.end = start;
    this.writeInt4(end - start - 4);
    this.end = end;
  }

  private writeInt2(value: number): void {
    this.end = this.buffer.writeInt16BE(value, this.end);
  }

  /** Bytes one by one: a store that is inlined, where `writeInt32BE` checks its arguments first. */
  private writeInt4(value: number): void {
    const { buffer, end } = this;
    buffer[end] = value >>> 24;
    buffer[end + 1] = value >>> 16;
    buffer[end + 2] = value >>> 8;
    buffer[end + 3] = value;
    this.end = end + 4;
  }

  private writeSafeInt8(value: number): void {
    const high = Math.floor(value / TWO_TO_32);
    this.writeInt4(high | 0);
    this.writeInt4((value - high * TWO_TO_32) | 0);
  }

  /** False, and nothing written, where the text is long or not plain ASCII. Room for it is reserved already. */
  private writeShortAscii(text: string): boolean {
    const { length } = text;
    if (length > SHORT_TEXT_LENGTH) return false;
    const { buffer, end } = this;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code === 0 || code > 0x7f) return false;
      buffer[end + index] = code;
    }
    this.end = end + length;
    return true;
  }

  private writeUtf8(text: string): void {
    this.end += this.buffer.write(text, this.end, 'utf8');
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(grown, 0, 0, this.end);
    this.buffer = grown;
  }
}

function readNibble(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
