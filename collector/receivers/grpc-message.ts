import type { ServerHttp2Stream } from 'node:http2';
import { SpanledgerError } from '../errors.js';
import type { ByteLease } from './byte-budget.js';
import { createTooLargeError, readRequestBody } from './request-body.js';

const PREFIX_BYTES = 5;

/** The one message of a unary call, as it came. */
export interface GrpcMessage {
  isCompressed: boolean;
  bytes: Buffer;
}

/**
 * Reads the message of a unary call (gRPC over HTTP/2, "Length-Prefixed-Message"). Rejects as
 * {@link readRequestBody}, already when the prefix announces more than `maxBytes`; with `OTLP_MALFORMED_FRAME` where the
 * message is cut off, and with `OTLP_UNKNOWN_METHOD` for none or several.
 */
export async function readGrpcMessage(
  stream: ServerHttp2Stream,
  options: { maxBytes: number; timeoutMillis: number; lease: ByteLease },
): Promise<GrpcMessage> {
  const { maxBytes } = options;
  const body = await readRequestBody(stream, {
    ...options,
    maxBytes: maxBytes + PREFIX_BYTES,
    check: (chunks, size) => {
      if (readLength(chunks, size) > maxBytes) throw createTooLargeError(maxBytes);
    },
  });
  if (body.length === 0) throw createCountError('none');
  const length = readLength([body], body.length);
  const endsAt = PREFIX_BYTES + length;
  if (body.length < endsAt)
    throw new SpanledgerError('OTLP_MALFORMED_FRAME', 'the call ended within its message');
  if (body.length > endsAt) throw createCountError('several');
  const flag = body[0] ?? 0;
  if (flag > 1)
    throw new SpanledgerError('OTLP_MALFORMED_FRAME', `a message begins with 0 or 1, and not with ${flag}`);
  return { isCompressed: flag === 1, bytes: body.subarray(PREFIX_BYTES) };
}

/** 0 as long as the prefix has not come. */
function readLength(chunks: readonly Buffer[], size: number): number {
  if (size < PREFIX_BYTES) return 0;
  const [first] = chunks;
  const prefix =
    first !== undefined && first.length >= PREFIX_BYTES ? first : Buffer.concat(chunks, PREFIX_BYTES);
  return prefix.readUInt32BE(1);
}

/** UNIMPLEMENTED is what gRPC has for it (statuscodes.md, "Request cardinality violation"). */
function createCountError(count: string): SpanledgerError {
  return new SpanledgerError('OTLP_UNKNOWN_METHOD', `the method takes one message, and ${count} came`);
}
