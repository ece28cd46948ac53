import { createServer, type Server } from 'node:net';
import { SpanledgerError } from '../errors.js';

/** Where a server listens, and how that is set. */
export interface Address {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** The flag that sets the port. */
  flag: string;
  /** What to do where the port is taken, in words; to stop what listens there is said anyhow. */
  advice: string;
}

/** Starts listening. Rejects with `SERVER_PORT_IN_USE` or `CONFIG_INVALID`. */
export function listen(server: Server, address: Address): Promise<void> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      reject(explainListenError(error, address));
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

/** Rejects as {@link listen} would, before anything else was started. Port 0 is always free. */
export async function checkAddress(address: Address): Promise<void> {
  const server = createServer();
  await listen(server, address);
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** The address that a listening server has, as the host of a URL. */
export function readHost(server: Server, host: string): string {
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function explainListenError(error: NodeJS.ErrnoException, address: Address): SpanledgerError {
  const { host, port, flag, advice } = address;
  const options = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE': {
      const message = `port ${port} on ${host} is in use: stop what listens there, ${advice}`;
      return new SpanledgerError('SERVER_PORT_IN_USE', message, options);
    }
    case 'EACCES': {
      const message = `port ${port} may not be opened by this user: choose one above 1023 with ${flag}`;
      return new SpanledgerError('CONFIG_INVALID', message, options);
    }
    default: {
      const message = `cannot listen on ${host}:${port} (${error.message}): check --host`;
      return new SpanledgerError('CONFIG_INVALID', message, options);
    }
  }
}
