import { startGrpcServer, type GrpcServer } from '../../collector/servers/grpc-server.js';
import type { Ingest, IngestRequest } from '../../collector/ingest.js';
import { ByteBudget } from '../../collector/receivers/byte-budget.js';
import { DecodingTurns } from '../../collector/receivers/decoding-turns.js';
import { createGrpcHealth, type GrpcHealth } from '../../collector/receivers/grpc-health.js';
import { createGrpcRouter } from '../../collector/receivers/grpc-router.js';
import {
  createOtlpGrpcMethods,
  OTLP_GRPC_SERVICES,
  type OtlpGrpcReceiverOptions,
} from '../../collector/receivers/otlp-grpc.js';
import { createTelemetry } from '../../collector/telemetry.js';

export interface OtlpGrpcServer {
  /** `127.0.0.1:PORT` */
  address: string;
  budget: ByteBudget;
  /** What the ingest was given, in order. */
  received: IngestRequest[];
  /** The ingest's answer; put another in its place to see what the receiver makes of it. */
  ingest: Ingest;
  /** What the health service is told. */
  isReady: boolean;
  health: GrpcHealth;
  /** Prometheus text of what the receiver counts. */
  readMetrics(): Promise<string>;
  server: GrpcServer;
  close(): Promise<void>;
}

/** A server with nothing but the gRPC methods, whose ingest records what it is given. */
export async function startOtlpGrpcServer({
  maxBytesInFlight = 256 * 1024 * 1024,
  ...options
}: Partial<OtlpGrpcReceiverOptions> & { maxBytesInFlight?: number } = {}): Promise<OtlpGrpcServer> {
  const budget = new ByteBudget(maxBytesInFlight);
  const telemetry = createTelemetry({ logLevel: 'silent' });
  const received: IngestRequest[] = [];
  const harness = {
    received,
    isReady: true,
    ingest: (request: IngestRequest) => {
      received.push(request);
      const rejected = request.decoded.rejected.reduce((sum, { count }) => sum + count, 0);
      return Promise.resolve({ rejected, message: request.decoded.rejected[0]?.reason ?? '' });
    },
  };
  const exports = createOtlpGrpcMethods({
    ingest: (request) => harness.ingest(request),
    authenticate: () => ({ projectId: 'project' }),
    maxBodyBytes: 64 * 1024 * 1024,
    budget,
    turns: new DecodingTurns(),
    telemetry,
    ...options,
  });
  const health = createGrpcHealth({
    services: Object.values(OTLP_GRPC_SERVICES),
    checkReady: () => Promise.resolve(harness.isReady),
    budget,
    telemetry,
  });
  const server = await startGrpcServer({
    address: { host: '127.0.0.1', port: 0, flag: '--grpc-port', advice: 'choose another' },
    tls: null,
    handler: createGrpcRouter(new Map([...exports, ...health.methods]), telemetry),
  });
  return Object.assign(harness, {
    address: server.url.replace('http://', ''),
    budget,
    health,
    server,
    readMetrics: () => telemetry.registry.metrics(),
    close: () => server.close(0),
  });
}
