import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { DIALECTS } from '../../collector/dialects/registry.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Cruise {
  modules: { source: string; dependencies: { resolved: string }[] }[];
  summary: { violations: { rule: { name: string }; from: string; to: string }[] };
}

function listSources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

/** Runs dependency-cruiser with the rules of the house over a list of files. */
function cruise(files: string[]): Cruise {
  const cli = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [cli, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...files];
  return JSON.parse(
    execFileSync(process.execPath, args, { cwd: ROOT, maxBuffer: 256 * 1024 * 1024, encoding: 'utf8' }),
  ) as Cruise;
}

test('every room imports only what it may, and every file was looked at', () => {
  const sources = [...listSources('collector'), ...listSources('src')];
  const { modules, summary } = cruise(['collector', 'src']);
  const violations = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
  expect(violations).toEqual([]);

  const seen = new Map(modules.map((module) => [module.source, module.dependencies.length]));
  expect(sources.filter((name) => !seen.has(name))).toEqual([]);
  expect(sources.length).toBeGreaterThan(200);
  // A cruiser that resolves nothing would find no violation either.
  const edges = [...seen.values()].reduce((sum, count) => sum + count, 0);
  expect(edges).toBeGreaterThan(1000);
});

test('each rule of the house names rooms that exist', () => {
  const rules = readFileSync(join(ROOT, '.dependency-cruiser.cjs'), 'utf8');
  const rooms = [...rules.matchAll(/^ {2}'([a-z-]+)(\/|\\\\\.ts)': \[/gm)].map(
    ([, name, kind]) => `${name ?? ''}${kind === '/' ? '/' : '.ts'}`,
  );
  expect(rooms.length).toBeGreaterThan(14);
  const entries = readdirSync(join(ROOT, 'collector'), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  expect(rooms.filter((room) => !entries.includes(room))).toEqual([]);
  // And no room is without a rule: the composition root and its parts may import anything.
  const free = ['collector.ts', 'composition/'];
  expect(entries.filter((entry) => !rooms.includes(entry) && !free.includes(entry))).toEqual([]);
});

test('no file outside dialects/ names a dialect in code', () => {
  // Also the name of this product, of a way to print, and of one who bills.
  const others = ['spanledger', 'plain', 'copilot'];
  const dialects = DIALECTS.map(({ name }) => name).filter((name) => !others.includes(name));
  expect(dialects.length).toBeGreaterThan(20);
  const named = listSources('collector')
    .filter((name) => !name.startsWith('collector/dialects/'))
    .flatMap((name) => {
      const code = readFileSync(join(ROOT, name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return dialects
        .filter((dialect) => code.includes(`'${dialect}'`))
        .map((dialect) => `${name}: ${dialect}`);
    });
  expect(named).toEqual([]);
});
