import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCollector } from '../../collector/collector.js';
import { parseConfig, type Flags } from '../../collector/config.js';
import { createTestDatabase } from './database.js';

/** Free ports, so that collectors of several test files don't meet; a later option wins over an earlier one. */
const QUIET_DEFAULTS = ['--port', '0', '--grpc-port', '0', '--no-open'];

/** Long runs set the variable to a copy of the build, which a build in the meantime leaves alone. */
const MAIN =
  process.env['TEST_COLLECTOR_MAIN'] ??
  fileURLToPath(new URL('../../dist/collector/cli/main.js', import.meta.url));

export interface TestCollector {
  url: string;
  /** Null unless the flags ask for gRPC, as `grpcPort: 'free'` does. */
  grpcUrl: string | null;
  databaseUrl: string;
  /** GETs a path and answers its JSON; throws where the status is not 200. */
  get<Body>(path: string): Promise<Body>;
  close(): Promise<void>;
}

/** A whole collector in this process on a free port, with a database of its own. */
export async function startTestCollector(flags: Flags = {}): Promise<TestCollector> {
  const database = await createTestDatabase();
  const config = parseConfig({
    flags: {
      databaseUrl: database.connectionString,
      port: '0',
      grpcPort: '0',
      logLevel: 'silent',
      noOpen: true,
      ...flags,
    },
    env: {},
  });
  const collector = await createCollector(config).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  return {
    url: collector.url,
    grpcUrl: collector.grpcUrl,
    databaseUrl: database.connectionString,
    get: (path) => getJson(collector.url + path),
    async close() {
      await collector.close();
      await database.drop();
    },
  };
}

export async function getJson<Body>(url: string): Promise<Body> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Body;
}

export interface SpawnedCollector {
  url: string;
  /** What it says of gRPC beside its ready line; null where that is off. */
  grpcUrl(): string | null;
  process: ChildProcess;
  /** Everything it printed so far, both streams. */
  output(): string;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * The built command in a process of its own, once it said that it is ready. Rejects with its output otherwise.
 * `onSpawn` is given the process at once, for those who don't wait.
 */
export async function spawnCollector(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  onSpawn: (child: ChildProcess) => void = () => undefined,
): Promise<SpawnedCollector> {
  const child = spawn(process.execPath, [MAIN, 'serve', ...QUIET_DEFAULTS, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onSpawn(child);
  let output = '';
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const ready = /^spanledger ready (\S+)$/m.exec(output);
      if (ready?.[1] !== undefined) resolve(ready[1]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => {
      reject(new Error(`the collector ended before it was ready:\n${output}`));
    });
  });
  return {
    url,
    grpcUrl: () => /^ *OTEL_EXPORTER_OTLP_ENDPOINT=(\S+).*gRPC$/m.exec(output)?.[1] ?? null,
    process: child,
    output: () => output,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** A folder that is deleted by `remove`, for an embedded database. */
export function createTemporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'spanledger-test-'));
  // As root, the server runs as another user, who has to get through.
  chmodSync(path, 0o755);
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
