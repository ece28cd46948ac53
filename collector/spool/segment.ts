import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { SpoolEntry } from './record.js';
import { HEADER_BYTES, decodeRecord, readBodyLength } from './record.js';

/** What a segment file holds, by the lengths in it; a record that was cut off is not counted. */
export interface SegmentSummary {
  byteCount: number;
  requestCount: number;
  /** When its first request was received; undefined where there is none. */
  oldestMillis: number | undefined;
}

/** Counts the records of a file without reading their contents, the first one's aside. */
export async function inspectSegment(file: string): Promise<SegmentSummary> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const summary: SegmentSummary = { byteCount: size, requestCount: 0, oldestMillis: undefined };
    for (let offset = 0; ;) {
      const header = await readAt(handle, offset, HEADER_BYTES, size);
      const bodyBytes = header === undefined ? 0 : readBodyLength(header);
      if (header === undefined || bodyBytes === 0 || offset + HEADER_BYTES + bodyBytes > size) return summary;
      if (summary.requestCount === 0) {
        const body = await readAt(handle, offset + HEADER_BYTES, bodyBytes, size);
        summary.oldestMillis = body && decodeRecord(header, body)?.receivedAtMillis;
      }
      summary.requestCount += 1;
      offset += HEADER_BYTES + bodyBytes;
    }
  } finally {
    await handle.close();
  }
}

/** Bytes of a file that are no record. */
export interface Damage {
  bytes: number;
  /** At the end of the file, where a crash cuts off what was being written and was not acknowledged yet. */
  isTail: boolean;
}

/**
 * The entries of a file in the order in which they were written. A record that a crash cut off ends the file: it was
 * never acknowledged. One in the middle whose bytes have changed on the disk is passed over.
 */
export async function* readSegment(
  file: string,
  onDamage: (damage: Damage) => void,
): AsyncGenerator<SpoolEntry, void, undefined> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    /** Where the last whole record ended. */
    let wholeEnd = 0;
    for (let offset = 0; offset < size;) {
      const header = await readAt(handle, offset, HEADER_BYTES, size);
      const bodyBytes = header === undefined ? 0 : readBodyLength(header);
      if (header === undefined || bodyBytes === 0) break;
      const body = await readAt(handle, offset + HEADER_BYTES, bodyBytes, size);
      if (body === undefined) break;
      const entry = decodeRecord(header, body);
      const start = offset;
      offset += HEADER_BYTES + bodyBytes;
      if (entry === undefined) continue;
      if (start > wholeEnd) onDamage({ bytes: start - wholeEnd, isTail: false });
      wholeEnd = offset;
      yield entry;
    }
    if (size > wholeEnd) onDamage({ bytes: size - wholeEnd, isTail: true });
  } finally {
    await handle.close();
  }
}

/** Undefined where the file ends before. */
async function readAt(
  handle: FileHandle,
  offset: number,
  length: number,
  size: number,
): Promise<Buffer | undefined> {
  if (offset + length > size) return undefined;
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return buffer;
}
