import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { SpanledgerError } from '../errors.js';
import type { ByteLease } from './byte-budget.js';

/** The client went away; there is nobody to answer. */
export class RequestAborted extends Error {}

export function createTooLargeError(maxBytes: number): SpanledgerError {
  return new SpanledgerError(
    'OTLP_BODY_TOO_LARGE',
    `the body is larger than ${maxBytes} bytes, sent or decompressed: send smaller batches, or raise --max-body-bytes`,
  );
}

export interface RequestBodyOptions {
  maxBytes: number;
  timeoutMillis: number;
  lease: ByteLease;
  /** Sees all that has come, after each piece; what it throws refuses the rest. */
  check?: (chunks: readonly Buffer[], size: number) => void;
}

/**
 * Reads the whole body as sent. Rejects with `OTLP_BODY_TOO_LARGE`, `OTLP_TIMEOUT`, `INGEST_OVERLOADED` or
 * {@link RequestAborted}; the request is then paused and what is left of its body unread.
 */
export function readRequestBody(request: Readable, options: RequestBodyOptions): Promise<Buffer> {
  const { maxBytes, timeoutMillis, lease, check } = options;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      request.pause();
      finish();
    };
    const fail = (error: Error): void => {
      settle(() => {
        reject(error);
      });
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) {
        fail(createTooLargeError(maxBytes));
        return;
      }
      try {
        lease.take(chunk.length);
        chunks.push(chunk);
        check?.(chunks, size);
      } catch (error) {
        fail(error as Error);
      }
    };
    const onEnd = (): void => {
      settle(() => {
        resolve(Buffer.concat(chunks, size));
      });
    };
    const onClose = (): void => {
      fail(new RequestAborted());
    };
    const timer = setTimeout(() => {
      fail(new SpanledgerError('OTLP_TIMEOUT', `the body did not arrive within ${timeoutMillis} ms`));
    }, timeoutMillis);
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

/**
 * Reads and discards what is left of a body, so that the client, which may only look for an answer when it has sent
 * everything, does not find a reset connection instead. Resolves to whether the end was reached within the bounds.
 */
export function drainRequestBody(
  request: IncomingMessage,
  bounds: { maxBytes: number; maxMillis: number },
): Promise<boolean> {
  if (request.readableEnded) return Promise.resolve(true);
  if (request.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    let size = 0;
    const settle = (isDrained: boolean): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(isDrained);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > bounds.maxBytes) settle(false);
    };
    const onEnd = (): void => {
      settle(true);
    };
    const onClose = (): void => {
      settle(false);
    };
    const timer = setTimeout(onClose, bounds.maxMillis);
    request.on('data', onData).on('end', onEnd).on('close', onClose).resume();
  });
}
