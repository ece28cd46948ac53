import { isAscii, isUtf8 } from 'node:buffer';
import { SpanledgerError } from '../errors.js';
import { MalformedProtobufError } from '../model/protobuf-reader.js';
import { assembleLogs, assembleMetrics, assembleTraces } from './assemble.js';
import type { Signal } from '../model/span-data.js';
import type { DecodedRequest, Encoding } from './decoded-request.js';
import { MalformedJsonError, decodeJson } from './json-decode.js';
import { parseJsonText } from './json-text.js';
import type { Message } from './message.js';
import { ExportLogsServiceRequest, ExportTraceServiceRequest } from './messages.js';
import { ExportMetricsServiceRequest } from './metric-messages.js';
import { decodeProtobuf } from './protobuf-decode.js';
import { Repairs } from './repairs.js';

/** As much of a parser's message as helps; it may quote what was sent. */
const MAX_DETAIL_LENGTH = 200;

/**
 * Decodes the body of an export request. What protobuf or JSON can't be read as the request throws
 * `OTLP_MALFORMED_BODY` with the place; single spans with invalid ids are in `rejected`. An empty protobuf body is an
 * empty request.
 */
export function decodeRequest(signal: Signal, encoding: Encoding, body: Uint8Array): DecodedRequest {
  const repairs = new Repairs();
  switch (signal) {
    case 'traces':
      return assembleTraces(decodeBody(ExportTraceServiceRequest, encoding, body, repairs), repairs);
    case 'logs':
      return assembleLogs(decodeBody(ExportLogsServiceRequest, encoding, body, repairs), repairs);
    case 'metrics':
      return assembleMetrics(decodeBody(ExportMetricsServiceRequest, encoding, body, repairs), repairs);
  }
}

/** Of JSON, a byte order mark is passed over and bytes that are not UTF-8 become U+FFFD. */
function decodeBody<T extends object>(
  message: Message<T>,
  encoding: Encoding,
  body: Uint8Array,
  repairs: Repairs,
): T {
  try {
    if (encoding === 'protobuf') return decodeProtobuf(message, body, repairs);
    const decoded = decodeJson(message, parseJsonText(readText(body)), repairs);
    if (!isUtf8(body)) {
      repairs.addInvalidUtf8(1);
      repairs.settle(decoded);
    }
    return decoded;
  } catch (error) {
    throw explainFailure(error, message.name);
  }
}

function readText(body: Uint8Array): string {
  if (!isAscii(body)) return new TextDecoder().decode(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
}

function explainFailure(cause: unknown, name: string): unknown {
  if (cause instanceof MalformedJsonError) {
    const { pointer, detail } = cause;
    const message = `the body is not an ${name} in OTLP/JSON: ${cause.message}`;
    return new SpanledgerError('OTLP_MALFORMED_BODY', message, { cause, faults: [{ pointer, detail }] });
  }
  if (cause instanceof SyntaxError) {
    const detail = cause.message.slice(0, MAX_DETAIL_LENGTH).toWellFormed();
    const faults = [{ pointer: '', detail }];
    return new SpanledgerError('OTLP_MALFORMED_BODY', `the body is not JSON: ${detail}`, { cause, faults });
  }
  if (cause instanceof MalformedProtobufError) {
    const message = `the body is not an ${name} in protobuf: ${cause.message}`;
    return new SpanledgerError('OTLP_MALFORMED_BODY', message, { cause });
  }
  return cause;
}
