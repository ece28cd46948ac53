// The packages of the live runs: real instrumentations in an npm project of their own, test/live, which only tests need.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, root, run, say, withHeartbeat } from './ensure.mjs';

const project = join(root, 'test', 'live');
const stamp = join(project, 'node_modules', '.spanledger-installed');

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(project, file)));
  return `${hash.digest('hex')} ${process.platform} ${process.arch}`;
}

/**
 * Installs them where they are missing or stale. Where that fails it says so and returns: the live tests fail then, and
 * no others.
 */
export async function ensureLiveInstalled() {
  if (process.env.SPANLEDGER_SKIP_LIVE === '1') {
    say('live runs of instrumentations are skipped, because SPANLEDGER_SKIP_LIVE is 1');
    return;
  }
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const [npm, args] = npmCommand();
  try {
    await withHeartbeat('installing instrumentations for the live tests (once for a clone)', () =>
      run(npm, [...args, '--prefix', project, 'ci'], { quiet: true }),
    );
    writeFileSync(stamp, wanted);
  } catch (error) {
    process.stderr.write(error.output ?? `${error.message}\n`);
    say(
      'the instrumentations could not be installed, so the live tests will fail. Is the npm registry reachable? SPANLEDGER_SKIP_LIVE=1 skips them.',
    );
  }
}
