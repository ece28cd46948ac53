// The package as a user gets it: packed, linted, its types resolved, installed in an empty folder and started there.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmCommand, root, run } from './ensure.mjs';

const [npm, npmArgs] = npmCommand();
const folder = mkdtempSync(join(tmpdir(), 'spanledger-package-'));
// As root, the server runs as another user, who has to get through.
chmodSync(folder, 0o755);

function spawnNpm(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(npm, [...npmArgs, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args.join(' ')} ended with ${code}`)),
    );
  });
}

/** Starts the installed command as a user would and waits for its ready line; then asks it to end. */
function serveOnce(cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      npm,
      [
        ...npmArgs,
        'exec',
        '--offline',
        '--',
        'spanledger',
        '--port',
        '0',
        '--grpc-port',
        '0',
        '--no-open',
        '--data-dir',
        join(folder, 'data'),
      ],
      { cwd, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the packed command neither got ready nor ended within two minutes:\n${output}`));
    }, 120_000);
    const read = (chunk) => {
      output += chunk;
      if (/^spanledger ready http:/m.test(output)) child.kill('SIGTERM');
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', () => {
      clearTimeout(deadline);
      if (/^spanledger ready http:/m.test(output)) resolve();
      else reject(new Error(`the packed command did not get ready:\n${output}`));
    });
  });
}

try {
  await run(npm, [...npmArgs, 'pack', '--silent', '--pack-destination', folder], { quiet: true });
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
  await run(process.execPath, [join(root, 'node_modules/publint/src/cli.js'), tarball, '--strict']);
  await run(process.execPath, [
    join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'),
    tarball,
    '--profile',
    'esm-only',
  ]);
  const empty = join(folder, 'empty');
  await run('node', ['-e', `require('fs').mkdirSync(${JSON.stringify(empty)})`]);
  writeFileSync(join(empty, 'package.json'), '{"private":true}\n');
  await spawnNpm(['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], empty);
  await serveOnce(empty);
  process.stdout.write('the packed command starts in an empty folder\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
