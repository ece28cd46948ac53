// `npm start`: install what is missing, build what is stale, serve in this process.
import { ensureBuilt, ensureInstalled } from './ensure.mjs';

// A shell between npm and this process may die of a signal without passing it on: then our parent changes.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 200);
watch.unref();

await ensureInstalled();
await ensureBuilt();
const { main } = await import('../dist/collector/cli/main.js');
process.exitCode = await main(['serve', ...process.argv.slice(2)]);
