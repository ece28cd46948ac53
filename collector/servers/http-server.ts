import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { listen, readHost, type Address } from './listen.js';
import { toServerOptions, type TlsIdentity } from './tls.js';

/** Answers one request; must not reject. `expectsContinue` tells that the client waits for `100 Continue`. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpServer {
  /** `http://HOST:PORT` or `https://HOST:PORT` with the port that was really taken. */
  url: string;
  /** Refuses new connections, lets running requests end for at most `graceMillis`, then cuts what is left. */
  close(graceMillis: number): Promise<void>;
}

export interface HttpServerOptions {
  address: Address;
  /** Null speaks plain HTTP. */
  tls: TlsIdentity | null;
  handler: HttpHandler;
  /** Told where a client speaks HTTP/2, which this server does not. */
  onWrongProtocol?: () => void;
}

// Longer than the idle time after which common exporters drop a connection, so that the client closes first:
// a server that closes an idle connection races with the next request on it.
const KEEP_ALIVE_MILLIS = 75_000;

/** The error of Node's parser at the first bytes of HTTP/2 without TLS. */
const HTTP2_PREFACE = 'HPE_PAUSED_H2_UPGRADE';

/** Rejects with `SERVER_PORT_IN_USE` or `CONFIG_INVALID`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { address, tls, handler, onWrongProtocol } = options;
  const limits = { keepAliveTimeout: KEEP_ALIVE_MILLIS, requestTimeout: 0 };
  const server =
    tls === null ? createServer(limits) : createSecureServer({ ...limits, ...toServerOptions(tls) });
  server.headersTimeout = 30_000;
  const running = new Set<ServerResponse>();
  const serve: HttpHandler = (request, response) => {
    running.add(response);
    response.once('close', () => {
      running.delete(response);
      if (!server.listening) server.closeIdleConnections();
    });
    if (!server.listening) refuseReuse(response);
    handler(request, response);
  };
  server.on('request', serve).on('checkContinue', serve);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === HTTP2_PREFACE) onWrongProtocol?.();
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  await listen(server, address);
  return {
    url: `${tls === null ? 'http' : 'https'}://${readHost(server, address.host)}`,
    close: (graceMillis) => closeServer(server, running, graceMillis),
  };
}

function closeServer(
  server: Server,
  running: ReadonlySet<ServerResponse>,
  graceMillis: number,
): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, graceMillis);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    for (const response of running) refuseReuse(response);
    server.closeIdleConnections();
  });
}

/** The answer, where it has not begun, tells the client that the connection ends with it. */
function refuseReuse(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}
