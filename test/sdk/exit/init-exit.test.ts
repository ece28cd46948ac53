import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startOtlpServer, type OtlpServer } from '../../support/otlp-server.js';
import { runNode, transpileSdk, type ProcessEnd, type SdkFolder } from '../../support/sdk-child.js';

const ALL = ['chat gpt-5', 'execute_tool look up', 'invoke_agent planner'];

let sdk: SdkFolder;
let script: string;
let sink: OtlpServer;
let spool: string;

beforeAll(() => {
  sdk = transpileSdk();
  script = sdk.addScript(fileURLToPath(new URL('init-process.mjs', import.meta.url)));
});

afterAll(() => {
  sdk.remove();
});

beforeEach(async () => {
  sink = await startOtlpServer();
  spool = mkdtempSync(path.join(os.tmpdir(), 'spanledger-spool-'));
});

afterEach(async () => {
  await sink.close();
  rmSync(spool, { recursive: true, force: true });
});

function run(ending: string, env: Record<string, string> = {}): Promise<ProcessEnd> {
  return runNode(script, {
    env: {
      ...env,
      ENDING: ending,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      SPANLEDGER_SPOOL_DIR: spool,
    },
  });
}

/** Names and `error.type` of the spans that have come, announcements of running ones left out. */
function listEnded(): { name: string; errorType: unknown }[] {
  return sink.received
    .flatMap(({ decoded }) => decoded.spans)
    .filter(({ attributes }) => !attributes.some(({ key }) => key === 'spanledger.pending'))
    .map(({ name, attributes }) => ({
      name,
      errorType: attributes.find(({ key }) => key === 'error.type')?.value,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function listSpooled(): string[] {
  return readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
}

test('after one line of set-up an agent that simply ends has sent everything', async () => {
  expect(await run('end')).toMatchObject({ code: 0, stderr: '' });
  expect(listEnded()).toEqual(ALL.map((name) => ({ name, errorType: undefined })));
  expect(listSpooled()).toEqual([]);
});

test('process.exit in the middle of an agent loses nothing', async () => {
  expect(await run('exit')).toMatchObject({ code: 5, stderr: '' });
  expect(listEnded()).toEqual([]);
  expect(await run('nothing')).toMatchObject({ code: 0, stderr: '' });
  expect(listEnded()).toEqual([
    { name: ALL[0], errorType: undefined },
    { name: ALL[1], errorType: 'exit' },
    { name: ALL[2], errorType: 'exit' },
  ]);
});

test('an agent that nobody waits for is ended as abandoned and sent, also where spans go two ways', async () => {
  expect(await run('abandon', { OTEL_TRACES_EXPORTER: 'otlp,console' })).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(listEnded()).toEqual([{ name: ALL[2], errorType: 'abandoned' }]);
  expect(listSpooled()).toEqual([]);
});

test('an agent that fails and takes the process with it loses nothing', async () => {
  const end = await run('reject');
  expect(end.code).toBe(1);
  expect(end.stderr).toContain('TypeError: no such page');
  await run('nothing');
  expect(listEnded()).toEqual([
    { name: ALL[0], errorType: undefined },
    { name: ALL[1], errorType: 'TypeError' },
    { name: ALL[2], errorType: 'TypeError' },
  ]);
});

test('a shutdown that cannot send leaves its spans to the next start', async () => {
  const { ingest } = sink;
  sink.ingest = () => Promise.reject(new Error('down'));
  expect(await run('shutdown')).toMatchObject({ code: 0 });
  sink.ingest = ingest;
  await run('nothing');
  expect(listEnded()).toEqual(ALL.map((name) => ({ name, errorType: undefined })));
  expect(listSpooled()).toEqual([]);
});
