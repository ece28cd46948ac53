import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanledgerError } from './errors.js';

/** Answers one request; must not reject. `expectsContinue` tells that the client waits for `100 Continue`. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpServer {
  /** `http://HOST:PORT` with the port that was really taken. */
  url: string;
  /** Refuses new connections, lets running requests end for at most `graceMillis`, then cuts what is left. */
  close(graceMillis: number): Promise<void>;
}

// Longer than the idle time after which common exporters drop a connection, so that the client closes first:
// a server that closes an idle connection races with the next request on it.
const KEEP_ALIVE_MILLIS = 75_000;

/** Listens on `host:port`; port 0 takes a free one. Rejects with `SERVER_PORT_IN_USE` or `CONFIG_INVALID`. */
export async function startHttpServer(options: {
  host: string;
  port: number;
  handler: HttpHandler;
}): Promise<HttpServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLIS, requestTimeout: 0 }, options.handler);
  server.headersTimeout = 30_000;
  server.on('checkContinue', options.handler);
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host}:${port}`, close: (graceMillis) => closeServer(server, graceMillis) };
}

/** Rejects as {@link startHttpServer} would, before anything else was started. Port 0 is always free. */
export async function checkAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  await listen(server, host, port);
  await closeServer(server, 0);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(explainListenError(error, host, port));
    });
    server.listen({ host, port }, resolve);
  });
}

function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): SpanledgerError {
  if (error.code === 'EADDRINUSE')
    return new SpanledgerError(
      'SERVER_PORT_IN_USE',
      `port ${port} on ${host} is in use: stop what listens there, or choose another with --port (0 takes a free one)`,
      { cause: error },
    );
  if (error.code === 'EACCES')
    return new SpanledgerError(
      'CONFIG_INVALID',
      `port ${port} may not be opened by this user: choose one above 1023 with --port`,
      { cause: error },
    );
  return new SpanledgerError(
    'CONFIG_INVALID',
    `cannot listen on ${host}:${port} (${error.message}): check --host`,
    {
      cause: error,
    },
  );
}

function closeServer(server: Server, graceMillis: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, graceMillis);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
