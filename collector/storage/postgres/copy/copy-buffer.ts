import { encodeNumeric } from './numeric.js';

/** Microseconds from the Unix epoch to 2000-01-01, where Postgres counts from. */
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000n;
const MAX_INT8 = 2n ** 63n - 1n;
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;
const TEXT_OID = 25;
/** A UTF-16 code unit takes at most this many bytes of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * Fields in the binary format of COPY (PostgreSQL manual, "COPY", binary format), in one growing buffer. Each `put…`
 * adds one field, or null where the value is null. Text must be free of U+0000 and lone surrogates.
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

  /** Begins a row of `fieldCount` fields. */
  beginRow(fieldCount: number): void {
    this.reserve(2);
    this.end = this.buffer.writeInt16BE(fieldCount, this.end);
  }

  putInt2(value: number | null): void {
    if (this.putLength(value, 2)) this.end = this.buffer.writeInt16BE(value, this.end);
  }

  putInt4(value: number | null): void {
    if (this.putLength(value, 4)) this.end = this.buffer.writeInt32BE(value, this.end);
  }

  /** A number that is no integer is refused with a RangeError; one beyond int64 becomes the greatest int64. */
  putInt8(value: number | bigint | null): void {
    if (!this.putLength(value, 8)) return;
    const whole = BigInt(value);
    this.end = this.buffer.writeBigInt64BE(whole > MAX_INT8 ? MAX_INT8 : whole, this.end);
  }

  putBoolean(value: boolean | null): void {
    if (this.putLength(value, 1)) this.end = this.buffer.writeUInt8(value ? 1 : 0, this.end);
  }

  putText(value: string | null): void {
    if (value === null) {
      this.putNull();
      return;
    }
    this.reserve(4 + value.length * MAX_BYTES_PER_UNIT);
    this.writeSizedText(value, 0);
  }

  /** Binary data given as hex, such as a trace id. */
  putHex(value: string | null): void {
    if (!this.putLength(value, value === null ? 0 : value.length >>> 1)) return;
    this.end += this.buffer.write(value, this.end, 'hex');
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
    this.putInt8(micros === null ? null : micros - POSTGRES_EPOCH_MICROS);
  }

  /** jsonb from its text. */
  putJsonb(text: string | null): void {
    if (text === null) {
      this.putNull();
      return;
    }
    this.reserve(5 + text.length * MAX_BYTES_PER_UNIT);
    this.buffer[this.end + 4] = JSONB_VERSION;
    this.writeSizedText(text, 1);
  }

  putTextArray(values: readonly string[]): void {
    const lengthAt = this.end;
    this.reserve(24);
    this.end += 4;
    this.end = this.buffer.writeInt32BE(values.length === 0 ? 0 : 1, this.end);
    this.end = this.buffer.writeInt32BE(0, this.end);
    this.end = this.buffer.writeInt32BE(TEXT_OID, this.end);
    if (values.length > 0) {
      this.end = this.buffer.writeInt32BE(values.length, this.end);
      this.end = this.buffer.writeInt32BE(1, this.end);
      for (const value of values) this.putText(value);
    }
    this.buffer.writeInt32BE(this.end - lengthAt - 4, lengthAt);
  }

  /** numeric from decimal text such as `0.00125` or `1e-7`. */
  putNumeric(text: string | null): void {
    this.putBytes(text === null ? null : encodeNumeric(text));
  }

  private putNull(): void {
    this.reserve(4);
    this.end = this.buffer.writeInt32BE(NULL_LENGTH, this.end);
  }

  private putLength<Value>(value: Value | null, bytes: number): value is Value {
    if (value === null) {
      this.putNull();
      return false;
    }
    this.reserve(4 + bytes);
    this.end = this.buffer.writeInt32BE(bytes, this.end);
    return true;
  }

  /** Writes the field's length, leaves `prefixBytes` as they are, and writes the text. */
  private writeSizedText(text: string, prefixBytes: number): void {
    const start = this.end + 4 + prefixBytes;
    const bytes = this.buffer.write(text, start, 'utf8');
    this.buffer.writeInt32BE(bytes + prefixBytes, this.end);
    this.end = start + bytes;
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(grown, 0, 0, this.end);
    this.buffer = grown;
  }
}
