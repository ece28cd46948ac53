import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.js';

const RUN = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));

/** What each benchmark prints: the titles of its tables and how many rows of figures each has at least. */
const TABLES: Record<string, number> = {
  'Ingest over http/protobuf': 10,
  'COPY of the finished rows': 7,
  'Time to the answer over http/protobuf': 3,
  'Peak memory of the collector': 3,
  'Memory over 1,000 spans': 11,
  'Bytes on disk': 4,
  'Where the bytes of the 40-step loop are': 7,
  'One more span in a trace': 3,
  'One more trace in a session': 3,
  'Operations beside the bare OpenTelemetry API': 14,
  'From a span to its exporter': 5,
  'Import of the SDK': 3,
};

/** The cells of each row of figures, by the title above its table. */
function readTables(output: string): Map<string, string[][]> {
  const sections = output.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = '', ...lines] = section.split('\n');
      const rows = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1));
      return [title, rows.slice(2).map((row) => row.map((cell) => cell.trim()))];
    }),
  );
}

test('every benchmark runs and prints figures in all its tables', async () => {
  const database = await createTestDatabase();
  try {
    const args = [RUN, 'all', '--quick', '--skip-build', '--database-url', database.connectionString];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const tables = readTables(stdout);
    expect([...tables.keys()]).toEqual(Object.keys(TABLES));
    for (const [title, rows] of tables) {
      expect(rows.length, title).toBeGreaterThanOrEqual(TABLES[title] ?? 0);
      for (const [label, ...figures] of rows) {
        expect(label).not.toBe('');
        expect(figures.join(' '), label).toMatch(/\d/);
        expect(figures.join(' '), label).not.toMatch(/NaN|undefined|Infinity/);
      }
    }
    // Loads of which no request failed; the large requests may be refused.
    expect(tables.get('Peak memory of the collector')?.at(-1)?.at(-1)).toMatch(/^\d+ acknowledged$/);
  } finally {
    await database.drop();
  }
}, 180_000);

test('a benchmark that does not exist is refused with the names of those that do', async () => {
  const run = promisify(execFile)(process.execPath, [RUN, 'speed', '--skip-build']);
  await expect(run).rejects.toThrow(/choose ingest, latency, memory, disk, growth, sdk or all/);
});
