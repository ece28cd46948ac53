import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLIENT = fileURLToPath(new URL('copy-client.mjs', import.meta.url));

/**
 * What the same rows cost where nothing but COPY is done: takes the finished rows of these tables out, empties them,
 * and copies the rows back with their indexes, over one connection, one table after the other, from a process that
 * does nothing else. Answers the seconds of each table.
 */
export async function measureCopy(databaseUrl, tables) {
  const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, databaseUrl, ...tables]);
  return JSON.parse(stdout);
}
