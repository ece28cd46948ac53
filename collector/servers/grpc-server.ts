import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { listen, readHost, type Address } from './listen.js';
import { toServerOptions, type TlsIdentity } from './tls.js';

/** Answers one call; must not throw. */
export type GrpcHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export interface GrpcServer {
  /** `http://HOST:PORT`, or `https://` with TLS: what exporters take for an endpoint. */
  url: string;
  /** Takes no new connections and calls, lets running calls end for at most `graceMillis`, then cuts what is left. */
  close(graceMillis: number): Promise<void>;
}

export interface GrpcServerOptions {
  address: Address;
  /** Null speaks HTTP/2 without TLS, with prior knowledge. */
  tls: TlsIdentity | null;
  handler: GrpcHandler;
  /** Told where a client does not speak HTTP/2. */
  onWrongProtocol?: () => void;
}

/** Calls at once on one connection; clients let more of them wait. */
const MAX_CALLS = 1_000;
/** How much a client may send ahead, for a call and for all of a connection: 64 KiB would be slow over any distance. */
const CALL_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 8 * 1024 * 1024;
/** Calls are bounded by MAX_CALLS; with the default of 10 MB some would be refused for good under load. */
const MAX_SESSION_MEGABYTES = 1_000;
/** How soon the system looks whether a silent client is still there. */
const TCP_KEEP_ALIVE_MILLIS = 60_000;

/** NGHTTP2_ERR_BAD_CLIENT_MAGIC (nghttp2.h): a connection begins with something that is no HTTP/2. */
const BAD_CLIENT_MAGIC = -903;

/**
 * A server for gRPC, which is HTTP/2 with trailers. Rejects with `SERVER_PORT_IN_USE` or `CONFIG_INVALID`.
 */
export async function startGrpcServer(serverOptions: GrpcServerOptions): Promise<GrpcServer> {
  const { address, tls, handler, onWrongProtocol } = serverOptions;
  const options = {
    settings: { maxConcurrentStreams: MAX_CALLS, initialWindowSize: CALL_WINDOW_BYTES },
    maxSessionMemory: MAX_SESSION_MEGABYTES,
  };
  const server =
    tls === null ? createServer(options) : createSecureServer({ ...options, ...toServerOptions(tls) });
  const sessions = new Set<ServerHttp2Session>();
  server.on('connection', (socket: Socket) => {
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MILLIS);
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.once('close', () => sessions.delete(session));
  });
  // The connection is lost by now.
  server.on('sessionError', (error: NodeJS.ErrnoException & { errno?: number }) => {
    if (error.errno === BAD_CLIENT_MAGIC) onWrongProtocol?.();
  });
  server.on('stream', handler);
  await listen(server, address);
  return {
    url: `${tls === null ? 'http' : 'https'}://${readHost(server, address.host)}`,
    close: (graceMillis) => closeServer(server, sessions, graceMillis),
  };
}

/** Each connection is told by GOAWAY, so that its client sends the next call elsewhere. */
function closeServer(
  server: Http2Server,
  sessions: ReadonlySet<ServerHttp2Session>,
  graceMillis: number,
): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      for (const session of sessions) session.destroy();
    }, graceMillis);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    for (const session of sessions) session.close();
  });
}
