import { SpanledgerError } from '../errors.js';
import type { Ingest, IngestResult } from '../ingest.js';
import type { OnAnswered } from '../model/answered-export.js';
import type { Signal } from '../model/span-data.js';
import { decodeRequest } from '../otlp/decode-request.js';
import type { Encoding } from '../otlp/decoded-request.js';
import type { Telemetry } from '../telemetry.js';
import type { DecodingTurns } from './decoding-turns.js';
import type { OnStored, StoredExport } from './stored-export.js';

/** What the doors of OTLP share, whatever the transport. */
export interface ExportOptions {
  ingest: Ingest;
  turns: DecodingTurns;
  onStored?: OnStored;
  onAnswered?: OnAnswered;
  telemetry: Pick<Telemetry, 'log' | 'observeExport'>;
}

/** An export request that has arrived whole. */
export interface ArrivedExport {
  projectId: string;
  signal: Signal;
  encoding: Encoding;
  /** The request as `encoding` says, inflated. */
  content: Buffer;
  /** The same as it came, which is what `onStored` is told. */
  sent: Pick<StoredExport, 'contentType' | 'contentEncoding' | 'body' | 'ownHeaders'>;
}

/**
 * Decodes a request and stores it; resolves after the commit. Rejects with `OTLP_MALFORMED_BODY` or with what the
 * ingest rejects with.
 */
export async function receiveExport(
  { projectId, signal, encoding, content, sent }: ArrivedExport,
  { ingest, turns, onStored }: ExportOptions,
): Promise<IngestResult> {
  const result = await turns.take(content.length, () => {
    const decoded = decodeRequest(signal, encoding, content);
    return ingest({ projectId, signal, decoded, body: { encoding, content } });
  });
  onStored?.({ projectId, signal, ...sent });
  return result;
}

/** The error to answer. One that nobody foresaw is not retryable, or one batch would come again for ever. */
export function explainExportFailure(
  cause: unknown,
  { telemetry }: { telemetry: Pick<Telemetry, 'log'> },
): SpanledgerError {
  if (cause instanceof SpanledgerError) return cause;
  telemetry.log.error({ err: cause }, 'an export request failed unexpectedly');
  const message = 'the collector failed to process this request; its log says why';
  return new SpanledgerError('API_INTERNAL', message, { cause });
}
