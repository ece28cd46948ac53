import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { main } from '../../collector/cli/main.js';
import { listRoutes } from '../../collector/contract/routes.js';
import { createTestIo } from './test-io.js';

async function run(args: string[], env: Record<string, string> = {}) {
  const io = createTestIo(env);
  const exitCode = await main(args, io);
  return { exitCode, out: io.out(), err: io.err() };
}

/** An address at which nothing listens: it was free a moment ago. */
async function findDeadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('usage errors exit with 2 and one line that says what to do', () => {
  test.each([
    [['tarces'], /^spanledger: unknown command 'tarces': spanledger knows serve, /],
    [['traces', 'list', '--colour'], /^spanledger: unknown option '--colour'; --help shows what there is\n$/],
    [['traces', 'ls'], /^spanledger: unknown command 'ls': spanledger traces knows list, show, tail\n$/],
    [['config', 'print', 'extra'], /got 1; --help shows what there is\n$/],
    [['traces', 'show'], /^spanledger: missing required argument 'trace'/],
    [['traces', 'show', 'nope'], /^spanledger: "nope" is no trace id/],
    [['traces', 'list', '--limit', '9000'], /^spanledger: --limit was given "9000": /],
    [['traces', 'list', '--limit', 'many'], /^spanledger: --limit was given "many": /],
    [
      ['traces', 'list', '--from', 'yesterday'],
      /^spanledger: --from was given "yesterday": it takes RFC 3339, a day/,
    ],
    [['traces', 'list', '--status', 'odd'], /^spanledger: --status was given "odd": /],
    [['traces', 'list', '--url', 'here'], /^spanledger: --url was given "here", but takes a URL/],
    [['traces', 'tail', '--interval', '0'], /^spanledger: .*at least 0\.1/],
    [['executions', 'list', '--trace-id', 'xyz'], /^spanledger: --trace-id was given "xyz": must be 32 hex/],
    [['retention', 'set'], /^spanledger: nothing to set/],
    [['retention', 'set', '--spans', '-1'], /^spanledger: .*number of days/],
    [['demo', '--count', '0'], /^spanledger: .*from 1 to 1000/],
    [['serve', '--port', 'http'], /^spanledger: --port was given "http"/],
    [['--port', 'http'], /^spanledger: --port was given "http"/],
    [['serve', '--host', '0.0.0.0'], /^spanledger: --host 0\.0\.0\.0 would let anyone/],
    [['migrate', '--database-url', 'sqlite://x'], /^spanledger: --database-url takes/],
  ])('%j', async (args, line) => {
    const { exitCode, out, err } = await run(args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(line);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

test('a missing server exits with 4 and says how to start one', async () => {
  const url = await findDeadUrl();
  for (const args of [
    ['traces', 'list'],
    ['traces', 'show', 'latest'],
    ['traces', 'tail'],
    ['demo'],
    ['retention'],
  ]) {
    expect(await run([...args, '--url', url])).toEqual({
      exitCode: 4,
      out: '',
      err: `spanledger: no collector answers at ${url}: start one with spanledger serve, or name another with --url\n`,
    });
  }
});

test.each([
  [['--url', 'DEAD', 'traces', 'list']],
  [['--json', '--url=DEAD', 'traces', 'list']],
  [['--api-key', 'k', '--url', 'DEAD', 'sessions']],
])('options of the connection may stand before the command: %j', async (args) => {
  const url = await findDeadUrl();
  const { exitCode, err } = await run(args.map((arg) => arg.replace('DEAD', url)));
  expect(exitCode).toBe(4);
  expect(err).toContain(url);
});

test('the address may come from the environment', async () => {
  const url = await findDeadUrl();
  const { exitCode, err } = await run(['sessions'], { SPANLEDGER_URL: url });
  expect(exitCode).toBe(4);
  expect(err).toContain(url);
});

test('a connection that fails for another reason says which', async () => {
  const server = createTcpServer((socket) => socket.resetAndDestroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { exitCode, err } = await run(['traces', '--url', `http://127.0.0.1:${port}`]);
  expect(exitCode).toBe(4);
  expect(err).toContain('(ECONNRESET)');
  await new Promise((resolve) => server.close(resolve));
});

test('another server at the address is told from a collector', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(404).end('no such page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { exitCode, err } = await run(['traces', '--url', `http://127.0.0.1:${port}`]);
  expect(exitCode).toBe(1);
  expect(err).toContain('is that address a Spanledger collector?');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a stack is shown only where it was asked for', async () => {
  const url = await findDeadUrl();
  const { err } = await run(['traces', '--url', url], { SPANLEDGER_DEBUG: '1' });
  expect(err).toContain('    at ');
});

test('help names every command and has examples', async () => {
  const { exitCode, out } = await run(['--help']);
  expect(exitCode).toBe(0);
  for (const name of 'serve migrate demo doctor traces sessions executions retention config openapi'.split(
    ' ',
  )) {
    expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
  }
  expect(out).toContain('spanledger traces show latest');
  expect((await run(['traces', 'list', '--help'])).out).toContain('--min-cost-usd <number>');
  expect((await run(['help', 'serve'])).out).toContain('SPANLEDGER_MAX_BODY_BYTES');
  expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('config print shows values and where they come from, never a secret', async () => {
  const env = {
    HOME: '/home/ines',
    DATABASE_URL: 'postgres://u:secret@db/x',
    SPANLEDGER_API_KEY: 'sk-hidden',
  };
  const { exitCode, out } = await run(['config', 'print', '--port', '0', '--json'], env);
  expect(exitCode).toBe(0);
  expect(out).not.toMatch(/secret|sk-hidden/);
  expect(JSON.parse(out)).toContainEqual({
    setting: 'port',
    value: '0',
    source: '--port',
    flag: '--port',
    env: 'SPANLEDGER_PORT',
  });
  const text = (await run(['config', 'print'], env)).out;
  expect(text).toMatch(/--database-url +DATABASE_URL +postgres:\/\/u:\*\*\*@db\/x +DATABASE_URL/);
});

test('the OpenAPI document needs no server', async () => {
  const { exitCode, out } = await run(['openapi']);
  expect(exitCode).toBe(0);
  const document = JSON.parse(out) as { openapi: string; paths: Record<string, unknown> };
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual([...new Set(listRoutes().map(({ route }) => route.path))]);
});
