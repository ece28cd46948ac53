// What every command of a fresh clone needs first: packages installed, sources built. Runs on bare Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installStamp = join(root, 'node_modules', '.spanledger-installed');
const buildStamp = join(root, 'dist', '.built');
const SOURCES = ['src', 'collector', 'tsconfig.json', 'tsconfig.build.json', 'package.json'];

export const say = (line) => process.stderr.write(`spanledger: ${line}\n`);

/** The commands that run now. */
export const children = new Set();

/** Runs a command to its end and passes signals on to it. Rejects where it does not end with 0. */
export function run(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, ...env },
    });
    children.add(child);
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      children.delete(child);
      process.off('SIGINT', pass).off('SIGTERM', pass);
      if (code === 0) resolve(output);
      else if (signal) process.exit(signal === 'SIGINT' ? 130 : 143);
      else
        reject(Object.assign(new Error(`${command} ${args.join(' ')} ended with ${code}`), { output, code }));
    });
  });
}

/** npm as it was started with, or the one beside this Node. */
export function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli && existsSync(cli) && /npm-cli\.[cm]?js$/.test(cli)) return [process.execPath, [cli]];
  return process.platform === 'win32' ? ['npm.cmd', []] : ['npm', []];
}

export async function withHeartbeat(what, work) {
  const started = Date.now();
  say(`${what} …`);
  const beat = setInterval(() => say(`${what} … ${Math.round((Date.now() - started) / 1000)} s`), 5000);
  try {
    const result = await work();
    say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearInterval(beat);
  }
}

function installFingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  return `${hash.digest('hex')} ${process.platform} ${process.arch}`;
}

export async function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Node ${process.versions.node} is too old: install Node 20.19 or later.`);
    process.exit(1);
  }
  const wanted = installFingerprint();
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === wanted) return;
  // `npm ci` would empty the folder that the link leads to.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    say('node_modules is a link to packages that do not fit package-lock.json: install them where it leads.');
    process.exit(1);
  }
  const [npm, args] = npmCommand();
  try {
    await withHeartbeat('installing packages (once for a clone)', () =>
      run(npm, [...args, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'], {
        quiet: true,
      }),
    );
  } catch (error) {
    process.stderr.write(error.output ?? `${error.message}\n`);
    say(
      'the packages could not be installed. Is the npm registry reachable? Then run the same command again.',
    );
    process.exit(1);
  }
  writeFileSync(installStamp, wanted);
}

function newestChange(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestChange(join(path, name))),
    stat.mtimeMs,
  );
}

export async function ensureBuilt() {
  const newest = Math.max(
    ...SOURCES.map((name) => join(root, name))
      .filter(existsSync)
      .map(newestChange),
  );
  if (existsSync(buildStamp) && statSync(buildStamp).mtimeMs > newest) return;
  try {
    await withHeartbeat('building', async () => {
      rmSync(join(root, 'dist'), { recursive: true, force: true });
      await run(
        process.execPath,
        [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
        {
          quiet: true,
        },
      );
      // npm makes a command executable when it links it, and not again after a build.
      chmodSync(join(root, 'dist/collector/cli/main.js'), 0o755);
      writeFileSync(buildStamp, '');
    });
  } catch (error) {
    process.stderr.write(error.output ?? `${error.message}\n`);
    say('the build failed: see the lines above.');
    process.exit(1);
  }
}
