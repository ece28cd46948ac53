import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presentWhereabouts } from '../../collector/api/whereabouts.js';
import { main } from '../../collector/cli/main.js';
import { createClient } from '../../collector/client/client.js';
import type { Problem } from '../../collector/contract/answers.js';
import { Whereabouts } from '../../collector/contract/whereabouts-shapes.js';
import { createTestIo } from '../cli/test-io.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

const TRACE = 'a'.repeat(32);
const CALLER = '1'.repeat(16);
const MISSING = '2'.repeat(16);
const CHILD = '3'.repeat(16);
const REFUSED = '4'.repeat(16);
const LOGGED = '5'.repeat(16);
const NOW = (BigInt(Date.now()) * 1_000_000n).toString();

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
  const client = new pg.Client({ connectionString: collector.databaseUrl });
  await client.connect();
  await client.query(`alter table spans add constraint no_forbidden check (name <> 'forbidden')`);
  await client.end();
  const times = { startTimeUnixNano: NOW, endTimeUnixNano: NOW };
  const span = (spanId: string, name: string, parentSpanId?: string) => ({
    traceId: TRACE,
    spanId,
    name,
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...times,
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'desk' } }] };
  const spans = [span(CALLER, 'answer'), span(CHILD, 'search', MISSING), span(REFUSED, 'forbidden', CALLER)];
  await post('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  const record = { timeUnixNano: NOW, traceId: TRACE, spanId: LOGGED, body: { stringValue: 'hello' } };
  await post('logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record, record] }] }] });
});
afterAll(async () => {
  await collector.close();
});

async function post(signal: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${collector.url}/v1/${signal}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

async function where(traceId: string, spanId?: string): Promise<Whereabouts> {
  const found = await createClient({ baseUrl: collector.url }).ingest.where({
    trace_id: traceId,
    span_id: spanId,
  });
  expect(Whereabouts.parse(found)).toEqual(found);
  return found;
}

describe('where a span is', () => {
  it('that is here: when it came, from whom, in which trace', async () => {
    const found = await where(TRACE.toUpperCase(), CALLER);
    expect(found).toMatchObject({
      trace_id: TRACE,
      span_id: CALLER,
      known: true,
      trace: { span_count: 2, services: ['desk'], complete: false },
      span: { name: 'answer', type: 'span', service_name: 'desk', pending: false },
      child_count: 0,
      log_records: { count: 0, first_received_at: null },
      advice: [],
      retention: { spans_days: 30 },
      spool: null,
    });
    expect(found.verdict).toBe(`The span is here: it came from desk at ${found.span?.received_at ?? ''}.`);
    expect(Date.parse(found.span?.received_at ?? '')).toBeGreaterThan(
      Number(BigInt(NOW) / 1_000_000n) - 60_000,
    );
  });

  it('that others name as their parent: it did not come', async () => {
    const found = await where(TRACE, MISSING);
    expect(found).toMatchObject({ known: false, span: null, child_count: 1 });
    expect(found.verdict).toBe('The span did not come, though 1 span of its trace names it as parent.');
    expect(found.advice[0]).toContain('ends');
  });

  it('that was refused: with the reason', async () => {
    const found = await where(TRACE, REFUSED);
    expect(found).toMatchObject({
      known: false,
      span: null,
      issues: [{ code: 'ROW_REFUSED', span_id: REFUSED }],
    });
    expect(found.verdict).toMatch(
      /^The span came at .* and was refused: .*"no_forbidden" \(SQLSTATE 23514\)\.$/,
    );
  });

  it('of which only log records came', async () => {
    const found = await where(TRACE, LOGGED);
    expect(found).toMatchObject({ known: false, log_records: { count: 2 } });
    expect(found.verdict).toBe('The span did not come, though 2 log records of it did.');
    expect(found.advice[0]).toContain('sampler');
  });

  it('that nothing names, of a trace that is here', async () => {
    const found = await where(TRACE, '9'.repeat(16));
    expect(found).toMatchObject({ known: false, trace: { span_count: 2 } });
    expect(found.verdict).toMatch(/^The span did not come, and nothing names it; 2 spans of its trace did/);
  });

  it('of which nothing is known: what to check', async () => {
    for (const spanId of [undefined, CALLER]) {
      const found = await where('b'.repeat(32), spanId);
      expect(found).toMatchObject({ known: false, trace: null, span: null, issues: [] });
      expect(found.verdict).toBe('Nothing of the trace is here: it never came, or was deleted.');
      expect(found.advice.map((text) => text.split(':')[0])).toContain('Check where the service exports to');
    }
  });

  it('of a trace: that some of it was refused', async () => {
    const found = await where(TRACE);
    expect(found).toMatchObject({ known: true, span_id: null, span: null, log_records: { count: 2 } });
    expect(found.verdict).toMatch(/^The trace is here with 2 spans, .* but some of it was refused\.$/);
  });

  it('is refused with a pointer where an id is none', async () => {
    for (const [query, pointer] of [
      ['', '/query/trace_id'],
      ['?trace_id=xyz', '/query/trace_id'],
      [`?trace_id=${TRACE}&span_id=12`, '/query/span_id'],
    ] as const) {
      const response = await fetch(`${collector.url}/api/v1/ingest/where${query}`);
      expect(response.status).toBe(400);
      expect(((await response.json()) as Problem).errors).toMatchObject([{ pointer }]);
    }
  });
});

describe('what is said where the sender is not to blame', () => {
  const nothing = {
    trace: null,
    span: null,
    child_count: 0,
    log_records: { count: 0, first_received_at: null, last_received_at: null },
    issues: [],
  };
  const asked = {
    traceId: TRACE,
    spanId: null,
    spansDays: null,
    nowMillis: Date.parse('2026-01-31T00:00:00Z'),
  };

  it('retention may have deleted it, with the time before which it has', () => {
    const { verdict, retention, advice } = presentWhereabouts(
      nothing,
      { ...asked, spansDays: 30 },
      undefined,
    );
    expect(retention).toEqual({ spans_days: 30, deleted_before: '2026-01-01T00:00:00.000Z' });
    expect(verdict).toContain('or was deleted');
    expect(advice.at(-1)).toBe(
      'Retention keeps spans for 30 days: those that started and came before 2026-01-01T00:00:00.000Z are deleted.',
    );
  });

  it('it may wait in the spool', () => {
    const { verdict, spool } = presentWhereabouts(nothing, asked, { requests: 3, oldestMillis: 0 });
    expect(verdict).toBe('Nothing of the trace is stored, but 3 requests in the spool may hold it.');
    expect(spool).toEqual({ requests: 3, oldest_received_at: '1970-01-01T00:00:00.000Z' });
  });
});

describe('spanledger where', () => {
  async function run(...args: string[]) {
    const io = createTestIo({ SPANLEDGER_URL: collector.url });
    const exitCode = await main(['where', ...args], io);
    return { exitCode, out: io.out(), err: io.err() };
  }

  it('shows the verdict, the facts and what to check', async () => {
    const { exitCode, out } = await run(TRACE.slice(0, 8), MISSING);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^The span did not come, though 1 span of its trace names it as parent\.$/m);
    expect(out).toMatch(/^ {2}spans +2, received just now to just now$/m);
    expect(out).toMatch(/^To check\n {2}- See that the span ends/m);
  });

  it('takes a traceparent header', async () => {
    const { out } = await run(`00-${TRACE}-${CALLER}-01`, '--json');
    expect(JSON.parse(out)).toMatchObject({ span_id: CALLER, known: true });
  });

  it('refuses a span id that is none', async () => {
    const { exitCode, err } = await run(TRACE, 'xyz');
    expect(exitCode).toBe(2);
    expect(err).toContain('"xyz" is no span id: it has 16 hexadecimal digits');
  });
});
