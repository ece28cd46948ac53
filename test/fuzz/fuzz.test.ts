import { expect, test } from 'vitest';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { spawnCollector } from '../support/collector.js';
import { createTestDatabase } from '../support/database.js';
import { TABLES } from '../support/postgres-harness.js';
import { compareMemory, runFuzz } from './fuzz-run.js';
import type { Transport } from './mutate-request.js';

/** `npm run fuzz` asks for many more, over one of them. */
const RUNS: (readonly [transport: Transport, bodies: number])[] = [
  ['http', 2000],
  ['grpc', 500],
];
const { TEST_FUZZ_BODIES, TEST_FUZZ_TRANSPORT } = process.env;
const SEED = Number(process.env['TEST_FUZZ_SEED'] ?? 20_261_121);
const IS_LONG = TEST_FUZZ_BODIES !== undefined;
const ASKED = RUNS.map(
  ([transport, bodies]) => [transport, Number(TEST_FUZZ_BODIES ?? bodies)] as const,
).filter(([transport]) => transport === (TEST_FUZZ_TRANSPORT ?? transport));
const TIMEOUT_MILLIS = 180_000 + Number(TEST_FUZZ_BODIES ?? 0) * 50;

const BODIES_KEPT = 1_000;
const MEBIBYTE = 2 ** 20;

test.each(ASKED)(
  `over %s, %i mutated bodies are stored or refused, and nothing else happens (seed ${SEED})`,
  { timeout: TIMEOUT_MILLIS },
  async (transport, bodies) => {
    const database = await createTestDatabase();
    const pool = createPool(database.connection, { max: 1 });
    const collector = await spawnCollector([
      ...['--database-url', database.connectionString],
      ...['--grpc-port', 'free', '--max-body-bytes', '4MiB', '--log-level', 'error'],
    ]);
    const started = Date.now();
    try {
      const report = await runFuzz({
        collector,
        transport,
        url: (transport === 'grpc' ? collector.grpcUrl() : null) ?? collector.url,
        bodies,
        seed: SEED,
        onRound: async (sent, { outcomes, residentBytes }) => {
          // Without it, the traces of the captures would grow for as long as the run takes.
          if (sent % BODIES_KEPT === 0) await pool.query(`truncate ${TABLES.join(', ')}`);
          if (!IS_LONG || sent % Math.max(1000, bodies / 100) !== 0) return;
          const seconds = (Date.now() - started) / 1000;
          const resident = Math.round((residentBytes.at(-1) ?? 0) / MEBIBYTE);
          console.log(
            `${sent} bodies, ${Math.round(sent / seconds)}/s, ${resident} MiB: ${JSON.stringify(outcomes)}`,
          );
        },
      });
      const sums = Object.entries(report.outcomes);
      const count = (kind: string): number =>
        sums.filter(([name]) => name.startsWith(kind)).reduce((sum, [, some]) => sum + some, 0);
      // A fuzzer whose bodies are all refused, or all taken, tests little.
      expect(count('taken')).toBeGreaterThan(bodies / 20);
      expect(count('refused')).toBeGreaterThan(bodies / 20);
      const memory = IS_LONG ? compareMemory(report.residentBytes) : undefined;
      if (memory === undefined) return;
      console.log(
        `memory: ${Math.round(memory.first / MEBIBYTE)} MiB at first, ${Math.round(memory.last / MEBIBYTE)} MiB at last`,
      );
      if (bodies >= 100_000) expect(memory.last).toBeLessThan(memory.first * 1.2 + 32 * MEBIBYTE);
    } finally {
      await collector.end('SIGTERM');
      await pool.end();
      await database.drop();
    }
  },
);
