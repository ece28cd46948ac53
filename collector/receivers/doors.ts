import type { IncomingHttpHeaders as Http2Headers, ServerHttp2Stream } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate } from '../auth.js';
import type { Telemetry } from '../telemetry.js';
import { ByteBudget } from './byte-budget.js';
import { DecodingTurns } from './decoding-turns.js';
import { createGrpcHealth } from './grpc-health.js';
import { createGrpcRouter } from './grpc-router.js';
import { createOtlpGrpcMethods, OTLP_GRPC_SERVICES } from './otlp-grpc.js';
import { createOtlpHttpReceiver } from './otlp-http.js';
import type { ExportOptions } from './receive-export.js';
import { createZipkinHttpReceiver } from './zipkin-http.js';

/** Bodies held at once, over all requests, as a multiple of the largest one that is taken. */
const BODIES_IN_FLIGHT = 4;

export interface DoorsOptions extends Omit<ExportOptions, 'turns'> {
  authenticate: Authenticate;
  /** Bounds a body as sent and as decompressed. */
  maxBodyBytes: number;
  /** Bounds the bytes that all requests hold together; null is four times `maxBodyBytes`. */
  maxInFlightBytes: number | null;
  /** Whether a request could be stored or kept now, as far as that is no affair of the doors. */
  checkStorage: () => Promise<boolean>;
  telemetry: Telemetry;
}

/** Everything that telemetry comes in by. */
export interface Doors {
  /** Answers what is for a receiver, and is false for everything else. */
  handleHttp(request: IncomingMessage, response: ServerResponse): boolean;
  handleGrpc(stream: ServerHttp2Stream, headers: Http2Headers): void;
  /** Why requests should rather go elsewhere, in words; empty where they may come. */
  listUnreadyReasons(): string[];
  /** Tells those who watch its health that it ends. What has begun goes on. */
  close(): void;
}

/** All receivers of one collector, with one budget for the bytes that they hold, and one for what they work on. */
export function createDoors(options: DoorsOptions): Doors {
  const { telemetry, checkStorage } = options;
  const budget = new ByteBudget(options.maxInFlightBytes ?? options.maxBodyBytes * BODIES_IN_FLIGHT);
  telemetry.watchBytesInFlight(() => budget.takenBytes);
  const door = { ...options, budget, turns: new DecodingTurns() };
  const receivers = [createOtlpHttpReceiver(door), createZipkinHttpReceiver(door)];
  const health = createGrpcHealth({
    services: Object.values(OTLP_GRPC_SERVICES),
    checkReady: async () => !budget.isNearlyFull && (await checkStorage()),
    budget,
    telemetry,
  });
  const handleGrpc = createGrpcRouter(
    new Map([...createOtlpGrpcMethods(door), ...health.methods]),
    telemetry,
  );
  return {
    handleHttp(request, response) {
      const receiver = receivers.find((candidate) => candidate.handles(request));
      if (receiver === undefined) return false;
      void receiver.handle(request, response);
      return true;
    },
    handleGrpc,
    listUnreadyReasons: () =>
      budget.isNearlyFull ? ['nearly as many request bodies are held as may be'] : [],
    close: () => {
      health.close();
    },
  };
}
