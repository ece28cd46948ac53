import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../collector/contract/answers.js';
import { listRoutes } from '../../collector/contract/routes.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';

let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector();
});
afterAll(async () => {
  await collector.close();
});

interface Answer {
  status: number;
  headers: Headers;
  problem: Problem;
}

async function request(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(collector.url + path, init);
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = Problem.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.type).toBe(`/docs/errors#${problem.code.toLowerCase()}`);
  return { status: response.status, headers: response.headers, problem };
}

function sendJson(method: string, path: string, body: string, headers: Record<string, string> = {}) {
  return request(path, { method, body, headers: { 'content-type': 'application/json', ...headers } });
}

const UNKNOWN_TRACE = 'ab'.repeat(16);
const UNKNOWN_ID = '00000000-0000-8000-8000-000000000000';

describe('a bad request', () => {
  it.each([
    ['/api/v1/traces/xyz', '/params/trace_id'],
    [`/api/v1/spans/${UNKNOWN_TRACE}/12`, '/params/span_id'],
    ['/api/v1/executions/7', '/params/execution_id'],
    ['/api/v1/traces?limit=0', '/query/limit'],
    ['/api/v1/traces?limit=501', '/query/limit'],
    ['/api/v1/traces?from=yesterday', '/query/from'],
    ['/api/v1/traces?status=done', '/query/status'],
    ['/api/v1/sessions?has_error=1', '/query/has_error'],
    ['/api/v1/log-records?span_id=x', '/query/span_id'],
    ['/api/v1/metrics?name=x', '/query/name'],
  ])('%s is answered with a pointer to %s', async (path, pointer) => {
    const { status, problem } = await request(path);
    expect(status).toBe(400);
    expect(problem).toMatchObject({ code: 'API_BAD_REQUEST', errors: [{ pointer }] });
    expect(problem.instance).toBe(path.split('?')[0]);
  });

  it.each(['/api/v1/traces/%zz', '/api/v1/sessions/%ff', '/api/v1/traces?agent=%zz'])(
    'with the broken escape of %s is answered with 400',
    async (path) => {
      expect((await request(path)).status).toBe(400);
    },
  );

  it.each([
    ['/api/v1/traces?cursor=nonsense'],
    ['/api/v1/sessions?cursor=nonsense'],
    ['/api/v1/executions?cursor=nonsense'],
    ['/api/v1/log-records?cursor=nonsense'],
    ['/api/v1/metrics/m/points?cursor=nonsense'],
    ['/api/v1/ingest/issues?cursor=nonsense'],
    ['/api/v1/retention/runs?cursor=nonsense'],
    ['/api/v1/prices?cursor=nonsense'],
    ['/api/v1/prices/missing?cursor=nonsense'],
    ['/api/v1/reruns?cursor=nonsense'],
  ])('with the cursor of %s is answered with 400', async (path) => {
    expect((await request(path)).problem.code).toBe('API_BAD_CURSOR');
  });
});

describe('what does not exist', () => {
  it.each([
    `/api/v1/traces/${UNKNOWN_TRACE}`,
    `/api/v1/traces/${UNKNOWN_TRACE}/spans`,
    `/api/v1/traces/${UNKNOWN_TRACE}/tree`,
    `/api/v1/traces/${UNKNOWN_TRACE}/timeline`,
    `/api/v1/traces/${UNKNOWN_TRACE}/summary`,
    `/api/v1/spans/${UNKNOWN_TRACE}/${'cd'.repeat(8)}`,
    '/api/v1/sessions/unknown',
    '/api/v1/sessions/unknown/traces',
    '/api/v1/sessions/unknown/entries',
    `/api/v1/spans/${UNKNOWN_TRACE}/${'cd'.repeat(8)}/explain`,
    `/api/v1/prices/${UNKNOWN_ID}`,
    `/api/v1/reruns/${UNKNOWN_ID}`,
    '/api/v1/sessions/nul%00',
    `/api/v1/executions/${UNKNOWN_ID}`,
    `/api/v1/executions/${UNKNOWN_ID}/tree`,
    `/api/v1/executions/${UNKNOWN_ID}/spans`,
    '/api/v1/nothing',
    '/nothing',
  ])('%s is answered with 404', async (path) => {
    const { status, problem } = await request(path);
    expect([status, problem.code]).toEqual([404, 'API_NOT_FOUND']);
  });
});

describe('a fixed path beside one with an id', () => {
  it('is not taken for that id', async () => {
    const { status, headers } = await request('/api/v1/prices/quote', { method: 'DELETE' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

describe('a method that a route does not take', () => {
  it.each([...new Set(listRoutes().map(({ route }) => route.path))])('is refused at %s', async (template) => {
    const path = template
      .replace('{trace_id}', UNKNOWN_TRACE)
      .replace('{span_id}', 'cd'.repeat(8))
      .replace('{execution_id}', UNKNOWN_ID)
      .replace('{price_id}', UNKNOWN_ID)
      .replace('{rerun_id}', UNKNOWN_ID)
      .replace(/\{\w+\}/, 'x');
    const { status, headers, problem } = await request(path, { method: 'PATCH' });
    expect([status, problem.code]).toEqual([405, 'API_METHOD_NOT_ALLOWED']);
    const allowed = listRoutes().filter(({ route }) => route.path === template);
    for (const { route } of allowed) expect(headers.get('allow')).toContain(route.method.toUpperCase());
  });
});

describe('a body', () => {
  it('that is not JSON is refused', async () => {
    expect((await sendJson('PUT', '/api/v1/retention', '{"spans_days":')).problem.code).toBe(
      'API_BAD_REQUEST',
    );
  });

  it('that lacks a member, or has one too many, is refused with pointers', async () => {
    const { problem } = await sendJson('PUT', '/api/v1/retention', '{"spans_days":-1,"days":1}');
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/body/days',
      '/body/payloads_days',
      '/body/records_days',
      '/body/spans_days',
    ]);
  });

  it('that does not say it is JSON is refused, so that no other origin can send one unasked', async () => {
    const { status } = await request('/api/v1/retention/run', { method: 'POST', body: '{"dry_run":true}' });
    expect(status).toBe(415);
    for (const path of ['retention/run', 'reproject', 'prices/recompute', `reruns/${UNKNOWN_ID}/cancel`]) {
      expect([path, (await request(`/api/v1/${path}`, { method: 'POST' })).status]).toEqual([path, 415]);
    }
  });

  it('in an unknown encoding or character set is refused', async () => {
    const path = '/api/v1/retention/run';
    expect((await sendJson('POST', path, '{}', { 'content-encoding': 'lzma' })).status).toBe(415);
    expect(
      (await sendJson('POST', path, '{}', { 'content-type': 'application/json; charset=latin1' })).status,
    ).toBe(415);
  });

  it('that is too large is refused', async () => {
    const body = JSON.stringify({ note: 'x'.repeat(1_100_000) });
    const { problem } = await sendJson('POST', '/api/v1/retention/run', body);
    expect(problem.code).toBe('API_BODY_TOO_LARGE');
  });
});

describe('with an API key', () => {
  let guarded: TestCollector;
  beforeAll(async () => {
    guarded = await startTestCollector({ apiKey: 'secret' });
  });
  afterAll(async () => {
    await guarded.close();
  });

  it('what was stored is shown only to those who have it', async () => {
    const refused = await fetch(`${guarded.url}/api/v1/traces`);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(Problem.parse(await refused.json()).code).toBe('AUTH_REQUIRED');
    const wrong = await fetch(`${guarded.url}/api/v1/traces`, { headers: { 'x-api-key': 'guess' } });
    expect(Problem.parse(await wrong.json()).code).toBe('AUTH_INVALID');
    const right = await fetch(`${guarded.url}/api/v1/traces`, { headers: { 'x-api-key': 'secret' } });
    expect(right.status).toBe(200);
  });

  it('the key is asked for before the body is read', async () => {
    const answer = await fetch(`${guarded.url}/api/v1/retention`, { method: 'PUT', body: 'x' });
    expect(answer.status).toBe(401);
  });

  it('probes and the description are open to all, and the landing page lists nothing', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/openapi.json']) {
      expect([path, (await fetch(guarded.url + path)).status]).toEqual([path, 200]);
    }
    expect(await (await fetch(guarded.url)).text()).toContain('API key');
  });
});

describe('the pages beside the query API', () => {
  it('answer HEAD without a body', async () => {
    for (const path of ['/', '/healthz', '/api/v1/traces', '/api/v1/openapi.json']) {
      const response = await fetch(collector.url + path, { method: 'HEAD' });
      expect([path, response.status, await response.text()]).toEqual([path, 200, '']);
    }
  });

  it('explain every error where its type points', async () => {
    const { problem } = await request('/api/v1/nothing');
    const [path, fragment] = problem.type.split('#');
    const docs = await (await fetch(new URL(path ?? '', collector.url))).text();
    expect(docs).toContain(`## ${fragment?.toUpperCase() ?? ''}\n`);
  });

  it('show no more of a path that is no URL than that it is not there', async () => {
    const { hostname, port } = new URL(collector.url);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.end('GET //[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      });
      let received = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
      socket.on('end', () => {
        resolve(received);
      });
      socket.on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(text).not.toMatch(/node_modules|\n\s+at /);
  });
});
