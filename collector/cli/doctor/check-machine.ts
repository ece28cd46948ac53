import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import process from 'node:process';
import type { Config } from '../../config.js';
import { fail, pass, warn, type Check } from './check.js';

/** As `engines` of the package says. */
const LEAST_NODE = [20, 19] as const;
const CONNECT_TIMEOUT_MILLIS = 3000;

export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isRecent = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const wanted = LEAST_NODE.join('.');
  return isRecent
    ? pass('node', `version ${version}`)
    : fail('node', `version ${version} is older than ${wanted}`, `install Node.js ${wanted} or later`);
}

/** Whether the embedded Postgres can keep its data where it is told to. */
export async function checkDataDir({ dataDir, databaseUrl }: Config): Promise<Check> {
  if (databaseUrl !== null) return pass('data directory', 'not needed: the database is elsewhere');
  const existing = await findExisting(dataDir);
  const hint = 'choose another with --data-dir, or make this one yours';
  if (!(await stat(existing)).isDirectory()) {
    return fail('data directory', `${existing} is not a directory`, hint);
  }
  try {
    await access(existing, constants.W_OK);
    return pass('data directory', existing === dataDir ? dataDir : `${dataDir} will be made`);
  } catch {
    return fail('data directory', `${existing} can't be written to`, hint);
  }
}

/** Whether a collector could listen where the configuration says; asked only where none answers. */
export function checkPort({ host, port }: Config): Promise<Check> {
  return checkListening('port', { host, port, flag: '--port' });
}

/** The same for OTLP over gRPC. */
export function checkGrpcPort({ host, grpcPort }: Config): Promise<Check> {
  const name = 'gRPC port';
  if (grpcPort === 0) return Promise.resolve(pass(name, 'off: --grpc-port is 0'));
  return checkListening(name, { host, port: grpcPort === 'free' ? 0 : grpcPort, flag: '--grpc-port' });
}

async function checkListening(
  name: string,
  { host, port, flag }: { host: string; port: number; flag: string },
): Promise<Check> {
  const error = await tryListening(host, port);
  if (error === undefined) {
    return pass(name, port === 0 ? `a free one will be picked on ${host}` : `${host}:${port} is free`);
  }
  if (error.code === 'EADDRINUSE') {
    const hint = `stop what listens there, or choose another port with ${flag}`;
    return fail(name, `${host}:${port} is taken by something that is no Spanledger collector`, hint);
  }
  return fail(
    name,
    `can't listen on ${host}:${port} (${error.code ?? error.message})`,
    `check --host and ${flag}`,
  );
}

/** Whether anything answers where the database should be; asked only where no collector answers. */
export async function checkDatabaseAddress({ databaseUrl }: Config): Promise<Check> {
  const name = 'database';
  if (databaseUrl === null) return pass(name, 'built in: it starts with the collector');
  if (!URL.canParse(databaseUrl)) {
    return warn(name, 'its URL is of a form that only Postgres understands', 'start the collector to see');
  }
  const { hostname, port } = new URL(databaseUrl);
  if (hostname === '') return warn(name, 'it is reached over a socket file', 'start the collector to see');
  const address = `${hostname}:${port || '5432'}`;
  const error = await tryConnecting(hostname.replace(/^\[|\]$/g, ''), Number(port || 5432));
  if (error === undefined) return pass(name, `something listens at ${address}`);
  return fail(
    name,
    `nothing answers at ${address} (${error})`,
    'start the database, or correct --database-url',
  );
}

async function findExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch {
    const parent = dirname(path);
    return parent === path ? path : findExisting(parent);
  }
}

function tryListening(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port }, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}

function tryConnecting(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem: string | undefined) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MILLIS, () => {
      end('no answer in time');
    });
    socket.once('connect', () => {
      end(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end(error.code ?? error.message);
    });
  });
}
