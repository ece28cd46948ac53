import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Folders and files that a child process needs to run the storage room by itself. */
const SOURCES = ['collector/errors.ts', 'collector/model', 'collector/contract', 'collector/storage'];

/**
 * Writes the storage room as JavaScript to a temporary folder, for tests that need it in a process of its own, and
 * gives the folder, which any user may read. The caller removes it.
 */
export function transpileStorage(): string {
  const target = mkdtempSync(path.join(os.tmpdir(), 'spanledger-js-'));
  chmodSync(target, 0o755);
  writeFileSync(path.join(target, 'package.json'), '{ "type": "module" }');
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(target, 'node_modules'));
  for (const file of SOURCES.flatMap(listSources)) {
    const made = path.join(target, file.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(made), { recursive: true });
    const { outputText } = ts.transpileModule(readFileSync(path.join(ROOT, file), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(made, outputText);
  }
  return target;
}

function listSources(source: string): string[] {
  if (source.endsWith('.ts')) return [source];
  return readdirSync(path.join(ROOT, source), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(source, name));
}
