import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EmbeddedPostgres } from '../../collector/storage/postgres/embedded.js';
import {
  findEmbeddedDataDirProblem,
  startEmbeddedPostgres,
} from '../../collector/storage/postgres/embedded.js';
import { acquireDirectoryLock } from '../../collector/storage/postgres/embedded/lock.js';
import { identifyProcess, isRunning } from '../../collector/storage/postgres/embedded/process-identity.js';
import { createPool, openClient } from '../../collector/storage/postgres/pool.js';
import { transpileStorage } from '../support/transpiled.js';

interface HolderMessage {
  progress?: string;
  connection?: EmbeddedPostgres['connection'];
  dataDir?: string;
  committed?: number;
  error?: string;
  message?: string;
}

interface Holder {
  process: ChildProcess;
  messages: HolderMessage[];
  connection: EmbeddedPostgres['connection'];
  dataDir: string;
  /** The first message that satisfies a condition. */
  wait(condition: (message: HolderMessage) => boolean): Promise<HolderMessage>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const HOLDER = fileURLToPath(new URL('../support/embedded-holder.mjs', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };

// Making a cluster writes and syncs some 40 MB, which a busy disk takes its time for.
vi.setConfig({ testTimeout: 180_000 });

let code = '';
let folder = '';
let dataDir = '';
const running: { stop(): Promise<void> }[] = [];

beforeAll(() => {
  code = transpileStorage();
});

afterAll(() => {
  rmSync(code, { recursive: true, force: true });
});

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'spanledger-embedded-'));
  chmodSync(folder, 0o755);
  dataDir = path.join(folder, 'ledger');
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(
  options: Parameters<typeof startEmbeddedPostgres>[0] = { dataDir },
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(options);
  running.push(server);
  return server;
}

/** Runs a holder until it has connected; what it started is ended after the test. */
async function hold(args: string[] = [], options: SpawnOptions = {}): Promise<Holder> {
  const child = spawn(process.execPath, [HOLDER, code, dataDir, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
  const messages: HolderMessage[] = [];
  const listeners = new Set<() => void>();
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  if (child.stdout === null) throw new Error('no output');
  createInterface(child.stdout).on('line', (line) => {
    messages.push(JSON.parse(line) as HolderMessage);
    for (const listener of listeners) listener();
  });
  const wait = (condition: (message: HolderMessage) => boolean): Promise<HolderMessage> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = messages.find(condition);
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
      void ended.then(() => {
        reject(new Error(`the holder ended: ${JSON.stringify(messages)}`));
      });
    });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  running.push({
    stop: () => ((child.exitCode ?? child.signalCode) === null ? kill('SIGTERM') : Promise.resolve()),
  });
  const ready = await wait((message) => message.connection !== undefined || message.error !== undefined);
  if (ready.connection === undefined) throw new Error(ready.message);
  return { process: child, messages, connection: ready.connection, dataDir: ready.dataDir ?? '', wait, kill };
}

async function query<Row>(server: Pick<EmbeddedPostgres, 'connection'>, text: string): Promise<Row[]> {
  const client = await openClient(server.connection);
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

function readPostmaster(directory = dataDir): number {
  return Number(readFileSync(path.join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

describe('starting', () => {
  test('a first start makes a database in UTC and UTF-8, and a second start finds what was written', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await query(first, `create table notes as select 'grüße' as text`);
    const [settings] = await query(
      first,
      `select current_setting('server_encoding') as encoding, current_setting('TimeZone') as zone,
              current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
              current_setting('listen_addresses') as addresses`,
    );
    expect(settings).toEqual({ encoding: 'UTF8', zone: 'UTC', fsync: 'on', commit: 'on', addresses: '' });
    expect(statSync(first.connection.host).mode & 0o777).toBe(0o700);
    await first.stop();
    expect(existsSync(path.join(dataDir, 'data', 'postmaster.pid'))).toBe(false);
    expect(await query(await start(), 'select text from notes')).toEqual([{ text: 'grüße' }]);
  });

  test('a data directory whose path is too long for a socket works, and once stopped, even twice, leaves neither a temporary directory nor a lock', async () => {
    const long = path.join(folder, 'long'.repeat(30));
    const server = await startEmbeddedPostgres({ dataDir: long });
    const { host } = server.connection;
    expect(host.startsWith(os.tmpdir())).toBe(true);
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(existsSync(host)).toBe(false);
    expect(readdirSync(long).filter((name) => name.includes('lock'))).toEqual([]);
  });

  test('over loopback it asks for a password', async () => {
    const server = await start({ dataDir, transport: 'loopback' });
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await expect(openClient({ ...server.connection, password: 'wrong' })).rejects.toMatchObject({
      code: '28P01',
    });
  });

  test('data of another major version are refused and left as they are', async () => {
    mkdirSync(path.join(dataDir, 'data'), { recursive: true });
    writeFileSync(path.join(dataDir, 'data', 'PG_VERSION'), '12\n');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'DATABASE_EMBEDDED_FAILED',
      message: expect.stringContaining('PostgreSQL 12') as string,
    });
    expect(readFileSync(path.join(dataDir, 'data', 'PG_VERSION'), 'utf8')).toBe('12\n');
    expect(readdirSync(dataDir).filter((name) => name.includes('lock'))).toEqual([]);
  });

  test('a data directory that cannot be made is refused with its reason', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    await expect(
      startEmbeddedPostgres({ dataDir: path.join(folder, 'file', 'ledger') }),
    ).rejects.toMatchObject({
      code: 'DATABASE_EMBEDDED_FAILED',
      message: expect.stringContaining('--data-dir') as string,
    });
  });
});

describe('the lock', () => {
  test('a second starter in another process is refused with the number of the first', async () => {
    const holder = await hold();
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      message: expect.stringContaining(`process ${String(holder.process.pid)}`) as string,
    });
    expect(await query(holder, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('of many starters at once exactly one takes a lock that a killed process left', async () => {
    mkdirSync(dataDir);
    writeFileSync(
      path.join(dataDir, 'spanledger.lock.7'),
      JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'x' }),
    );
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, () => acquireDirectoryLock(dataDir)),
    );
    const taken = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    expect(readdirSync(dataDir)).toEqual(['spanledger.lock.8']);
    await taken[0]?.value.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')(
    'a lock is stale once its number belongs to another process',
    async () => {
      mkdirSync(dataDir);
      const stale = { pid: process.pid, startedAt: 'another boot/1' };
      writeFileSync(path.join(dataDir, 'spanledger.lock.1'), JSON.stringify(stale));
      const lock = await acquireDirectoryLock(dataDir);
      await lock.release();
      expect(readdirSync(dataDir)).toEqual([]);
    },
  );
});

describe('crashes', () => {
  test('after kill -9 in the middle of writes, the next start takes over the server and has all that was committed', async () => {
    const holder = await hold(['write']);
    await holder.wait((message) => (message.committed ?? 0) >= 200);
    await holder.kill('SIGKILL');
    const committed = Math.max(...holder.messages.map((message) => message.committed ?? 0));
    const postmaster = readPostmaster();
    const lines: string[] = [];
    const server = await start({ dataDir, onProgress: (line) => lines.push(line) });
    const [found] = await query<{ most: number; all: number }>(
      server,
      'select max(number) as most, count(*) as all from numbers',
    );
    // One more may have been committed and not yet said.
    expect([committed, committed + 1]).toContain(found?.most);
    expect(found?.all).toBe(found?.most);
    expect(readPostmaster()).toBe(postmaster);
    expect(lines).toEqual([
      `taking over the Postgres that runs on ${dataDir} (process ${String(postmaster)})`,
    ]);
    await server.stop();
    expect(identifyProcess(postmaster)).toBeUndefined();
  });

  test('after kill -9 of the server too, the next start recovers all that was committed', async () => {
    const holder = await hold(['write']);
    await holder.wait((message) => (message.committed ?? 0) >= 200);
    const postmaster = readPostmaster();
    holder.process.kill('SIGKILL');
    process.kill(postmaster, 'SIGKILL');
    await holder.kill('SIGKILL');
    const committed = Math.max(...holder.messages.map((message) => message.committed ?? 0));
    const server = await start();
    const [found] = await query<{ most: number; all: number }>(
      server,
      'select max(number) as most, count(*) as all from numbers',
    );
    expect([committed, committed + 1]).toContain(found?.most);
    expect(found?.all).toBe(found?.most);
  });

  test('a server that is killed while we run is started again at the same place', async () => {
    const lines: string[] = [];
    const server = await start({ dataDir, onProgress: (line) => lines.push(line) });
    const pool = createPool(server.connection);
    try {
      await pool.query('create table notes as select 1 as number');
      const postmaster = readPostmaster();
      process.kill(postmaster, 'SIGKILL');
      await vi.waitFor(
        async () => {
          expect((await pool.query('select number from notes')).rows).toEqual([{ number: 1 }]);
          expect(readPostmaster()).not.toBe(postmaster);
        },
        { timeout: 30_000 },
      );
      expect(lines).toContain('the built-in Postgres ended unexpectedly; starting it again');
    } finally {
      await pool.end();
    }
  });

  test('a taken-over server that is killed is started again too', async () => {
    const holder = await hold();
    await holder.kill('SIGKILL');
    const server = await start();
    const postmaster = readPostmaster();
    process.kill(postmaster, 'SIGKILL');
    await vi.waitFor(
      async () => {
        expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
        expect(readPostmaster()).not.toBe(postmaster);
      },
      { timeout: 30_000 },
    );
  });

  test.runIf(process.platform === 'linux')(
    'a file of a server whose number was given to another process does not stop a start',
    async () => {
      await (await startEmbeddedPostgres({ dataDir })).stop();
      const other = spawn('sleep', ['60'], IS_ROOT ? NOBODY : {});
      try {
        const lines = [other.pid, path.join(dataDir, 'data'), 1, 5432, path.join(dataDir, 'socket'), '', ''];
        writeFileSync(path.join(dataDir, 'data', 'postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 });
        if (IS_ROOT) chownSync(path.join(dataDir, 'data', 'postmaster.pid'), NOBODY.uid, NOBODY.gid);
        expect(await query(await start(), 'select 1 as one')).toEqual([{ one: 1 }]);
        const own = identifyProcess(other.pid ?? 0);
        expect(own !== undefined && isRunning(own)).toBe(true);
      } finally {
        other.kill();
      }
    },
  );
});

describe.runIf(IS_ROOT)('users', () => {
  test('an ordinary user runs it under its own name', async () => {
    chownSync(folder, NOBODY.uid, NOBODY.gid);
    const holder = await hold(['write'], { ...NOBODY, env: { PATH: process.env.PATH ?? '', HOME: folder } });
    await holder.wait((message) => message.committed === 3);
    expect(statSync(path.join(dataDir, 'data')).uid).toBe(NOBODY.uid);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    await holder.kill('SIGTERM');
    expect(existsSync(path.join(dataDir, 'data', 'postmaster.pid'))).toBe(false);
  });

  test('root runs it as nobody', async () => {
    await start();
    expect(statSync(`/proc/${String(readPostmaster())}`).uid).toBe(NOBODY.uid);
    expect(await findEmbeddedDataDirProblem(dataDir)).toBeUndefined();
  });

  test('root with a directory below one that is closed to others keeps data elsewhere, always at the same place', async () => {
    chmodSync(folder, 0o700);
    const lines: string[] = [];
    const server = await startEmbeddedPostgres({ dataDir, onProgress: (line) => lines.push(line) });
    try {
      expect(lines[0]).toBe(
        `${folder} lets only its owner in, and Postgres refuses to run as root; data are kept in ${server.dataDir} instead`,
      );
      await query(server, 'create table notes as select 1 as number');
      await server.stop();
      const again = await start();
      expect(again.dataDir).toBe(server.dataDir);
      expect(await query(again, 'select number from notes')).toEqual([{ number: 1 }]);
      await again.stop();
    } finally {
      await server.stop();
      rmSync(server.dataDir, { recursive: true, force: true });
    }
  });

  test('root with a directory that is closed to others opens it for passing through', async () => {
    mkdirSync(dataDir, { mode: 0o700 });
    const server = await start();
    expect(server.dataDir).toBe(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o711);
  });
});
