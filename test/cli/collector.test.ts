import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../collector/cli/main.js';
import type { TraceDetail } from '../../collector/contract/answers.js';
import type { Execution, Session, Trace } from '../../collector/contract/shapes.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { createTestIo } from './test-io.js';

let collector: TestCollector;
let env: Record<string, string>;

beforeAll(async () => {
  collector = await startTestCollector();
  env = { SPANLEDGER_URL: collector.url };
});

afterAll(async () => {
  await collector.close();
});

async function run(...args: string[]) {
  const io = createTestIo(env);
  const exitCode = await main(args, io);
  return { exitCode, out: io.out(), err: io.err() };
}

async function runJson<Answer>(...args: string[]): Promise<Answer> {
  const { exitCode, out, err } = await run(...args, '--json');
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return JSON.parse(out) as Answer;
}

test('without traces the lists say what to do, and latest is not found', async () => {
  expect((await run('traces', 'list')).out).toBe('No traces found; spanledger demo sends one.\n');
  expect((await run('sessions')).out).toBe('No sessions found; spanledger demo makes one.\n');
  expect(await run('traces', 'show', 'latest')).toEqual({
    exitCode: 3,
    out: '',
    err: 'spanledger: there are no traces yet\n',
  });
});

describe('after a demo run', () => {
  let demo: string;
  let traceId: string;

  beforeAll(async () => {
    const { exitCode, out, err } = await run('demo');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    demo = out;
    traceId = /Sent trace ([0-9a-f]{32})/.exec(out)?.[1] ?? '';
  });

  test('the demo says which trace it sent, draws it and says how to see it again', () => {
    expect(demo).toContain(`spanledger traces show ${traceId}`);
    const tree = demo.slice(demo.indexOf('\n\nagent triage-lead') + 2, demo.indexOf('\n\nErrors'));
    expect(tree).toMatchInlineSnapshot(`
      "agent triage-lead                                                                  21.5s
      ├─ llm claude-sonnet-4-5-20250929                                                   3.1s   4.8k in / 412 out   $0.0237
      ├─ embed text-embedding-3-small                                                    142ms       38 in / – out  <$0.0001
      ├─ retrieval help-centre                                                            88ms
      ├─ ✗ tool fetch_order {"order_id":"48213"}                                          2.0s
      │     TimeoutError: orders.internal did not answer within 2000 ms (attempt 1 of 3)
      ├─ tool fetch_order {"order_id":"48213"}                                           318ms
      │  └─ http GET /orders/{id}                                                        296ms
      ├─ tool ask_researcher {"topic":"double charge within 24 hours"}                    8.1s
      │  └─ agent researcher                                                              8.0s
      │     ├─ llm gpt-5-mini-2025-08-07                                                  1.7s   1.2k in / 274 out   $0.0008
      │     ├─ tool fetch_page {"page":1,"query":"charged twice"}                        212ms
      │     ├─ tool fetch_page {"page":2,"query":"charged twice"}                        188ms
      │     ├─ × 7 more fetch_page, --all shows each                                      1.2s
      │     └─ llm gpt-5-mini-2025-08-07                                                  4.7s  18.5k in / 655 out   $0.0057
      ├─ llm claude-sonnet-4-5-20250929                                                   2.2s   6.9k in / 168 out   $0.0123
      ├─ handoff transfer_to_refunds                                                       6ms
      ├─ agent refunds                                                                    3.0s
      │  ├─ llm claude-haiku-4-5-20251001                                                 1.1s    1.6k in / 92 out   $0.0021
      │  ├─ tool issue_refund {"amount":39.9,"currency":"EUR","payment_id":"pay_77120"}  846ms
      │  └─ llm claude-haiku-4-5-20251001                                                990ms    1.8k in / 31 out   $0.0020
      └─ llm claude-sonnet-4-5-20250929                                                   2.2s    7.2k in / 96 out   $0.0065"
    `);
  });

  test('the demo is understood in full', async () => {
    const trace = await runJson<TraceDetail>('traces', 'show', traceId);
    expect(trace).toMatchObject({
      trace_id: traceId,
      status: 'completed',
      complete: true,
      session_id: 'support-48213',
      user_id: 'user-ines',
      agents: ['triage-lead', 'researcher', 'refunds'],
      llm_calls: 8,
      failed_llm_calls: 0,
      error_count: 1,
      input_tokens: 42_110,
      output_tokens: 1728,
      cached_input_tokens: 11_392,
      cache_write_tokens: 4096,
      reasoning_tokens: 826,
      cost_source: 'reported',
      services: ['support-desk'],
      environment: 'demo',
    });
    expect(trace.cost_usd).toBeCloseTo(0.05301076, 8);
    expect(trace.input_preview).toContain('cracked lid');
    expect(trace.tools).not.toContain('transfer_to_refunds');
  });

  test('a trace is listed, filtered and shown', async () => {
    const { data } = await runJson<{ data: Trace[] }>(
      'traces',
      'list',
      '--agent',
      'researcher',
      '--has-error',
    );
    expect(data.map((trace) => trace.trace_id)).toEqual([traceId]);
    expect((await runJson<{ data: Trace[] }>('traces', 'list', '--min-cost-usd', '100')).data).toEqual([]);
    expect((await run('traces')).out).toMatch(new RegExp(`^${traceId}  \\d+s +✓ completed`, 'm'));
    const shown = await run('traces', 'show', 'latest', '--all', '--summary');
    expect(shown.out).toContain('Critical path');
    expect(shown.out.match(/tool fetch_page/g)).toHaveLength(9);
    expect(shown.out).toContain(
      'TimeoutError: orders.internal did not answer within 2000 ms (attempt 1 of 3)',
    );
  });

  test('a timeline narrows to what is asked for', async () => {
    const { out } = await run('traces', 'show', traceId, '--type', 'embedding');
    expect(out).toMatch(/^ {2}embed text-embedding-3-small {3,}█ +142ms$/m);
    expect(out).not.toContain('tool fetch_page');
    const all = await runJson<{ data: unknown[] }>('traces', 'show', traceId, '--timeline');
    expect(all.data).toHaveLength(27);
    expect((await run('traces', 'show', traceId, '--slower-than-ms', '900000')).out).toContain(
      'No step of this trace fits.',
    );
  });

  test('sessions and executions are listed and shown', async () => {
    const session = await runJson<Session>('sessions', 'show', 'support-48213');
    expect(session).toMatchObject({ trace_count: 1, llm_calls: 8 });
    expect((await run('sessions', 'show', 'support-48213')).out).toContain(traceId);
    const { data } = await runJson<{ data: Execution[] }>('executions', 'list', '--trace-id', traceId);
    expect(data.map((execution) => execution.agent_name).sort()).toEqual([
      'refunds',
      'researcher',
      'triage-lead',
    ]);
    const lead = data.find((execution) => execution.agent_name === 'triage-lead');
    const tree = await run('executions', 'tree', lead?.id ?? '');
    expect(tree.out).toMatch(/^triage-lead .*\n├─ researcher .*\n└─ refunds /m);
    expect((await run('executions', 'show', lead?.id ?? '')).out).toMatch(
      /tools +fetch_order ✗, fetch_order/,
    );
  });

  test('the beginning of an id is enough, and latest is the newest that nothing else started', async () => {
    // Only how long ago it was may have changed meanwhile.
    const show = async (id: string) =>
      (await run('sessions', 'show', id)).out.replaceAll(/\b\d+s(?= ago| +✓)/g, 'N');
    const session = await show('support-48213');
    expect(await show('support-4')).toBe(session);
    expect(await show('latest')).toBe(session);
    const shown = await runJson<TraceDetail>('traces', 'show', traceId.slice(0, 10));
    expect(shown.trace_id).toBe(traceId);
    const latest = await runJson<Execution>('executions', 'show', 'latest');
    expect(latest).toMatchObject({ agent_name: 'triage-lead', parent_execution_id: null });
    const begun = await runJson<Execution>('executions', 'show', latest.id.slice(0, 9));
    expect(begun.id).toBe(latest.id);
    expect((await run('executions', 'tree', 'latest')).out).toMatch(/^triage-lead .*\n├─ researcher /m);
    for (const prefix of ['ffffffffffffffffff', '0000']) {
      if (traceId.startsWith(prefix)) continue;
      expect((await run('traces', 'show', prefix)).exitCode).toBe(3);
    }
  });

  test('ids of spans are printed on demand, as explain takes them', async () => {
    const { out } = await run('traces', 'show', traceId, '--ids');
    const [, spanId = ''] = /^├─ llm claude-sonnet-4-5-20250929 .* ([0-9a-f]{16})$/m.exec(out) ?? [];
    expect((await run('explain', traceId, spanId)).out).toContain(`span ${spanId} of trace ${traceId}`);
    const entries = (await run('sessions', 'show', 'latest', '--ids')).out;
    expect(entries).toMatch(new RegExp(`span +llm claude-sonnet-4-5-20250929 .* ${spanId}$`, 'm'));
    expect((await run('explain', 'support-48213', spanId.slice(0, 9))).out).toContain(`span ${spanId}`);
  });

  test('what is unknown is not found', async () => {
    const unknown = [
      ['traces', 'show', '0123456789abcdef0123456789abcdef'],
      ['sessions', 'show', 'nobody'],
      ['executions', 'show', '3f2f4b7e-8a51-8c6e-9d0a-1b2c3d4e5f60'],
    ];
    for (const args of unknown) {
      const { exitCode, out, err } = await run(...args);
      expect({ exitCode, out }).toEqual({ exitCode: 3, out: '' });
      expect(err).toMatch(/^spanledger: .+\n$/);
    }
  });

  test('tail prints what is there, then what comes in, until it is stopped', async () => {
    const io = createTestIo(env);
    const tail = main(['traces', 'tail', '--json', '--interval', '0.1'], io);
    await io.waitForOutput(traceId);
    const { trace_ids: sent } = await runJson<{ trace_ids: string[] }>('demo');
    await io.waitForOutput(sent[0] ?? 'nothing was sent');
    io.stop();
    expect(await tail).toBe(0);
    const lines = io.out().trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Trace).trace_id)).toEqual([traceId, ...sent]);
  });
});

test('of several demo runs one in five fails where the refund is refused', async () => {
  const { trace_ids: sent } = await runJson<{ trace_ids: string[] }>('demo', '--count', '5');
  expect(sent).toHaveLength(5);
  const { data } = await runJson<{ data: Trace[] }>('traces', 'list', '--status', 'failed');
  expect(data.map((trace) => trace.trace_id)).toEqual([sent[1]]);
  expect(data[0]).toMatchObject({ error_count: 2, llm_calls: 6, failed_llm_calls: 0 });
  const { out } = await run('traces', 'show', sent[1] ?? '');
  expect(out.match(/PaymentRefused: /g)).toHaveLength(2);
  expect(out).toContain('Errors (2)');
});

test('retention changes only what is named, and a dry run deletes nothing', async () => {
  await runJson('retention', 'set', '--spans', '10', '--payloads', '5', '--records', 'forever');
  expect(await runJson('retention', 'set', '--payloads', '7')).toEqual({
    spans_days: 10,
    payloads_days: 7,
    records_days: null,
  });
  expect((await run('retention')).out).toMatchInlineSnapshot(`
    "  spans     10 days
      payloads  7 days
      records   for ever
    "
  `);
  expect(await runJson('retention', 'run', '--dry-run')).toMatchObject({ dry_run: true });
});

test('doctor finds a running collector well', async () => {
  const { exitCode, out } = await run('doctor', '--database-url', collector.databaseUrl);
  expect(out).toMatch(/^ok +round trip +a span was sent over OTLP and read back in \d+ms$/m);
  expect(out).not.toMatch(/^fail/m);
  expect(exitCode).toBe(0);
});

test('serve prints one ready line and what to paste, and ends when it is asked to', async () => {
  const io = createTestIo();
  const serving = main(
    [
      ...['--port', '0', '--grpc-port', 'free', '--database-url', collector.databaseUrl],
      ...['--log-level', 'silent', '--no-open'],
    ],
    io,
  );
  await io.waitForOutput('traces list');
  const ready = io.out().match(/^spanledger ready (http:\/\/127\.0\.0\.1:\d+)$/gm);
  expect(ready).toHaveLength(1);
  const url = ready?.[0]?.split(' ').at(-1) ?? '';
  expect(io.out()).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${url}`);
  const grpcUrl = /ENDPOINT=(\S+) +# or here, if it speaks gRPC$/m.exec(io.out())?.[1] ?? '';
  expect(grpcUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const { port } = new URL(grpcUrl);
  expect((await run('doctor', '--url', url, '--grpc-port', port)).out).toMatch(
    new RegExp(`^ok +OTLP over gRPC +served at ${grpcUrl}$`, 'm'),
  );
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  io.stop();
  expect(await serving).toBe(0);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

test('a port that is taken is a line, not a stack', async () => {
  const { port } = new URL(collector.url);
  const settings = ['--port', port, '--grpc-port', '0', '--database-url', collector.databaseUrl];
  const { exitCode, err } = await run('serve', ...settings);
  expect(exitCode).toBe(1);
  expect(err).toMatch(new RegExp(`^spanledger: port ${port} .*--port`, 'm'));
});

test('a port of gRPC that is taken is a line that says how to turn it off', async () => {
  const { port } = new URL(collector.url);
  const settings = ['--port', '0', '--grpc-port', port, '--database-url', collector.databaseUrl];
  const { exitCode, err } = await run('serve', ...settings);
  expect(exitCode).toBe(1);
  expect(err).toMatch(
    new RegExp(`^spanledger: port ${port} on 127\\.0\\.0\\.1 is in use: .*--grpc-port 0$`, 'm'),
  );
  expect((await run('doctor', '--url', 'http://127.0.0.1:1', ...settings)).out).toMatch(
    new RegExp(`^fail +gRPC port +127\\.0\\.0\\.1:${port} is taken .*\\n.*--grpc-port$`, 'm'),
  );
});

test('migrate has nothing to do for a database that a collector uses', async () => {
  expect((await run('migrate', '--database-url', collector.databaseUrl)).out).toBe(
    'The database is up to date.\n',
  );
});

describe('with an API key', () => {
  let guarded: TestCollector;

  beforeAll(async () => {
    guarded = await startTestCollector({ apiKey: 'sl-key' });
  });

  afterAll(async () => {
    await guarded.close();
  });

  test('the key is needed to send and to ask', async () => {
    const without = await run('traces', 'list', '--url', guarded.url);
    expect(without.exitCode).toBe(1);
    expect(without.err).toMatch(/--api-key or SPANLEDGER_API_KEY\.\n$/);
    expect((await run('demo', '--url', guarded.url)).exitCode).toBe(1);
    env = { ...env, SPANLEDGER_API_KEY: 'sl-key' };
    expect((await run('demo', '--url', guarded.url)).exitCode).toBe(0);
    expect((await run('doctor', '--url', guarded.url, '--api-key', 'sl-key')).exitCode).toBe(0);
    const wrong = await run('doctor', '--url', guarded.url, '--api-key', 'other');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.out).toMatch(/^fail +round trip/m);
  });
});
