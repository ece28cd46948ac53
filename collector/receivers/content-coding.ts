import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { SpanledgerError } from '../errors.js';
import type { ByteLease } from './byte-budget.js';
import { createTooLargeError } from './request-body.js';
import type { Coding } from './request-headers.js';
import { createNativeZstd, inflateZstd } from './zstd.js';

const CHUNK_BYTES = 64 * 1024;

/**
 * Undoes the codings of a body, the last applied first. Rejects with `OTLP_BODY_TOO_LARGE` as soon as more than
 * `maxBytes` have come out, with `OTLP_MALFORMED_BODY` where the bytes are cut, corrupt or something else.
 * `lease` holds `body` when it begins, and the result when it ends.
 */
export async function decodeContent(
  body: Buffer,
  codings: readonly Coding[],
  options: { maxBytes: number; lease: ByteLease },
): Promise<Buffer> {
  let decoded = body;
  for (const coding of codings.toReversed()) {
    const encoded = decoded;
    decoded = await inflate(encoded, coding, options);
    options.lease.giveBack(encoded.length);
  }
  return decoded;
}

async function inflate(
  encoded: Buffer,
  coding: Coding,
  options: { maxBytes: number; lease: ByteLease },
): Promise<Buffer> {
  const { maxBytes, lease } = options;
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) throw createTooLargeError(maxBytes);
    lease.take(chunk.length);
    chunks.push(chunk);
  };
  try {
    const stream = createInflater(encoded, coding);
    if (stream === undefined) inflateZstd(encoded, maxBytes, keep);
    else await runStream(stream, encoded, keep);
  } catch (error) {
    if (error instanceof SpanledgerError) throw error;
    const detail = error instanceof Error ? error.message : 'unreadable';
    throw new SpanledgerError('OTLP_MALFORMED_BODY', `the body is not ${coding}: ${detail}`, {
      cause: error,
    });
  }
  return Buffer.concat(chunks, size);
}

function createInflater(encoded: Buffer, coding: Coding): Transform | undefined {
  switch (coding) {
    case 'gzip':
      return createGunzip({ chunkSize: CHUNK_BYTES });
    case 'deflate':
      return hasZlibHeader(encoded)
        ? createInflate({ chunkSize: CHUNK_BYTES })
        : createInflateRaw({ chunkSize: CHUNK_BYTES });
    case 'br':
      return createBrotliDecompress({
        chunkSize: CHUNK_BYTES,
        params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 0 },
      });
    case 'zstd':
      return createNativeZstd(CHUNK_BYTES);
  }
}

/** `deflate` is zlib (RFC 9110 section 8.4.1.2), but some senders leave its header out. */
function hasZlibHeader(encoded: Buffer): boolean {
  return encoded.length >= 2 && ((encoded[0] ?? 0) & 0x0f) === 8 && encoded.readUInt16BE(0) % 31 === 0;
}

function runStream(stream: Transform, encoded: Buffer, keep: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      stream.destroy();
      reject(error);
    };
    stream.on('data', (chunk: Buffer) => {
      try {
        keep(chunk);
      } catch (error) {
        fail(error as Error);
      }
    });
    stream.on('error', fail);
    // Zeros after the end are padding; anything else would be lost in silence.
    stream.on('end', () => {
      const consumed = (stream as Transform & { bytesWritten: number }).bytesWritten;
      if (encoded.length === 0) fail(new Error('it is empty'));
      else if (encoded.subarray(consumed).some((byte) => byte !== 0))
        fail(new Error('other bytes follow its end'));
      else resolve();
    });
    stream.end(encoded);
  });
}
