// `npm start`: install what is missing, build what is stale, serve in this process.
import { children, ensureBuilt, ensureInstalled } from './ensure.mjs';

// A shell between npm and this process may die of a signal without passing it on: then our parent changes.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 200);
watch.unref();
let isServing = false;
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
])
  process.on(signal, () => {
    // The parent may end of the same signal: that is no second request.
    clearInterval(watch);
    if (isServing) return;
    for (const child of children) child.kill(signal);
    process.exit(128 + number);
  });

await ensureInstalled();
await ensureBuilt();
const { main } = await import('../dist/collector/cli/main.js');
isServing = true;
process.exitCode = await main(['serve', ...process.argv.slice(2)]);
