import type { Config } from '../config.js';
import { startGrpcServer, type GrpcHandler } from './grpc-server.js';
import { startHttpServer, type HttpHandler } from './http-server.js';
import { checkAddress, type Address } from './listen.js';
import type { TlsIdentity } from './tls.js';

const TELL_EVERY_MILLIS = 60_000;

/** The running servers of one collector. */
export interface Servers {
  /** Of the API and of OTLP over HTTP. */
  url: string;
  /** Of OTLP over gRPC; null where it is off. */
  grpcUrl: string | null;
  /** Refuses what is new, and lets what has begun end for at most `graceMillis`. */
  close(graceMillis: number): Promise<void>;
}

export interface ServersOptions {
  config: Config;
  tls: TlsIdentity | null;
  handleHttp: HttpHandler;
  handleGrpc: GrpcHandler;
  /** Told in one line what to change where a client sends to the wrong one of the two ports. */
  onWrongPort: (advice: string) => void;
}

/** Rejects as {@link startServers} would where a port is taken, before anything else was started. */
export async function checkAddresses(config: Config): Promise<void> {
  await checkAddress(getHttpAddress(config));
  const grpcAddress = findGrpcAddress(config);
  if (grpcAddress !== undefined) await checkAddress(grpcAddress);
}

/** Starts both servers. Rejects with `SERVER_PORT_IN_USE` or `CONFIG_INVALID`, and none is left running. */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const { config, tls, handleHttp, handleGrpc, onWrongPort } = options;
  const http = await startHttpServer({
    address: getHttpAddress(config),
    tls,
    handler: handleHttp,
    onWrongProtocol: tellSeldom(() => {
      onWrongPort('a client speaks gRPC at the port of HTTP: gRPC has a port of its own (--grpc-port)');
    }),
  });
  const grpcAddress = findGrpcAddress(config);
  try {
    const grpc =
      grpcAddress === undefined
        ? undefined
        : await startGrpcServer({
            address: grpcAddress,
            tls,
            handler: handleGrpc,
            onWrongProtocol: tellSeldom(() => {
              onWrongPort(
                'a client speaks HTTP/1.1 at the port of gRPC: OTLP over HTTP has another (--port)',
              );
            }),
          });
    return {
      url: http.url,
      grpcUrl: grpc?.url ?? null,
      async close(graceMillis) {
        await Promise.all([http.close(graceMillis), grpc?.close(graceMillis)]);
      },
    };
  } catch (error) {
    await http.close(0);
    throw error;
  }
}

/** A client that is set up wrongly tries again and again: it is told of once a minute. */
function tellSeldom(tell: () => void): () => void {
  let toldAt = -Infinity;
  return () => {
    const now = performance.now();
    if (now - toldAt < TELL_EVERY_MILLIS) return;
    toldAt = now;
    tell();
  };
}

function getHttpAddress({ host, port }: Config): Address {
  const advice = 'or choose another with --port (0 takes a free one)';
  return { host, port, flag: '--port', advice };
}

function findGrpcAddress({ host, grpcPort }: Config): Address | undefined {
  if (grpcPort === 0) return undefined;
  const advice = 'choose another with --grpc-port, or turn OTLP over gRPC off with --grpc-port 0';
  return { host, port: grpcPort === 'free' ? 0 : grpcPort, flag: '--grpc-port', advice };
}
