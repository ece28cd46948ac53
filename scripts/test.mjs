// `npm test`: install what is missing, build what is stale, run the tests. Arguments go to vitest.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root, run } from './ensure.mjs';
import { ensureLiveInstalled } from './ensure-live.mjs';

await ensureInstalled();
await ensureBuilt();
await ensureLiveInstalled();
try {
  await run(process.execPath, [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...process.argv.slice(2),
  ]);
} catch (error) {
  process.exitCode = error.code ?? 1;
}
