import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { drainRequestBody } from './request-body.js';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** A body that ends within this time is read to its end before the answer, which then fits any client. */
const PROMPT_MILLIS = 200;
const DRAIN_MILLIS = 5_000;
/** How long a client that was told not to send its body, or that stalls, is waited for. */
const GIVE_UP_MILLIS = 500;

/**
 * Answers a request whose body may not have been read to its end. What is left of it is discarded, up to `maxBytes`
 * and five seconds: closing a connection with unread input resets it, and the client would not see the answer.
 * The connection stays open where the end of the body was reached.
 */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  options: { maxDrainBytes: number; isBodyExpected: boolean },
): Promise<void> {
  const headers = { ...answer.headers, 'content-length': String(answer.body.length) };
  if (request.readableEnded) {
    response.writeHead(answer.status, headers).end(answer.body);
    return;
  }
  const drained = drainRequestBody(request, {
    maxBytes: options.maxDrainBytes,
    maxMillis: options.isBodyExpected ? DRAIN_MILLIS : GIVE_UP_MILLIS,
  });
  const isPrompt = options.isBodyExpected && (await Promise.race([drained, wait(PROMPT_MILLIS, false)]));
  if (response.destroyed) return;
  if (isPrompt) {
    response.writeHead(answer.status, headers).end(answer.body);
    return;
  }
  const declaredBytes = Number(request.headers['content-length'] ?? 0);
  const willEnd = options.isBodyExpected && declaredBytes <= options.maxDrainBytes;
  response.writeHead(answer.status, willEnd ? headers : { ...headers, connection: 'close' });
  response.write(answer.body);
  const isDrained = await drained;
  response.end(() => {
    if (!isDrained) request.socket.destroySoon();
  });
}
