// What the long runs share: a build of their own, and vitest with what it prints passed on as it comes.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root, run } from '../scripts/ensure.mjs';

/**
 * Runs one test file to its end and exits as it does. The collector that it starts is a copy of the build, so that a
 * build in the meantime changes nothing.
 */
export async function runLong(file, { env, only }) {
  await ensureInstalled();
  await ensureBuilt();
  const copy = mkdtempSync(join(tmpdir(), 'spanledger-build-'));
  for (const name of ['dist', 'migrations', 'package.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  try {
    await run(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        file,
        '--disable-console-intercept',
        ...(only === undefined ? [] : ['--testNamePattern', only]),
      ],
      { env: { ...env, TEST_COLLECTOR_MAIN: join(copy, 'dist/collector/cli/main.js') } },
    );
  } catch (error) {
    process.exitCode = error.code ?? 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
