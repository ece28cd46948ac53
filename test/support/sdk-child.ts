import { spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The SDK as JavaScript in a temporary folder, for tests that need it in a process of its own. */
export interface SdkFolder {
  path: string;
  /** Copies a script into the folder, where it finds the SDK as `spanledger` and under `./src/…`; gives its new path. */
  addScript(file: string): string;
  remove(): void;
}

/** Writes `src/` as JavaScript to a temporary folder, next to the packages that it needs. */
export function transpileSdk(): SdkFolder {
  const target = mkdtempSync(path.join(os.tmpdir(), 'spanledger-sdk-js-'));
  const exports = { '.': './src/index.js', './testing': './src/testing.js' };
  const manifest = { name: 'spanledger', type: 'module', exports };
  writeFileSync(path.join(target, 'package.json'), JSON.stringify(manifest));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(target, 'node_modules'));
  for (const name of readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const made = path.join(target, 'src', name.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(made), { recursive: true });
    const { outputText } = ts.transpileModule(readFileSync(path.join(ROOT, 'src', name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        experimentalDecorators: false,
      },
    });
    writeFileSync(made, outputText);
  }
  return {
    path: target,
    addScript: (file) => {
      const copy = path.join(target, path.basename(file));
      cpSync(file, copy);
      return copy;
    },
    remove: () => {
      rmSync(target, { recursive: true, force: true });
    },
  };
}

/** How a process ended and what it printed. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMillis: number;
}

/** Settings of `runNode`. */
export interface RunOptions {
  /** In place of the variables of this process; `PATH` is added. */
  env?: Record<string, string>;
  /** Options of Node itself. */
  nodeOptions?: readonly string[];
  /** Called once, when the process has printed this line. */
  onReady?: (child: ChildProcess) => void;
}

/** The line that a script prints when it may be disturbed. */
const READY = 'ready';

/** Runs a script to its end, however that comes; kills it when it takes a minute. */
export async function runNode(
  script: string,
  { env = {}, nodeOptions = [], onReady }: RunOptions = {},
): Promise<ProcessEnd> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, script], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  let isReady = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (isReady || !stdout.includes(`${READY}\n`)) return;
    isReady = true;
    onReady?.(child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, durationMillis: performance.now() - startedAt });
    });
  });
}
