// `npm test`: install what is missing, build what is stale, run the tests. Arguments go to vitest.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root, run } from './ensure.mjs';

await ensureInstalled();
await ensureBuilt();
try {
  await run(process.execPath, [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...process.argv.slice(2),
  ]);
} catch (error) {
  process.exitCode = error.code ?? 1;
}
