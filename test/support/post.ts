import { request, type Agent } from 'node:http';

export interface PostAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface PostOptions {
  headers: Record<string, string>;
  body: Uint8Array;
  agent?: Agent;
  /** Rejects with `NO_ANSWER` after so long. */
  timeoutMillis?: number;
}

const TIMEOUT_MILLIS = 30_000;

/** What a request rejects with that was not answered in time, to tell it from a connection that broke. */
export const NO_ANSWER = 'NO_ANSWER';

/** POSTs bytes as they are, without what `fetch` adds and forbids. Rejects where the connection ends without an answer. */
export function post(url: string, options: PostOptions): Promise<PostAnswer> {
  const { headers, body, agent, timeoutMillis = TIMEOUT_MILLIS } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(body.length) },
      ...(agent && { agent }),
    });
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(NO_ANSWER));
    }, timeoutMillis);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('close', () => {
        clearTimeout(timer);
        if (!response.complete) reject(new Error('the answer was cut off'));
        else
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          });
      });
    });
    outgoing.end(body);
  });
}
