import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { ERRORS, type SpanledgerError } from '../errors.js';
import { cutText, encodeStatus } from '../otlp/response.js';

/** What a call ended with, as gRPC over HTTP/2 writes it ("Responses"). */
export interface GrpcStatus {
  /** A google.rpc.Code. */
  code: number;
  message: string;
  /** A google.rpc.Status in protobuf: the same with details. */
  details?: Uint8Array;
}

export const GRPC_OK: GrpcStatus = { code: 0, message: '' };

const PREFIX_BYTES = 5;
/** How long a client that was refused may go on sending; those that read their answers stop at once. */
const GIVE_UP_MILLIS = 5_000;

/** The codings of messages that are undone, as `grpc-accept-encoding` lists them. */
export const ACCEPTED_ENCODINGS = 'identity,gzip,deflate,zstd';

const HEADERS = {
  [constants.HTTP2_HEADER_STATUS]: 200,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
  'grpc-accept-encoding': ACCEPTED_ENCODINGS,
} as const;

/** Begins an answer of messages. `readStatus` is asked when the stream was ended, for the trailers. */
export function beginAnswer(stream: ServerHttp2Stream, readStatus: () => GrpcStatus): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.once('wantTrailers', () => {
    stream.sendTrailers(renderStatus(readStatus()));
  });
  stream.respond(HEADERS, { waitForTrailers: true });
}

/** Answers a unary call with its one message. */
export function sendMessage(stream: ServerHttp2Stream, message: Uint8Array): void {
  beginAnswer(stream, () => GRPC_OK);
  if (!stream.destroyed) stream.end(frameMessage(message));
}

/** Answers a call with nothing but a status ("Trailers-Only"). What the client still sends is discarded. */
function sendStatus(stream: ServerHttp2Stream, status: GrpcStatus): void {
  refuse(stream, { ...HEADERS, ...renderStatus(status) });
}

/**
 * Answers a call with an error: bad data with a google.rpc.BadRequest, what may succeed later with a
 * google.rpc.RetryInfo. Clients take 8 KiB of trailers, so that only the first fault is told.
 */
export function sendError(stream: ServerHttp2Stream, error: SpanledgerError): void {
  const { grpcCode: code, retryAfterSeconds } = error;
  const message = cutText(error.message);
  const badRequest =
    code === ERRORS.OTLP_MALFORMED_BODY.grpc
      ? [error.faults[0] ?? { pointer: '', detail: message }]
      : undefined;
  const details = encodeStatus(
    {
      code,
      message,
      ...(badRequest !== undefined && { badRequest }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
    'protobuf',
  );
  sendStatus(stream, { code, message, details });
}

/** Answers what is no gRPC with a plain HTTP status. */
export function sendHttpStatus(
  stream: ServerHttp2Stream,
  status: number,
  headers: OutgoingHttpHeaders = {},
): void {
  refuse(stream, { [constants.HTTP2_HEADER_STATUS]: status, ...headers });
}

function refuse(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond(headers, { endStream: true });
  if (stream.readableEnded) return;
  // A reset at once would overtake the answer.
  const cut = setTimeout(() => {
    stream.close(constants.NGHTTP2_NO_ERROR);
  }, GIVE_UP_MILLIS);
  stream.once('close', () => {
    clearTimeout(cut);
  });
  stream.resume();
}

/** A message with its prefix: not compressed, and how long it is. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function renderStatus({ code, message, details }: GrpcStatus): OutgoingHttpHeaders {
  return {
    'grpc-status': String(code),
    ...(message !== '' && { 'grpc-message': percentEncode(message) }),
    // Values of keys that end in -bin are base64, which need not be padded.
    ...(details !== undefined && {
      'grpc-status-details-bin': Buffer.from(details).toString('base64').replace(/=+$/, ''),
    }),
  };
}

/** Bytes of UTF-8 other than printable ASCII, and the percent sign, become %XX ("Percent-Encoded"). */
function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
