import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Ingest, IngestRequest } from '../../collector/ingest.js';
import { ByteBudget } from '../../collector/receivers/byte-budget.js';
import { DecodingTurns } from '../../collector/receivers/decoding-turns.js';
import { createOtlpHttpReceiver, type OtlpHttpReceiverOptions } from '../../collector/receivers/otlp-http.js';
import { createTelemetry } from '../../collector/telemetry.js';
import { listen } from './listen.js';

export interface OtlpServer {
  url: string;
  port: number;
  /** What the ingest was given, in order. */
  received: IngestRequest[];
  /** The ingest's answer; put another in its place to see what the receiver makes of it. */
  ingest: Ingest;
  server: Server;
  close(): Promise<void>;
}

/** A server with nothing but the receiver, whose ingest records what it is given. */
export async function startOtlpServer({
  maxBytesInFlight = 256 * 1024 * 1024,
  ...options
}: Partial<OtlpHttpReceiverOptions> & { maxBytesInFlight?: number } = {}): Promise<OtlpServer> {
  const received: IngestRequest[] = [];
  const harness = {
    received,
    ingest: (request: IngestRequest) => {
      received.push(request);
      const rejected = request.decoded.rejected.reduce((sum, { count }) => sum + count, 0);
      return Promise.resolve({ rejected, message: request.decoded.rejected[0]?.reason ?? '' });
    },
  };
  const receiver = createOtlpHttpReceiver({
    ingest: (request) => harness.ingest(request),
    authenticate: () => ({ projectId: 'project' }),
    maxBodyBytes: 64 * 1024 * 1024,
    budget: new ByteBudget(maxBytesInFlight),
    turns: new DecodingTurns(),
    telemetry: createTelemetry({ logLevel: 'silent' }),
    ...options,
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (receiver.handles(request)) void receiver.handle(request, response);
    else response.writeHead(204).end();
  };
  const server = createServer(handle).on('checkContinue', handle);
  return Object.assign(harness, { ...(await listen(server)), server });
}
