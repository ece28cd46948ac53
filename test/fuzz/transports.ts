import { Agent } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { decodeMessage } from '../otlp/otlp-proto.js';
import { NO_ANSWER, post } from '../support/post.js';
import type { FuzzRequest, Transport } from './mutate-request.js';

/** What a request came to. `busy` asks to come again; `failed` must never be. */
export interface Outcome {
  kind: 'taken' | 'refused' | 'busy' | 'failed';
  /** The status, or what happened instead of an answer. */
  status: string;
  detail: string;
}

export interface Sender {
  send(request: FuzzRequest): Promise<Outcome>;
  /** A command that sends the request again, with its body in a file. */
  describe(request: FuzzRequest, file: string): string;
  close(): void;
}

export function createSender(transport: Transport, url: string): Sender {
  return transport === 'http' ? new HttpSender(url) : new GrpcSender(url);
}

/** Zipkin is answered with 202 and nothing (zipkin-api, zipkin2-api.yaml). */
const TAKEN = [200, 202];
/** What a body may be refused with; 408 and 431 are for senders that stall or ramble, which none of these does. */
const REFUSING = new Set([400, 404, 413, 415]);
const OVERLOADED = new Set([429, 503]);

class HttpSender implements Sender {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async send(request: FuzzRequest): Promise<Outcome> {
    const { path, headers, body } = request;
    const options = { headers, body, agent: this.#agent };
    try {
      // A kept connection may have been closed just when it was used, which says nothing of the request.
      const answer = await post(this.#url + path, options).catch((error: unknown) => {
        if ((error as Error).message === NO_ANSWER) throw error;
        return post(this.#url + path, options);
      });
      return judgeAnswer(answer.status, answer.headers, answer.body);
    } catch (error) {
      return { kind: 'failed', status: (error as Error).message, detail: 'no answer' };
    }
  }

  describe({ path, headers }: FuzzRequest, file: string): string {
    const options = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`);
    return `curl -i -X POST ${options.join(' ')} --data-binary @${file} '${this.#url}${path}'`;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function judgeAnswer(
  status: number,
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
): Outcome {
  const detail = body.subarray(0, 500).toString();
  const kind = TAKEN.includes(status)
    ? 'taken'
    : REFUSING.has(status)
      ? 'refused'
      : OVERLOADED.has(status) && headers['retry-after'] !== undefined
        ? 'busy'
        : 'failed';
  const isRead = canRead(status, headers['content-type'], body);
  return { kind: isRead ? kind : 'failed', status: String(status), detail };
}

/** Every answer is a message in the encoding that its type says; one to a refusal says why. */
function canRead(status: number, type: string | string[] | undefined, body: Buffer): boolean {
  if (status === 202) return body.length === 0;
  try {
    const message =
      type === 'application/json'
        ? (JSON.parse(body.toString()) as Record<string, unknown>)
        : decodeMessage(TAKEN.includes(status) ? 'ExportResponse' : 'RpcStatus', body);
    return TAKEN.includes(status) || typeof message['message'] === 'string';
  } catch {
    return false;
  }
}

/** gRPC status codes (grpc.github.io/grpc/core, "Status codes and their use in gRPC"). */
const OK = '0';
const INVALID_ARGUMENT = '3';
const RESOURCE_EXHAUSTED = '8';
const UNIMPLEMENTED = '12';
const INTERNAL = '13';
const UNAVAILABLE = '14';
const TIMEOUT_MILLIS = 30_000;

/** Calls as frames of HTTP/2 written by hand, since a client of gRPC would not send what is broken. */
class GrpcSender implements Sender {
  #session: ClientHttp2Session | undefined;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  send(request: FuzzRequest): Promise<Outcome> {
    const stream = this.#open().request({
      ':method': 'POST',
      ':path': request.path,
      ...request.headers,
    });
    return new Promise((resolve) => {
      let answer: Record<string, unknown> = {};
      const timer = setTimeout(() => {
        resolve({ kind: 'failed', status: NO_ANSWER, detail: '' });
        stream.close();
      }, TIMEOUT_MILLIS);
      stream.on('response', (headers: object) => (answer = { ...answer, ...headers }));
      stream.on('trailers', (headers: object) => (answer = { ...answer, ...headers }));
      stream.on('error', (error: Error) => (answer = { ...answer, broken: error.message }));
      stream.resume();
      stream.on('close', () => {
        clearTimeout(timer);
        resolve(judgeCall(answer, request));
      });
      stream.end(request.body);
    });
  }

  describe({ path, headers }: FuzzRequest, file: string): string {
    const options = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`);
    return `curl -i --http2-prior-knowledge -X POST ${options.join(' ')} --data-binary @${file} '${this.#url}${path}'`;
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.#url);
      this.#session.on('error', () => undefined);
    }
    return this.#session;
  }
}

function judgeCall(answer: Record<string, unknown>, request: FuzzRequest): Outcome {
  const code = answer['grpc-status'];
  const said = answer['grpc-message'] ?? answer['broken'];
  const detail = typeof said === 'string' ? decodeMessageText(said) : '';
  // gRPC over HTTP/2, "Requests": another content type is answered with the status of HTTP alone.
  if (answer[':status'] === 415) return { kind: 'refused', status: '415', detail };
  if (typeof code !== 'string') return { kind: 'failed', status: 'no grpc-status', detail };
  const kinds: Record<string, Outcome['kind']> = {
    [OK]: 'taken',
    [INVALID_ARGUMENT]: 'refused',
    [RESOURCE_EXHAUSTED]: 'refused',
    [UNIMPLEMENTED]: 'refused',
    [UNAVAILABLE]: 'busy',
    // What gRPC itself says of frames that are none; of a whole frame it would be a failure of ours.
    [INTERNAL]: isWholeFrame(request) ? 'failed' : 'refused',
  };
  return { kind: kinds[code] ?? 'failed', status: code, detail };
}

function isWholeFrame({ body, headers }: FuzzRequest): boolean {
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5) return false;
  return body[0] === 0 || (body[0] === 1 && headers['grpc-encoding'] === 'gzip');
}

/** gRPC over HTTP/2, "Responses": Status-Message is percent-encoded. */
function decodeMessageText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
