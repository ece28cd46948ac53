// Sends mutated export requests to a collector and its Postgres, and fails at the first that is answered as none may be.
//
//   npm run fuzz [-- --bodies 1000000 --seed 1 --transport http|grpc]
import { parseArgs } from 'node:util';
import { runLong } from './long-run.mjs';

const { values } = parseArgs({
  options: {
    bodies: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    transport: { type: 'string', default: 'http' },
  },
});
await runLong('test/fuzz/fuzz.test.ts', {
  env: {
    TEST_FUZZ_BODIES: values.bodies,
    TEST_FUZZ_SEED: values.seed,
    TEST_FUZZ_TRANSPORT: values.transport,
  },
});
