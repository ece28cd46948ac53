import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  getContext,
  getPlan,
  init,
  queryContext,
  queryLogs,
  queryPlans,
  setContext,
  SpanledgerApiError,
  type Spanledger,
} from '../../../src/index.js';
import { startRecordServer, type RecordServer } from '../../support/sdk-record-server.js';

let server: RecordServer;
let handle: Spanledger;
beforeEach(async () => {
  server = await startRecordServer();
  handle = init({ url: server.url, protocol: 'http/json', apiKey: 'k-1', exitGuard: false });
});
afterEach(async () => {
  await handle.shutdown();
  await server.close();
  delete process.env['SPANLEDGER_URL'];
});

test('what was just remembered can be read: it is sent before', async () => {
  server.api = ({ path, query }) => {
    const found = server.records.find(
      ({ type, attributes }) =>
        type === 'context.set' && attributes['spanledger.context.key'] === query['key'],
    );
    const value = found?.attributes['spanledger.context.value'];
    return path === '/api/v1/context'
      ? {
          status: 200,
          body: { data: value === undefined ? [] : [{ key: query['key'], value }], next_cursor: null },
        }
      : undefined;
  };
  setContext({ taskId: 't-1', type: 'goal', key: 'aim', value: 'ship it' });
  expect(await getContext({ taskId: 't-1', type: 'goal', key: 'aim' })).toEqual({
    key: 'aim',
    value: 'ship it',
  });
  expect(await getContext({ taskId: 't-1', type: 'goal', key: 'other' })).toBeUndefined();
  expect(server.requests[0]).toMatchObject({
    query: { task: 't-1', type: 'goal', key: 'aim', limit: '1' },
    headers: { authorization: 'Bearer k-1', accept: 'application/json' },
  });
});

test('lists ask by the names of the query API and give its pages', async () => {
  const page = { data: [{ id: 'x' }], next_cursor: 'c-2' };
  server.api = () => ({ status: 200, body: page });
  const plans = {
    status: 'blocked',
    taskId: 't',
    type: 'research',
    agentName: 'a',
    userId: 'u',
    from: '24h',
    limit: 5,
  } as const;
  expect(await queryPlans(plans)).toEqual(page);
  await queryLogs({
    plan: { id: 'p' },
    taskId: 't',
    step: 2,
    action: 'block',
    errorsOnly: true,
    confidenceBelow: 0.5,
    text: 'x y',
    cursor: 'c',
  });
  await queryContext({ plan: 'p', text: 'license' });
  expect(server.requests.map(({ path, query }) => [path, query])).toEqual([
    [
      '/api/v1/plans',
      { status: 'blocked', task: 't', type: 'research', agent: 'a', user: 'u', from: '24h', limit: '5' },
    ],
    [
      '/api/v1/logs',
      {
        plan: 'p',
        task: 't',
        step: '2',
        action_type: 'block',
        errors_only: 'true',
        confidence_below: '0.5',
        q: 'x y',
        cursor: 'c',
      },
    ],
    ['/api/v1/context', { plan: 'p', q: 'license' }],
  ]);
});

test('a plan is read with what was asked for, and is undefined where there is none', async () => {
  server.api = ({ path, query }) =>
    path === '/api/v1/plans/p%2F1' ? { status: 200, body: { id: 'p/1', asked: query } } : undefined;
  expect(await getPlan('p/1', { logs: true, context: true })).toEqual({
    id: 'p/1',
    asked: { include: 'logs,context' },
  });
  expect(await getPlan({ id: 'p/1' })).toEqual({ id: 'p/1', asked: {} });
  expect(await getPlan('p-2')).toBeUndefined();
});

test('errors say what is missing and what to do', async () => {
  const problem = { code: 'AUTH_REQUIRED', detail: 'This collector asks for an API key.' };
  server.api = () => ({ status: 401, body: problem });
  const refused = await queryPlans().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SpanledgerApiError);
  expect(refused).toMatchObject({ status: 401, code: 'AUTH_REQUIRED', isRetryable: false });
  expect(String(refused)).toMatch(/asks for an API key.*SPANLEDGER_API_KEY/);
  server.api = () => ({ status: 404, body: 'not here' });
  await expect(queryPlans()).rejects.toThrow(/is it the address of a Spanledger collector/);
  server.api = () => ({ status: 200 });
  await expect(queryPlans()).resolves.toEqual({ data: [], next_cursor: null });
  await handle.shutdown();
  handle = init({
    url: 'http://127.0.0.1:9',
    exporter: { export: () => undefined, shutdown: () => Promise.resolve() },
  });
  await expect(queryPlans()).rejects.toMatchObject({ status: null, code: 'UNREACHABLE', isRetryable: true });
  await expect(queryPlans()).rejects.toThrow(
    /no collector answers at http:\/\/127\.0\.0\.1:9.*SPANLEDGER_URL/,
  );
});

test('the query API may be elsewhere than where the spans go, and gets no key of theirs', async () => {
  await handle.shutdown();
  const other = await startRecordServer(() => ({ status: 200, body: { data: [], next_cursor: null } }));
  process.env['SPANLEDGER_URL'] = `${other.url}/ledger/`;
  handle = init({
    url: server.url,
    protocol: 'http/json',
    headers: { 'x-api-key': 'of another vendor' },
    exitGuard: false,
  });
  await queryPlans();
  expect(other.requests).toMatchObject([{ path: '/ledger/api/v1/plans' }]);
  expect(other.requests[0]?.headers).not.toHaveProperty('x-api-key');
  expect(server.requests).toEqual([]);
  await other.close();
});

test('over gRPC the query API has to be named', async () => {
  await handle.shutdown();
  handle = init({ protocol: 'grpc', exitGuard: false });
  await expect(queryPlans()).rejects.toThrow(/give apiUrl to init, or set SPANLEDGER_URL/);
});

test('instrumentation of fetch is told to make no spans of it', async () => {
  server.api = () => ({ status: 200, body: { data: [], next_cursor: null } });
  const original = globalThis.fetch;
  const suppressed: boolean[] = [];
  globalThis.fetch = (...given) => {
    suppressed.push(isTracingSuppressed(context.active()));
    return original(...given);
  };
  await queryPlans().finally(() => {
    globalThis.fetch = original;
  });
  expect(suppressed).toEqual([true]);
});

test('without init there is nothing, and nobody is asked', async () => {
  await handle.shutdown();
  expect(await queryPlans()).toEqual({ data: [], next_cursor: null });
  expect(await getPlan('p')).toBeUndefined();
  expect(await getContext({ type: 'goal', key: 'k' })).toBeUndefined();
  expect(server.requests).toEqual([]);
});
