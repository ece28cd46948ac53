import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Client } from '../../collector/client/client.js';
import { ClientError, createClient, ServerUnreachableError } from '../../collector/client/client.js';
import { listRoutes } from '../../collector/contract/routes.js';
import type { Span } from '../../collector/contract/shapes.js';
import {
  sendTrace,
  AGENT_SPAN,
  LLM_SPAN,
  LONG_QUESTION,
  SESSION_ID,
  TOOL_SPAN,
  TRACE_ID,
} from '../api/sent-trace.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;
let client: Client;
beforeAll(async () => {
  collector = await startTestCollector();
  client = createClient({ baseUrl: `${collector.url}/` });
  await sendTrace(collector.url);
});
afterAll(async () => {
  await collector.close();
});

async function findExecutionId(): Promise<string> {
  const { data } = await client.executions.list({ trace_id: TRACE_ID });
  return data[0]?.id ?? '';
}

/** A log record that reports a call of a session and names no trace, as Claude Code sends them. */
async function sendReport(sessionId: string): Promise<string> {
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const attributes = [
    text('event.name', 'api_request'),
    text('session.id', sessionId),
    text('model', 'claude-sonnet-4-5'),
    text('input_tokens', '10'),
    text('output_tokens', '2'),
  ];
  const logRecord = {
    timeUnixNano: `${Date.now()}000000`,
    body: { stringValue: 'claude_code.api_request' },
    attributes,
  };
  await fetch(`${collector.url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceLogs: [
        { scopeLogs: [{ scope: { name: 'com.anthropic.claude_code.events' }, logRecords: [logRecord] }] },
      ],
    }),
  });
  const { data } = await client.sessions.entries({ session_id: sessionId });
  return data[0]?.record_id ?? '';
}

describe('every operation', () => {
  it('answers what the contract says, and no more', async () => {
    const execution_id = await findExecutionId();
    const ids = {
      trace_id: TRACE_ID,
      span_id: LLM_SPAN,
      session_id: SESSION_ID,
      execution_id,
      name: 'fruit/eaten',
    };
    const settings = { spans_days: 30, payloads_days: null, records_days: 365 };
    const calls = client as unknown as Record<string, Record<string, (input: object) => Promise<unknown>>>;
    const price = { pattern: 'house-*', rates: { input: '1', output: 2 } };
    const reporter = { session_id: 'a session of records' };
    const record_id = await sendReport(reporter.session_id);
    // Ids of what was made on the way, for the operations after it.
    const made: Record<string, unknown> = {};
    for (const { group, verb, route } of listRoutes()) {
      const known: object = { ...ids, ...settings, ...price, ...made, dry_run: true };
      const body = route.body instanceof z.ZodObject ? Object.keys(route.body.shape) : [];
      const isRequired = ([, schema]: [string, z.core.$ZodType]) => !z.safeParse(schema, undefined).success;
      const asked = Object.entries(route.query.shape)
        .filter(isRequired)
        .map(([key]) => key);
      const takes = [...Object.keys(route.params.shape), ...asked, ...body];
      const given = Object.entries(known).filter(([key]) => takes.includes(key));
      const input = { ...Object.fromEntries(given), ...(verb === 'quote' && { model: 'gpt-5' }) };
      if (route.operationId === 'explainLogRecord') Object.assign(input, { ...reporter, record_id });
      const answer = await calls[group]?.[verb]?.(input);
      if (verb === 'create') made['price_id'] = (answer as { id: string }).id;
      if (verb === 'recompute') made['rerun_id'] = (answer as { id: string }).id;
      expect({ operation: route.operationId, answer: route.response.parse(answer) }).toEqual({
        operation: route.operationId,
        answer,
      });
    }
  });
});

describe('a trace', () => {
  it('is listed, and shown with its spans in start order', async () => {
    const { data, next_cursor } = await client.traces.list({ session_id: SESSION_ID, has_error: false });
    expect(data).toMatchObject([
      { trace_id: TRACE_ID, span_count: 3, input_tokens: 1200, models: ['gpt-5-2026'] },
    ]);
    expect(next_cursor).toBeNull();
    const trace = await client.traces.get({ trace_id: TRACE_ID.toUpperCase() });
    expect(trace.spans.map(({ span_id }) => span_id)).toEqual([AGENT_SPAN, LLM_SPAN, TOOL_SPAN]);
    expect(trace.spans_next_cursor).toBeNull();
  });

  it('is filtered away by what does not hold', async () => {
    for (const filter of [
      { user_id: 'x' },
      { min_tokens: 5000 },
      { to: '2026-01-01T00:00:00Z' },
      { from: '1s' },
    ]) {
      expect((await client.traces.list(filter)).data).toEqual([]);
    }
  });

  it('has no message bodies unless asked for, and then the raw ones are cut', async () => {
    const bare = await client.traces.get({ trace_id: TRACE_ID });
    const llm = (spans: Span[]) => spans.find(({ span_id }) => span_id === LLM_SPAN);
    expect(llm(bare.spans)).toMatchObject({ input_messages: null, raw_input: null, truncated: false });
    expect(JSON.stringify(bare.spans)).not.toContain('Äpfel');
    const full = llm((await client.traces.get({ trace_id: TRACE_ID, payloads: 'full' })).spans);
    expect(full).toMatchObject({ truncated: true, payload_expired: false });
    expect(Buffer.byteLength(full?.raw_input ?? '')).toBeGreaterThan(4_090);
    expect(Buffer.byteLength(full?.raw_input ?? '')).toBeLessThanOrEqual(4_096);
    expect(full?.input_messages).toMatchObject([
      { role: 'user', parts: [{ type: 'text', content: LONG_QUESTION }] },
    ]);
  });

  it('is read in pages of spans', async () => {
    const seen: string[] = [];
    for await (const span of client.traces.spans.rows({ trace_id: TRACE_ID, limit: 1 }))
      seen.push(span.span_id);
    expect(seen).toEqual([AGENT_SPAN, LLM_SPAN, TOOL_SPAN]);
  });

  it('is a tree, a timeline and a summary', async () => {
    const tree = await client.traces.tree({ trace_id: TRACE_ID });
    expect(tree).toMatchObject({
      roots: [
        { span_id: AGENT_SPAN, children: [{ span_id: LLM_SPAN, counted: true }, { span_id: TOOL_SPAN }] },
      ],
      truncated: false,
    });
    const timeline = await client.traces.timeline({ trace_id: TRACE_ID, type: 'tool', errors_only: false });
    expect(timeline.data).toMatchObject([{ span_id: TOOL_SPAN, depth: 1, offset_ms: 60 }]);
    const summary = await client.traces.summary({ trace_id: TRACE_ID });
    expect(summary.critical_path.map(({ span_id, self_ms }) => [span_id, self_ms])).toEqual([
      [AGENT_SPAN, 15],
      [LLM_SPAN, 50],
      [TOOL_SPAN, 35],
    ]);
  });
});

describe('a span', () => {
  it('has the whole of its input, and belongs to the session of its trace', async () => {
    const span = await client.spans.get({ trace_id: TRACE_ID, span_id: LLM_SPAN });
    expect(span).toMatchObject({
      model: 'gpt-5-2026',
      request_model: 'gpt-5',
      session_id: SESSION_ID,
      truncated: false,
    });
    expect(span.raw_input).toContain(LONG_QUESTION);
    expect(span).toMatchObject({
      counted: true,
      input_tokens: 1200,
      started_at: '2026-01-15T12:00:00.010000001Z',
    });
  });

  it('has typed attributes where asked for', async () => {
    const ids = { trace_id: TRACE_ID, span_id: LLM_SPAN };
    const plain = await client.spans.get(ids);
    expect(plain.attributes).toMatchObject({ big: Number.MAX_SAFE_INTEGER, 'session.id': SESSION_ID });
    const typed = await client.spans.get({ ...ids, attributes: 'typed' });
    expect(typed.attributes).toContainEqual({ key: 'big', value: { intValue: '9007199254740991' } });
  });
});

describe('an execution', () => {
  it('is shown with its tree and its spans', async () => {
    const execution_id = await findExecutionId();
    expect(await client.executions.get({ execution_id })).toMatchObject({
      agent_name: 'counter',
      span_id: AGENT_SPAN,
    });
    const { roots } = await client.executions.tree({ execution_id });
    expect(roots).toMatchObject([{ id: execution_id, children: [] }]);
    const spans = await client.executions.spans({ execution_id, limit: 2 });
    expect(spans.data.map(({ span_id }) => span_id)).toEqual([AGENT_SPAN, LLM_SPAN]);
    expect(spans.next_cursor).not.toBeNull();
  });
});

describe('a session', () => {
  it('has an id with any characters, and lists its traces', async () => {
    expect(await client.sessions.get({ session_id: SESSION_ID })).toMatchObject({ trace_count: 1 });
    const traces = await client.sessions.traces({ session_id: SESSION_ID });
    expect(traces.data.map(({ trace_id }) => trace_id)).toEqual([TRACE_ID]);
  });
});

describe('logs and metrics', () => {
  it('come back as they were sent', async () => {
    const { data } = await client.logRecords.list({ trace_id: TRACE_ID, severity: 9 });
    expect(data).toMatchObject([{ body: 'counting', span_id: AGENT_SPAN, service_name: 'orchard' }]);
    const points = await client.metrics.points({ name: 'fruit/eaten' });
    expect(points.data.map(({ value, attributes }) => [value, attributes])).toEqual([
      [7, { kind: 'apple' }],
      ['9007199254740993', { kind: 'apple' }],
    ]);
  });
});

describe('retention', () => {
  it('is what was set', async () => {
    const settings = { spans_days: 3, payloads_days: 0, records_days: null };
    expect(await client.retention.set(settings)).toEqual(settings);
    expect(await client.retention.get()).toEqual(settings);
    expect(await client.retention.run({ dry_run: true })).toMatchObject({ dry_run: true });
  });
});

describe('an error', () => {
  it('of the server has its status, its code and its problem', async () => {
    const error = await client.traces.get({ trace_id: 'f'.repeat(32) }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 404, code: 'API_NOT_FOUND', problem: { title: 'Not found' } });
  });

  it('of the network is told apart', async () => {
    const nowhere = createClient({ baseUrl: 'http://127.0.0.1:1' });
    await expect(nowhere.traces.list()).rejects.toBeInstanceOf(ServerUnreachableError);
  });

  it('of a caller who gave up is that of the signal', async () => {
    await expect(client.traces.list({}, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });

  it('of a server that is another program has the status and no problem', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/api/v1/metrics' ? 502 : 200, { 'content-type': 'text/html' });
      response.end('<h1>hello</h1>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const other = createClient({ baseUrl: `http://127.0.0.1:${port}` });
    await expect(other.metrics.list()).rejects.toMatchObject({
      status: 502,
      code: 'HTTP_502',
      problem: null,
    });
    await expect(other.traces.list()).rejects.toMatchObject({ status: 200, problem: null });
    server.close();
  });
});
