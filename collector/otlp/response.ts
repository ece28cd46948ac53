import type { Fault } from '../errors.js';
import type { Signal } from '../model/span-data.js';
import type { Encoding } from './decoded-request.js';
import {
  defineMessage,
  embedded,
  embeddedList,
  int32,
  int64,
  bytes,
  string,
  type Message,
} from './message.js';
import { encodeProtobuf } from './protobuf-encode.js';

/** Longest text of a response in UTF-8 bytes, so that no response comes near the 4 MiB that clients must accept. */
const MAX_TEXT_BYTES = 1024;
const MAX_FAULTS = 16;
const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest';
const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';

interface PartialSuccess {
  rejected: bigint;
  errorMessage: string;
}

/** Export*PartialSuccess: the same for all signals but for the name of the count, which only JSON shows. */
const PartialSuccessMessage = defineMessage<PartialSuccess>(
  'ExportPartialSuccess',
  () => ({ rejected: 0n, errorMessage: '' }),
  { rejected: int64(1), errorMessage: string(2) },
);

const ExportResponse = defineMessage<{ partialSuccess: PartialSuccess | null }>(
  'ExportServiceResponse',
  () => ({ partialSuccess: null }),
  { partialSuccess: embedded(1, PartialSuccessMessage) },
);

const REJECTED_NAMES: Record<Signal, string> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

interface FieldViolation {
  field: string;
  description: string;
}

/** google/rpc/error_details.proto */
const FieldViolationMessage = defineMessage<FieldViolation>(
  'FieldViolation',
  () => ({ field: '', description: '' }),
  { field: string(1), description: string(2) },
);

const BadRequest = defineMessage<{ fieldViolations: FieldViolation[] }>(
  'BadRequest',
  () => ({ fieldViolations: [] }),
  { fieldViolations: embeddedList(1, FieldViolationMessage) },
);

/** google/protobuf/duration.proto */
const DurationMessage = defineMessage<{ seconds: bigint }>('Duration', () => ({ seconds: 0n }), {
  seconds: int64(1),
});

/** google/rpc/error_details.proto */
const RetryInfo = defineMessage<{ retryDelay: { seconds: bigint } | null }>(
  'RetryInfo',
  () => ({ retryDelay: null }),
  { retryDelay: embedded(1, DurationMessage) },
);

interface Any {
  typeUrl: string;
  value: Uint8Array;
}

/** google/protobuf/any.proto */
const AnyMessage = defineMessage<Any>('Any', () => ({ typeUrl: '', value: new Uint8Array(0) }), {
  typeUrl: string(1),
  value: bytes(2),
});

interface Status {
  code: number;
  message: string;
  details: Any[];
}

/** google/rpc/status.proto */
const StatusMessage: Message<Status> = defineMessage<Status>(
  'Status',
  () => ({ code: 0, message: '', details: [] }),
  { code: int32(1), message: string(2), details: embeddedList(3, AnyMessage) },
);

/** A google.rpc.Status before it is encoded; what is absent gives no detail. */
export interface StatusContent {
  code: number;
  message: string;
  badRequest?: readonly Fault[];
  retryAfterSeconds?: number;
}

/**
 * A google.rpc.Status, the body of every OTLP error. `badRequest` becomes a google.rpc.BadRequest among its details,
 * `retryAfterSeconds` a google.rpc.RetryInfo. Texts are cut at 1 KiB.
 */
export function encodeStatus(status: StatusContent, encoding: Encoding): Uint8Array {
  const { code, retryAfterSeconds } = status;
  const message = cutText(status.message);
  const fieldViolations = (status.badRequest ?? []).slice(0, MAX_FAULTS).map(({ pointer, detail }) => ({
    field: cutText(pointer),
    description: cutText(detail),
  }));
  if (encoding === 'json') {
    const details = [
      ...(fieldViolations.length > 0 ? [{ '@type': BAD_REQUEST_TYPE, fieldViolations }] : []),
      ...(retryAfterSeconds === undefined
        ? []
        : [{ '@type': RETRY_INFO_TYPE, retryDelay: `${Math.ceil(retryAfterSeconds)}s` }]),
    ];
    return encodeJsonText({ code, message, ...(details.length > 0 && { details }) });
  }
  const details: Any[] = [];
  if (fieldViolations.length > 0)
    details.push({ typeUrl: BAD_REQUEST_TYPE, value: encodeProtobuf(BadRequest, { fieldViolations }) });
  if (retryAfterSeconds !== undefined) {
    const retryDelay = { seconds: BigInt(Math.ceil(retryAfterSeconds)) };
    details.push({ typeUrl: RETRY_INFO_TYPE, value: encodeProtobuf(RetryInfo, { retryDelay }) });
  }
  return encodeProtobuf(StatusMessage, { code, message, details });
}

/**
 * An Export*ServiceResponse. Null, and nothing rejected without a message, is full success: zero bytes or `{}`.
 * The count is an int64, so a string in JSON.
 */
export function encodeResponse(
  signal: Signal,
  partialSuccess: { rejected: number; message: string } | null,
  encoding: Encoding,
): Uint8Array {
  const isPartial = partialSuccess !== null && (partialSuccess.rejected > 0 || partialSuccess.message !== '');
  const rejected = isPartial ? partialSuccess.rejected : 0;
  const errorMessage = isPartial ? cutText(partialSuccess.message) : '';
  if (encoding === 'protobuf')
    return encodeProtobuf(ExportResponse, {
      partialSuccess: isPartial ? { rejected: BigInt(rejected), errorMessage } : null,
    });
  if (!isPartial) return encodeJsonText({});
  return encodeJsonText({ partialSuccess: { [REJECTED_NAMES[signal]]: String(rejected), errorMessage } });
}

function encodeJsonText(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

/** The text without lone surrogates, which no encoding of it could hold, cut at 1 KiB between characters. */
export function cutText(text: string): string {
  const wellFormed = text.slice(0, MAX_TEXT_BYTES).toWellFormed();
  const encoded = Buffer.from(wellFormed, 'utf8');
  if (encoded.length <= MAX_TEXT_BYTES) return wellFormed;
  let end = MAX_TEXT_BYTES;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.toString('utf8', 0, end);
}
