import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createTemporaryFolder, getJson, spawnCollector } from '../support/collector.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The files of a clone of this tree, without what an install or a build leaves. */
function cloneTree(target: string): void {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  })
    .toString()
    .split('\0')
    .filter((name) => name !== '' && existsSync(join(ROOT, name)) && !name.startsWith('test/golden/'));
  for (const name of files) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    cpSync(join(ROOT, name), join(target, name));
  }
}

function waitForLine(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = pattern.exec(output);
      if (match) resolve(match);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('close', () => {
      reject(new Error(`ended without ${String(pattern)}:\n${output}`));
    });
  });
}

/** Processes whose command line names this folder. */
function listProcesses(folder: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'])
    .toString()
    .split('\n')
    .filter((line) => line.includes(folder) && !line.includes('ps -eo'));
}

test.skipIf(process.platform === 'win32').each(['SIGTERM', 'SIGINT'] as const)(
  '%s to npm start ends everything that it started, the built-in Postgres included',
  async (signal) => {
    const folder = createTemporaryFolder();
    const clone = join(folder.path, 'clone');
    cloneTree(clone);
    // Installing is what CI and the package check do; here the packages of this tree serve.
    symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    const data = join(folder.path, 'data');
    const child = spawn(
      'npm',
      ['start', '--', '--port', '0', '--grpc-port', '0', '--no-open', '--data-dir', data],
      {
        cwd: clone,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [, url] = await waitForLine(child, /^spanledger ready (\S+)$/m);
    expect(await getJson(`${url ?? ''}/healthz`)).toBeDefined();
    expect(listProcesses(data).length).toBeGreaterThan(0);
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.kill(signal);
    await ended;
    await expect.poll(() => listProcesses(folder.path), { timeout: 20_000 }).toEqual([]);
    folder.remove();
  },
);

test('a busy port is one line that says what to do, and a non-zero exit', async () => {
  const folder = createTemporaryFolder();
  const blocker = createServer();
  const port = await new Promise<number>((resolve) => {
    blocker.listen(0, '127.0.0.1', () => {
      resolve((blocker.address() as { port: number }).port);
    });
  });
  const failure = await spawnCollector(['--port', String(port), '--data-dir', folder.path]).catch(
    (error: unknown) => String(error),
  );
  expect(failure).toMatch(new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use: .*--port`));
  expect(failure).not.toMatch(/^\s+at /m);
  // Nothing was started for nothing.
  expect(readdirSync(folder.path)).toEqual([]);
  blocker.close();
  folder.remove();
});

test('a database that cannot be reached is one line without its password, and a non-zero exit', async () => {
  const failure = await spawnCollector(['--database-url', 'postgres://u:hunter2@127.0.0.1:1/nowhere']).catch(
    (error: unknown) => String(error),
  );
  expect(failure).toContain('127.0.0.1:1');
  expect(failure).not.toContain('hunter2');
  expect(failure).not.toMatch(/^\s+at /m);
});

test('a second collector on the same data directory is refused', async () => {
  const folder = createTemporaryFolder();
  const first = await spawnCollector(['--data-dir', folder.path]);
  const failure = await spawnCollector(['--data-dir', folder.path]).catch((error: unknown) => String(error));
  expect(failure).toContain(folder.path);
  expect(failure).toContain(String(first.process.pid));
  await first.end('SIGTERM');
  folder.remove();
});
