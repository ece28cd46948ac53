import { crc32 } from 'node:zlib';
import type { Signal } from '../model/span-data.js';
import type { Encoding } from '../otlp/decoded-request.js';

/** An export request that waits for the database: whose it is, and its body as received, decompressed. */
export interface SpoolEntry {
  projectId: string;
  signal: Signal;
  encoding: Encoding;
  /** Milliseconds since the epoch. */
  receivedAtMillis: number;
  content: Uint8Array;
}

/**
 * Before each record: the length of its body and a CRC-32 of that length and the body, 4 bytes each, little-endian. The
 * body is the length of a JSON description in 4 bytes, the description, and the content.
 */
export const HEADER_BYTES = 8;
const DESCRIPTION_LENGTH_BYTES = 4;

/** What is written for an entry: some small bytes, then the content itself, which is not copied. */
export function encodeRecord(entry: SpoolEntry): { chunks: [Buffer, Uint8Array]; byteCount: number } {
  const { content, ...description } = entry;
  const text = Buffer.from(JSON.stringify(description));
  const bodyBytes = DESCRIPTION_LENGTH_BYTES + text.length + content.length;
  const head = Buffer.alloc(HEADER_BYTES + DESCRIPTION_LENGTH_BYTES + text.length);
  head.writeUInt32LE(bodyBytes, 0);
  head.writeUInt32LE(text.length, HEADER_BYTES);
  text.copy(head, HEADER_BYTES + DESCRIPTION_LENGTH_BYTES);
  const sum = crc32(content, crc32(head.subarray(HEADER_BYTES), crc32(head.subarray(0, 4))));
  head.writeUInt32LE(sum, 4);
  return { chunks: [head, content], byteCount: HEADER_BYTES + bodyBytes };
}

/** Undefined where the body is not what was written: a checksum or a length is wrong. */
export function decodeRecord(header: Buffer, body: Buffer): SpoolEntry | undefined {
  if (crc32(body, crc32(header.subarray(0, 4))) !== header.readUInt32LE(4)) return undefined;
  const textEnd = DESCRIPTION_LENGTH_BYTES + body.readUInt32LE(0);
  const description = JSON.parse(body.toString('utf8', DESCRIPTION_LENGTH_BYTES, textEnd)) as Omit<
    SpoolEntry,
    'content'
  >;
  return { ...description, content: body.subarray(textEnd) };
}

/** The bytes of the body that follows a header; 0 where it is none, as in a tail that was never written. */
export function readBodyLength(header: Buffer): number {
  const length = header.readUInt32LE(0);
  return length > DESCRIPTION_LENGTH_BYTES ? length : 0;
}
