// Kills the collector and its Postgres at random moments under load, many times over, and counts what is left.
//
//   npm run kills [-- --kills 200 --seed 1 --database built-in|separate|spool]
//
// A third of the kills fall on the built-in Postgres, a third on a separate one, and a third on the built-in one with a
// spool before it, unless one is named.
import { parseArgs } from 'node:util';
import { runLong } from './long-run.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    database: { type: 'string' },
  },
});
const share = values.database === undefined ? Math.ceil(Number(values.kills) / 3) : Number(values.kills);
const names = { 'built-in': '^the built-in', separate: 'a separate', spool: 'a spool' };
await runLong('test/kills/kills.test.ts', {
  env: { TEST_KILLS: String(share), TEST_KILLS_SEED: values.seed },
  ...(values.database !== undefined && { only: names[values.database] ?? values.database }),
});
