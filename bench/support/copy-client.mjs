// The process that copies; started by copy.mjs with a database and the names of tables.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { listTables } from './tables.mjs';
import { withClient } from './workspace.mjs';

const [databaseUrl, ...names] = process.argv.slice(2);

async function takeOut(client, { name, columns }) {
  const source = client.query(copyTo(`copy (select ${columns.join(', ')} from ${name}) to stdout binary`));
  const chunks = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

const seconds = await withClient(databaseUrl, async (client) => {
  const tables = (await listTables(client)).filter(({ name }) => names.includes(name));
  for (const table of tables) table.chunks = await takeOut(client, table);
  await client.query(`truncate ${names.join(', ')} cascade`);
  await client.query('checkpoint');
  const times = {};
  for (const { name, columns, chunks } of tables) {
    const started = performance.now();
    const target = client.query(copyFrom(`copy ${name} (${columns.join(', ')}) from stdin binary`));
    await pipeline(Readable.from(chunks), target);
    times[name] = (performance.now() - started) / 1000;
  }
  return times;
});
process.stdout.write(JSON.stringify(seconds));
