// `npm run check`: everything a change must pass. Runs all steps, then says which failed; closes with the counts.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, npmCommand, root, run } from './ensure.mjs';

await ensureInstalled();
const bin = (path) => [process.execPath, [join(root, 'node_modules', path)]];
const report = join(root, '.cache', 'tests.json');
const [npm, npmArgs] = npmCommand();

const steps = [
  ['format', ...bin('prettier/bin/prettier.cjs'), ['--check', '--log-level', 'warn', '.']],
  ['lint', ...bin('eslint/bin/eslint.js'), ['.', '--max-warnings', '0']],
  ['types', ...bin('typescript/bin/tsc'), ['-p', 'tsconfig.json']],
  ['dead code', ...bin('knip/bin/knip.js'), []],
  [
    'architecture',
    ...bin('dependency-cruiser/bin/dependency-cruise.mjs'),
    ['--config', '.dependency-cruiser.cjs', 'collector', 'src'],
  ],
  [
    'tests',
    npm,
    npmArgs,
    ['test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ],
  ['package', process.execPath, [], ['scripts/check-package.mjs']],
];

mkdirSync(join(root, '.cache'), { recursive: true });
rmSync(report, { force: true });
const failures = [];
for (const [name, command, prefix, args] of steps) {
  const started = Date.now();
  process.stdout.write(`\n== ${name}\n`);
  try {
    await run(command, [...prefix, ...args]);
  } catch (error) {
    failures.push(name);
    process.stdout.write(`${error.message}\n`);
  }
  process.stdout.write(
    `== ${name}: ${failures.includes(name) ? 'FAILED' : 'ok'} (${((Date.now() - started) / 1000).toFixed(0)} s)\n`,
  );
}

const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
const passed = counts?.numPassedTests ?? 0;
const skipped = (counts?.numPendingTests ?? 0) + (counts?.numTodoTests ?? 0);
const failedTests = counts?.numFailedTests ?? 0;
// A step that failed without a failed test counts as one failure, so that the closing line never looks clean.
const failedSteps = failures.filter((name) => name !== 'tests' || failedTests === 0).length;
process.stdout.write(failures.length > 0 ? `\nfailed: ${failures.join(', ')}\n` : '\nall checks passed\n');
process.stdout.write(`${passed} passed, ${failedTests + failedSteps} failed, ${skipped} skipped\n`);
if (failures.length > 0 || passed === 0) process.exitCode = 1;
