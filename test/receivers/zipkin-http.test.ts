import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createAuthenticator } from '../../collector/auth.js';
import { SpanledgerError } from '../../collector/errors.js';
import type { Ingest, IngestRequest } from '../../collector/ingest.js';
import { ByteBudget } from '../../collector/receivers/byte-budget.js';
import { DecodingTurns } from '../../collector/receivers/decoding-turns.js';
import type { HttpExchangeOptions } from '../../collector/receivers/http-exchange.js';
import { createZipkinHttpReceiver } from '../../collector/receivers/zipkin-http.js';
import { createTelemetry } from '../../collector/telemetry.js';

const SPANS = JSON.stringify([
  {
    traceId: '4e441824ec2b6a44',
    id: 'ffdc9bb9a6453df3',
    name: 'get',
    timestamp: 1502787600000000,
    duration: 5,
  },
]);
const JSON_TYPE = { 'content-type': 'application/json' };

let server: Server | undefined;
const received: IngestRequest[] = [];

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  received.length = 0;
});

const record: Ingest = (request) => {
  received.push(request);
  return Promise.resolve({ rejected: request.decoded.rejected.length, message: '' });
};

/** A server with nothing but the receiver; answers its URL. */
async function start(options: Partial<HttpExchangeOptions> = {}): Promise<string> {
  const receiver = createZipkinHttpReceiver({
    ingest: record,
    authenticate: () => ({ projectId: 'project' }),
    maxBodyBytes: 64 * 1024 * 1024,
    budget: new ByteBudget(256 * 1024 * 1024),
    turns: new DecodingTurns(),
    telemetry: createTelemetry({ logLevel: 'silent' }),
    ...options,
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (receiver.handles(request)) void receiver.handle(request, response);
    else response.writeHead(204).end();
  };
  const listening = createServer(handle);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = JSON_TYPE,
): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body });
}

async function readMessage(response: Response): Promise<string> {
  return ((await response.json()) as { message: string }).message;
}

test.each(['/api/v2/spans', '/api/v2/spans/', '/api/v2/spans?source=test'])(
  'POST %s is answered with 202 and no body',
  async (path) => {
    const response = await post((await start()) + path, SPANS);
    expect([response.status, await response.text()]).toEqual([202, '']);
    expect(received).toMatchObject([
      { projectId: 'project', signal: 'traces', decoded: { spans: [{ spanId: 'ffdc9bb9a6453df3' }] } },
    ]);
  },
);

test('a list without spans is taken', async () => {
  expect((await post(`${await start()}/api/v2/spans`, '[]')).status).toBe(202);
});

test('gzip is undone', async () => {
  const url = await start();
  const gzipped = new Uint8Array(gzipSync(SPANS));
  const response = await post(`${url}/api/v2/spans`, gzipped, { ...JSON_TYPE, 'content-encoding': 'gzip' });
  expect(response.status).toBe(202);
  expect(received).toHaveLength(1);
});

test('a span that is none does not keep the others out', async () => {
  const body = JSON.stringify([{ id: 'x' }, ...(JSON.parse(SPANS) as object[])]);
  expect((await post(`${await start()}/api/v2/spans`, body)).status).toBe(202);
  expect(received[0]?.decoded).toMatchObject({ spans: [{ name: 'get' }], rejected: [{ count: 1 }] });
});

test.each([
  ['{}', 'the body is not a JSON array of Zipkin v2 spans: expected an array, not an object'],
  ['[', 'the body is not JSON'],
])('a body %s is answered with 400 and why', async (body, message) => {
  const response = await post(`${await start()}/api/v2/spans`, body);
  expect(response.status).toBe(400);
  expect(await readMessage(response)).toContain(message);
  expect(received).toEqual([]);
});

test.each([
  ['application/x-protobuf', 'Zipkin protobuf is not received'],
  ['application/x-thrift', 'Zipkin spans are received as Content-Type application/json'],
])('Content-Type %s is answered with 415 and why', async (type, message) => {
  const response = await post(`${await start()}/api/v2/spans`, SPANS, { 'content-type': type });
  expect(response.status).toBe(415);
  expect(await readMessage(response)).toContain(message);
});

test('a body without a type, or of a type that any page may send, is refused', async () => {
  const url = `${await start()}/api/v2/spans`;
  expect((await post(url, new Uint8Array(Buffer.from(SPANS)), {})).status).toBe(415);
  expect((await post(url, SPANS, { 'content-type': 'text/plain' })).status).toBe(415);
});

test('Zipkin v1 is answered with 404 and where v2 is, and the query API keeps the path', async () => {
  const url = await start();
  const response = await post(`${url}/api/v1/spans`, SPANS);
  expect(response.status).toBe(404);
  expect(await readMessage(response)).toContain('send v2 JSON to /api/v2/spans');
  expect((await fetch(`${url}/api/v1/spans`)).status).toBe(204);
});

test('methods other than POST are answered with 405', async () => {
  const response = await fetch(`${await start()}/api/v2/spans`);
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
});

test('the key, the size and the budget are those of OTLP', async () => {
  const authenticate = createAuthenticator({ apiKey: 'secret', projectId: 'project' });
  const url = `${await start({ authenticate, maxBodyBytes: 1000 })}/api/v2/spans`;
  const refused = await post(url, SPANS);
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  const headers = { ...JSON_TYPE, 'x-api-key': 'secret' };
  expect((await post(url, SPANS, headers)).status).toBe(202);
  const bomb = new Uint8Array(gzipSync(`[${' '.repeat(2000)}]`));
  expect((await post(url, bomb, { ...headers, 'content-encoding': 'gzip' })).status).toBe(413);
});

test('what is refused for now says when to come again', async () => {
  const ingest: Ingest = () =>
    Promise.reject(new SpanledgerError('STORAGE_UNAVAILABLE', 'the database is away'));
  const response = await post(`${await start({ ingest })}/api/v2/spans`, SPANS);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await readMessage(response)).toBe('the database is away');
});

test('requests are counted with those of OTLP', async () => {
  const telemetry = createTelemetry({ logLevel: 'silent' });
  await post(`${await start({ telemetry })}/api/v2/spans`, SPANS);
  expect(await telemetry.registry.metrics()).toContain(
    'spanledger_ingest_request_seconds_count{signal="traces",status="202"} 1',
  );
});
