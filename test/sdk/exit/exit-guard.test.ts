import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SpanData } from '../../../collector/model/span-data.js';
import { startOtlpServer, type OtlpServer } from '../../support/otlp-server.js';
import {
  runNode,
  transpileSdk,
  type ProcessEnd,
  type RunOptions,
  type SdkFolder,
} from '../../support/sdk-child.js';

const DONE = ['done 1', 'done 2', 'done 3', 'done 4', 'done 5', 'done 6'];
const ALL = ['agent', ...DONE, 'open 1', 'open 2', 'open 3'];

let sdk: SdkFolder;
let script: string;
let sink: OtlpServer;
let spool: string;

beforeAll(() => {
  sdk = transpileSdk();
  script = sdk.addScript(fileURLToPath(new URL('agent-process.mjs', import.meta.url)));
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

interface AgentOptions extends Omit<RunOptions, 'env'> {
  handlers?: string;
  timeoutMillis?: number;
  exportTimeoutMillis?: number;
}

function run(
  ending: string,
  { handlers = '', timeoutMillis = 5_000, exportTimeoutMillis = 20_000, ...options }: AgentOptions = {},
): Promise<ProcessEnd> {
  return runNode(script, {
    ...options,
    env: {
      ENDING: ending,
      ENDPOINT: sink.url,
      SPOOL: spool,
      SPANLEDGER: 'on',
      HANDLERS: handlers,
      TIMEOUT: String(timeoutMillis),
      EXPORT_TIMEOUT: String(exportTimeoutMillis),
    },
  });
}

/** The same without any span, which says how the process is to end and what it is to print. */
async function expectUnchanged(
  end: ProcessEnd,
  ending: string,
  { handlers = '', ...options }: AgentOptions = {},
): Promise<void> {
  const bare = await runNode(script, { ...options, env: { ENDING: ending, HANDLERS: handlers } });
  expect({ ...end, durationMillis: 0 }).toEqual({ ...bare, durationMillis: 0 });
}

/** Starts the agent once more, with nothing to do, and gives what the sink has got altogether. */
async function startAgain(): Promise<SpanData[]> {
  expect(await run('nothing')).toMatchObject({ code: 0, stderr: '' });
  return listReceived();
}

function listReceived(): SpanData[] {
  return sink.received.flatMap(({ decoded }) => decoded.spans);
}

function listNames(spans: readonly SpanData[]): string[] {
  return spans.map(({ name }) => name).sort();
}

function readAttribute(span: SpanData | undefined, key: string): unknown {
  return span?.attributes.find((attribute) => attribute.key === key)?.value;
}

function find(spans: readonly SpanData[], name: string): SpanData | undefined {
  return spans.find((span) => span.name === name);
}

function listSpooled(): string[] {
  return readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.jsonl'));
}

function expectOpenSpans(spans: readonly SpanData[], cause: string, errorType: string): void {
  for (const name of ['agent', 'open 1', 'open 2', 'open 3']) {
    const span = find(spans, name);
    expect(span?.statusCode).toBe(2);
    expect(readAttribute(span, 'spanledger.end.cause')).toBe(cause);
    expect(readAttribute(span, 'error.type')).toBe(errorType);
  }
  for (const name of DONE) {
    expect(find(spans, name)?.statusCode).toBe(0);
    expect(readAttribute(find(spans, name), 'spanledger.end.cause')).toBeUndefined();
  }
}

function send(signal: NodeJS.Signals): AgentOptions {
  return {
    onReady: (child) => {
      child.kill(signal);
    },
  };
}

test('a process that has nothing left to do sends everything before it ends', async () => {
  await expectUnchanged(await run('end'), 'end');
  expect(listNames(listReceived())).toEqual(ALL);
  expectOpenSpans(listReceived(), 'abandoned', 'abandoned');
  expect(listSpooled()).toEqual([]);
});

test('a top-level await that never settles keeps its warning and its exit code', async () => {
  await expectUnchanged(await run('unsettled'), 'unsettled');
  expect(listNames(listReceived())).toEqual(ALL);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s sends everything, then ends the process as ever',
  async (signal) => {
    await expectUnchanged(await run('signal', send(signal)), 'signal', send(signal));
    expect(listNames(listReceived())).toEqual(ALL);
    expectOpenSpans(listReceived(), signal, signal);
    expect(listSpooled()).toEqual([]);
  },
);

test.each(['own-before', 'own-after'])(
  'an application with its own handler for SIGTERM (%s) ends itself',
  async (handlers) => {
    const bare: AgentOptions = {
      handlers,
      onReady: (child) => {
        child.kill('SIGTERM');
        child.kill('SIGUSR2');
      },
    };
    // The application is busy until its spans have arrived.
    const { ingest } = sink;
    const arrived = new Promise<void>((resolve) => {
      sink.ingest = async (request) => {
        const result = await ingest(request);
        resolve();
        return result;
      };
    });
    const end = await run('signal', {
      handlers,
      onReady: (child) => {
        child.kill('SIGTERM');
        void arrived.then(() => child.kill('SIGUSR2'));
      },
    });
    expect(end.code).toBe(7);
    await expectUnchanged(end, 'signal', bare);
    // What had ended was sent beside the handler, what was open was left to it until it called process.exit.
    expect(listNames(listReceived())).toEqual(DONE);
    // Where it exits before the answer comes, what had arrived is sent once more.
    const all = new Map((await startAgain()).map((span) => [span.spanId, span]));
    expect(listNames([...all.values()])).toEqual(ALL);
    expectOpenSpans([...all.values()], 'exit', 'exit');
  },
);

test('a listener that waits for others to leave is not waited for', async () => {
  const options = { ...send('SIGTERM'), handlers: 'courteous' };
  const end = await run('signal', options);
  expect(end.stdout).toContain('cleaned up');
  await expectUnchanged(end, 'signal', options);
  expect(listNames(listReceived())).toEqual(ALL);
});

test.each([
  ['throw', 'uncaught_exception', 'TypeError'],
  ['reject', 'unhandled_rejection', 'RangeError'],
  ['reject-value', 'unhandled_rejection', 'UnhandledPromiseRejection'],
])('after an uncaught error (%s) the next start sends all spans', async (ending, cause, errorType) => {
  await expectUnchanged(await run(ending), ending);
  expect(listSpooled()).toHaveLength(1);
  const spans = await startAgain();
  expect(listNames(spans)).toEqual(ALL);
  expectOpenSpans(spans, cause, errorType);
  expect(spans.flatMap(({ events }) => events.map(({ name }) => name))).toEqual(['exception']);
  expect(listSpooled()).toEqual([]);
  await startAgain();
  expect(listReceived()).toHaveLength(10);
});

test('an uncaught error that the application survives ends no span', async () => {
  const options = { handlers: 'survive-errors' };
  await expectUnchanged(await run('throw', options), 'throw', options);
  expectOpenSpans(listReceived(), 'abandoned', 'abandoned');
});

test('a rejection that the application survives ends no span', async () => {
  const options = { handlers: 'survive-rejections' };
  await expectUnchanged(await run('reject', options), 'reject', options);
  expectOpenSpans(listReceived(), 'abandoned', 'abandoned');
});

test('process.exit leaves all spans to the next start', async () => {
  await expectUnchanged(await run('exit'), 'exit');
  expect(listReceived()).toEqual([]);
  const spans = await startAgain();
  expect(listNames(spans)).toEqual(ALL);
  expectOpenSpans(spans, 'exit', 'exit');
});

test('process.exit with code 0 ends open spans without an error', async () => {
  await expectUnchanged(await run('exit-well'), 'exit-well');
  const spans = await startAgain();
  expect(listNames(spans)).toEqual(ALL);
  expect(spans.map(({ statusCode }) => statusCode)).toEqual(ALL.map(() => 0));
  expect(readAttribute(find(spans, 'open 1'), 'spanledger.end.cause')).toBe('exit');
});

test('spooled spans are redacted, readable by their owner alone, and keep what they were', async () => {
  await run('exit');
  const [name = ''] = listSpooled();
  const file = path.join(spool, name);
  expect(readFileSync(file, 'utf8')).not.toContain('sk-proj-');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  const spans = await startAgain();
  const root = find(spans, 'agent');
  expect(find(spans, 'open 1')).toMatchObject({ traceId: root?.traceId, parentSpanId: root?.spanId });
  expect(root?.resource.attributes).toEqual([{ key: 'service.name', value: 'planner' }]);
  expect(root?.scope).toMatchObject({ name: 'agent', version: '1.0.0' });
});

test('an endpoint that never answers holds the end up for the given time, then spans are kept', async () => {
  sink.ingest = () => new Promise(() => undefined);
  const [ended, killed] = await Promise.all([
    run('end', { timeoutMillis: 500 }),
    run('signal', { ...send('SIGTERM'), timeoutMillis: 500 }),
  ]);
  expect(ended).toMatchObject({ code: 3, signal: null, stderr: '' });
  expect(killed).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
  expect(Math.max(ended.durationMillis, killed.durationMillis)).toBeLessThan(10_000);
  expect(listSpooled()).toHaveLength(2);
});

test('an endpoint that never answers does not change how an unsettled top-level await ends', async () => {
  sink.ingest = () => new Promise(() => undefined);
  await expectUnchanged(
    await run('unsettled', { timeoutMillis: 300, exportTimeoutMillis: 1_000 }),
    'unsettled',
  );
  expect(listSpooled()).toHaveLength(1);
});

test('spans that an endpoint refused while it was down are sent when it is up', async () => {
  const { ingest } = sink;
  sink.ingest = () => Promise.reject(new Error('down'));
  expect(await run('end', { timeoutMillis: 300 })).toMatchObject({ code: 3, stderr: '' });
  expect(await run('nothing', { timeoutMillis: 300 })).toMatchObject({ code: 0 });
  expect(listSpooled()).toHaveLength(1);
  sink.ingest = ingest;
  expect(listNames(await startAgain())).toEqual(ALL);
});

test('a second signal ends the wait', async () => {
  sink.ingest = () => {
    // The flush has begun when its request is here.
    killAgain();
    return new Promise(() => undefined);
  };
  let killAgain = (): void => undefined;
  const end = await run('signal', {
    timeoutMillis: 50_000,
    onReady: (child) => {
      killAgain = () => {
        child.kill('SIGINT');
      };
      child.kill('SIGTERM');
    },
  });
  expect(end).toMatchObject({ code: null, signal: 'SIGINT' });
  expect(listSpooled()).toHaveLength(1);
});
