import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface TargetRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Statuses of answers, with headers where there are any. */
export type TargetAnswer = number | { status: number; headers: Record<string, string> };

/** What requests are sent on to in tests: it keeps what comes, and answers what it is told. */
export class TargetServer {
  readonly requests: TargetRequest[] = [];
  /** What the next requests are answered, in order; 200 where nothing is left. */
  readonly answers: TargetAnswer[] = [];
  /** While it is set, requests are kept and not answered. */
  isHolding = false;
  readonly #server: Server;
  readonly #held: (() => void)[] = [];
  #onRequest: () => void = () => undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('latin1');
        this.requests.push({ path: request.url ?? '', headers: request.headers, body });
        const answer = this.answers.shift() ?? 200;
        const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
        const send = (): void => {
          response.writeHead(status, headers).end('{}');
        };
        if (this.isHolding) this.#held.push(send);
        else send();
        this.#onRequest();
      });
    });
  }

  /** Listens on a port, a free one unless told. */
  static async start(port = 0): Promise<TargetServer> {
    const target = new TargetServer();
    await new Promise<void>((resolve) => target.#server.listen(port, '127.0.0.1', resolve));
    return target;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The bodies of what came, in order. */
  get bodies(): string[] {
    return this.requests.map(({ body }) => body);
  }

  /** Resolves once so many requests have come. */
  async waitFor(count: number): Promise<void> {
    while (this.requests.length < count)
      await new Promise<void>((resolve) => {
        this.#onRequest = resolve;
      });
  }

  /** Answers what is held, and what comes. */
  release(): void {
    this.isHolding = false;
    for (const send of this.#held.splice(0)) send();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}
