// Holds an embedded Postgres until it is ended: node embedded-holder.mjs FOLDER_OF_THE_CODE DATA_DIR [write].
// Prints JSON lines: progress, then the connection, or the error; with "write" also each number once it is committed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , code, dataDir, mode] = process.argv;
const load = (file) => import(pathToFileURL(join(code, 'collector/storage/postgres', file)).href);
const { startEmbeddedPostgres } = await load('embedded.js');
const { createPool } = await load('pool.js');
const say = (message) => console.log(JSON.stringify(message));

try {
  const server = await startEmbeddedPostgres({ dataDir, onProgress: (line) => say({ progress: line }) });
  process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
  say({ connection: server.connection, dataDir: server.dataDir });
  if (mode === 'write') {
    const pool = createPool(server.connection);
    await pool.query('create table if not exists numbers (number integer primary key, filler text)');
    for (let number = 1; ; number++) {
      await pool.query("insert into numbers values ($1, repeat('x', 2000))", [number]);
      say({ committed: number });
    }
  }
  setInterval(() => undefined, 1000);
} catch (error) {
  say({ error: error.code, message: error.message });
  process.exitCode = 1;
}
