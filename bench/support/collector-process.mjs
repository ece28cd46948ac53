import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { root } from '../../scripts/ensure.mjs';

const MAIN = join(root, 'dist/collector/cli/main.js');

/**
 * The built command in a process of its own, once it said that it is ready. `profileTo` is a folder that gets a CPU
 * profile of each of its threads when it ends.
 */
export async function startCollector({ databaseUrl, transport, profileTo }) {
  const grpcPort = transport === 'grpc' ? await findFreePort() : 0;
  // As `npm start` has it.
  const node = ['--max-semi-space-size=64'];
  if (profileTo !== undefined) node.push('--cpu-prof', '--cpu-prof-dir', profileTo);
  const settings = ['--port', '0', '--grpc-port', String(grpcPort), '--log-level', 'warn', '--no-open'];
  const args = [...node, MAIN, 'serve', ...settings, '--database-url', databaseUrl];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const url = await waitUntilReady(child, ended);
  return {
    url,
    grpcAddress: `127.0.0.1:${grpcPort}`,
    pid: child.pid,
    /** Asks it to end and waits until it has. */
    async end() {
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`the collector ended with ${code}`);
    },
  };
}

async function waitUntilReady(child, ended) {
  let output = '';
  const read = new Promise((resolve) => {
    const onData = (chunk) => {
      output += chunk;
      const ready = /^spanledger ready (\S+)$/m.exec(output);
      if (ready) resolve(ready[1]);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
  });
  const url = await Promise.race([read, ended.then(() => undefined)]);
  if (url === undefined) throw new Error(`the collector ended before it was ready:\n${output}`);
  child.stderr.pipe(process.stderr);
  return url;
}

/** The setting knows 0 as "off", so a free port has to be looked for. */
async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
