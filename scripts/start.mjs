// `npm start`: install what is missing, build what is stale, serve in this process.
import { children, ensureBuilt, ensureInstalled } from './ensure.mjs';

// While it installs and builds, a signal, or the end of the shell between npm and this process, ends everything.
const parent = process.ppid;
const watch = setInterval(() => process.ppid === parent || end('SIGTERM'), 200);
process.on('SIGINT', end).on('SIGTERM', end);

function end(signal) {
  for (const child of children) child.kill(signal);
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

await ensureInstalled();
await ensureBuilt();
const { main } = await import('../dist/collector/cli/main.js');
// From here on the server does so itself, in order.
clearInterval(watch);
process.off('SIGINT', end).off('SIGTERM', end);
const exitCode = await main(['serve', ...process.argv.slice(2)]);
// Ends only after a slow reader has taken everything, and whatever is still open.
process.stdout.write('', () => process.exit(exitCode));
