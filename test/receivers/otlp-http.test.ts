import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import type { OtlpHttpReceiverOptions } from '../../collector/receivers/otlp-http.js';
import { listCaptures, loadCapture, sendCapture } from '../support/captures.js';
import { startOtlpServer, type OtlpServer } from '../support/otlp-server.js';
import { decodeMessage, encodeMessage } from '../otlp/otlp-proto.js';
import { RawConnection } from './raw-http.js';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const SPAN = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708', name: 'work' };
const BAD_SPAN = { ...SPAN, spanId: '00' };

const servers: OtlpServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(
  options: Partial<OtlpHttpReceiverOptions> & { maxBytesInFlight?: number } = {},
): Promise<OtlpServer> {
  const server = await startOtlpServer(options);
  servers.push(server);
  return server;
}

function wrapSpans(...spans: object[]): string {
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

function post(
  server: OtlpServer,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': JSON_TYPE },
): Promise<Response> {
  return fetch(server.url + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
}

async function readStatus(response: Response): Promise<Record<string, unknown>> {
  if (response.headers.get('content-type') === JSON_TYPE)
    return (await response.json()) as Record<string, unknown>;
  expect(response.headers.get('content-type')).toBe(PROTOBUF);
  return decodeMessage('RpcStatus', new Uint8Array(await response.arrayBuffer()));
}

describe('paths and methods', () => {
  it.each(['/v1/traces', '/v1/logs', '/v1/metrics'])('[1] %s takes POST', async (path) => {
    const server = await start();
    expect((await post(server, path, '{}')).status).toBe(200);
    expect(server.received).toMatchObject([{ projectId: 'project', signal: path.slice(4) }]);
  });

  it.each(['/api/public/otel', '/otel', '/api/v1/private/otel'])('[4] the same below %s', async (prefix) => {
    const server = await start();
    for (const path of ['/v1/traces', '/v1/logs/', '/v1/metrics?a=b'])
      expect((await post(server, prefix + path, '{}')).status).toBe(200);
    expect(server.received.map(({ signal }) => signal)).toEqual(['traces', 'logs', 'metrics']);
  });

  it('[3] protobuf and JSON are told apart by the content type', async () => {
    const server = await start();
    const ids = { traceId: Buffer.from(SPAN.traceId, 'hex'), spanId: Buffer.from(SPAN.spanId, 'hex') };
    const protobuf = encodeMessage('ExportTraceServiceRequest', {
      resourceSpans: [{ scopeSpans: [{ spans: [{ ...SPAN, ...ids }] }] }],
    });
    await post(server, '/v1/traces', protobuf, { 'content-type': PROTOBUF });
    await post(server, '/v1/traces', wrapSpans(SPAN));
    expect(server.received[0]?.decoded).toEqual(server.received[1]?.decoded);
    expect(server.received[0]?.decoded.spans).toHaveLength(1);
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD'])(
    '[5] [8] %s is answered with 405 and Allow: POST',
    async (method) => {
      const server = await start();
      const response = await fetch(`${server.url}/v1/traces`, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
      if (method !== 'HEAD') expect(await readStatus(response)).toMatchObject({ code: 12 });
    },
  );

  it.each([
    '/v1/profiles',
    '/v1development/profiles',
    '/v1',
    '/otel',
    '/otel/v1/trace',
    '/api/public/otel/v2/traces',
  ])('[5] %s is unknown', async (path) => {
    const response = await post(await start(), path, '{}');
    expect(response.status).toBe(404);
    expect(await readStatus(response)).toMatchObject({ code: 5 });
  });

  it.each(['/', '/otelx/v1/traces', '/api/v1/traces', '/v1x', '/v2/traces'])(
    '%s is not ours',
    async (path) => {
      expect((await post(await start(), path, '{}')).status).toBe(204);
    },
  );
});

describe('connections', () => {
  it('[6] stay open after success and after 4xx', async () => {
    const server = await start({ maxBodyBytes: 1000 });
    const connection = await RawConnection.open(server.port);
    const send = (headers: string, body: string): void => {
      connection.write(
        `POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`,
      );
    };
    for (const [headers, body, status] of [
      ['Content-Type: application/json\r\n', '{}', 200],
      ['Content-Type: application/json\r\n', '{', 400],
      ['Content-Type: text/plain\r\n', '{}', 415],
      ['Content-Type: application/json\r\n', 'x'.repeat(5000), 413],
      ['Content-Type: application/json\r\n', '{}', 200],
    ] as const) {
      send(headers, body);
      const text = await connection.waitFor(/\r\n\r\n[^]*\}/);
      expect(text).toContain(`HTTP/1.1 ${status} `);
      expect(text).not.toMatch(/connection: close/i);
    }
    connection.destroy();
  });

  it('[7] bodies come chunked and in pieces', async () => {
    const server = await start();
    const connection = await RawConnection.open(server.port);
    connection.write('POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n');
    connection.write('Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n');
    connection.write('1\r\n}\r\n0\r\n\r\n');
    expect(await connection.waitFor(/\{\}/)).toContain('HTTP/1.1 200 OK');
    connection.destroy();
  });

  it('[7] Expect: 100-continue is answered before the body comes', async () => {
    const server = await start();
    const connection = await RawConnection.open(server.port);
    connection.write('POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n');
    connection.write('Content-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    expect(await connection.waitFor(/\r\n\r\n/)).toContain('HTTP/1.1 100 Continue');
    connection.write('{}');
    expect(await connection.waitFor(/\{\}/)).toContain('HTTP/1.1 200 OK');
    connection.destroy();
  });

  it.each([
    ['Content-Type: text/plain\r\nContent-Length: 2', 415],
    ['Content-Type: application/json\r\nContent-Length: 2000', 413],
    ['Content-Type: application/json\r\nContent-Encoding: lz9\r\nContent-Length: 2', 415],
  ])(
    '[7] a request that expects 100-continue with %s is refused without its body',
    async (headers, status) => {
      const server = await start({ maxBodyBytes: 1000 });
      const connection = await RawConnection.open(server.port);
      connection.write(`POST /v1/traces HTTP/1.1\r\nHost: h\r\n${headers}\r\nExpect: 100-continue\r\n\r\n`);
      const text = await connection.waitFor(/\r\n\r\n[^]*\}/);
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      await connection.waitForClose();
    },
  );

  it('[26] a body that stalls is given up with 408', async () => {
    const server = await start({ bodyTimeoutMillis: 100 });
    const connection = await RawConnection.open(server.port);
    connection.write(
      'POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    expect(await connection.waitFor(/\r\n\r\n[^]*\}/)).toContain('HTTP/1.1 408 ');
    await connection.waitForClose();
  });

  it('a client that goes away in its body leaves no trace, and its bytes are given back', async () => {
    const server = await start({ maxBytesInFlight: 100 });
    const connection = await RawConnection.open(server.port);
    const arrived = once(server.server, 'request');
    connection.write(
      `POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n${' '.repeat(80)}`,
    );
    const [request] = (await arrived) as [NodeJS.EventEmitter];
    const closed = new Promise((resolve) => request.on('close', resolve));
    connection.destroy();
    await closed;
    for (let count = 0; count < 2; count++)
      expect((await post(server, '/v1/traces', ' '.repeat(90) + '{}')).status).toBe(200);
    expect(server.received).toHaveLength(2);
  });
});

describe('content types', () => {
  it.each([JSON_TYPE, PROTOBUF])(
    '[17] an answer in %s has the type of its request, errors too',
    async (type) => {
      const server = await start();
      const headers = { 'content-type': type };
      const good = await post(server, '/v1/traces', type === PROTOBUF ? Buffer.alloc(0) : '{}', headers);
      expect([good.status, good.headers.get('content-type')]).toEqual([200, type]);
      const bad = await post(server, '/v1/traces', '!', headers);
      expect([bad.status, bad.headers.get('content-type')]).toEqual([400, type]);
      expect(await readStatus(bad)).toMatchObject({ code: 3 });
    },
  );

  it.each(['Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"; a=b'])(
    '[18] %s is JSON',
    async (type) => {
      expect((await post(await start(), '/v1/traces', '{}', { 'content-type': type })).status).toBe(200);
    },
  );

  it.each([
    'text/plain',
    'application/json; charset=latin1',
    'application/protobuf',
    'application/jsonx',
    '',
  ])('[18] "%s" is answered with 415', async (type) => {
    const server = await start();
    const response = await post(
      server,
      '/v1/traces',
      Buffer.from('{}'),
      type === '' ? {} : { 'content-type': type },
    );
    expect(response.status).toBe(415);
    expect(await readStatus(response)).toMatchObject({ code: 3 });
    expect(server.received).toEqual([]);
  });
});

describe('answers', () => {
  it('[19] [20] [32] full success is zero bytes in protobuf and {} in JSON', async () => {
    const server = await start();
    const protobuf = await post(server, '/v1/traces', Buffer.alloc(0), { 'content-type': PROTOBUF });
    expect([protobuf.status, (await protobuf.arrayBuffer()).byteLength]).toEqual([200, 0]);
    expect(await (await post(server, '/v1/traces', wrapSpans(SPAN))).text()).toBe('{}');
  });

  it('[33] empty envelopes are no error', async () => {
    const server = await start();
    const body = JSON.stringify({
      resourceSpans: [{}, { scopeSpans: [{}] }, { resource: {}, scopeSpans: [] }],
    });
    expect(await (await post(server, '/v1/traces', body)).text()).toBe('{}');
  });

  it('[21] [46] what was rejected is counted, as a string in JSON', async () => {
    const server = await start();
    const response = await post(server, '/v1/traces', wrapSpans(SPAN, BAD_SPAN, BAD_SPAN));
    expect(response.status).toBe(200);
    const { partialSuccess } = (await response.json()) as { partialSuccess: object };
    expect(partialSuccess).toEqual({
      rejectedSpans: '2',
      errorMessage: expect.stringContaining('span id') as string,
    });
    expect(server.received[0]?.decoded.spans).toHaveLength(1);
  });

  it.each([
    ['logs', 'rejectedLogRecords'],
    ['metrics', 'rejectedDataPoints'],
  ])('[21] the count of %s is named %s', async (signal, name) => {
    const server = await start();
    server.ingest = () => Promise.resolve({ rejected: 3, message: 'three' });
    const json = (await (await post(server, `/v1/${signal}`, '{}')).json()) as object;
    expect(json).toEqual({ partialSuccess: { [name]: '3', errorMessage: 'three' } });
    const protobuf = await post(server, `/v1/${signal}`, Buffer.alloc(0), { 'content-type': PROTOBUF });
    expect(decodeMessage('ExportResponse', new Uint8Array(await protobuf.arrayBuffer()))).toEqual({
      partialSuccess: { rejected: '3', errorMessage: 'three' },
    });
  });

  it('[22] a warning with everything accepted has a message', async () => {
    const server = await start();
    server.ingest = () => Promise.resolve({ rejected: 0, message: 'careful' });
    const json = (await (await post(server, '/v1/traces', '{}')).json()) as object;
    expect(json).toEqual({ partialSuccess: { rejectedSpans: '0', errorMessage: 'careful' } });
  });

  it('[14] a message is cut at one kilobyte, between characters, without lone surrogates', async () => {
    const server = await start();
    server.ingest = () => Promise.resolve({ rejected: 1, message: `\ud800${'é'.repeat(5_000_000)}` });
    const text = await (await post(server, '/v1/traces', '{}')).text();
    expect(text.length).toBeLessThan(1200);
    expect(text).toMatch(/"\uFFFDé+"\}\}$/);
  });

  it('[16] an answer is never compressed, asked for or not: it is too short to gain', async () => {
    const server = await start();
    server.ingest = () => Promise.resolve({ rejected: 1, message: 'x'.repeat(2000) });
    const headers = { 'content-type': JSON_TYPE, 'accept-encoding': 'gzip' };
    const response = await post(server, '/v1/traces', '{}', headers);
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, null]);
  });

  it('[24] a malformed body is 400 with a BadRequest', async () => {
    const server = await start();
    const json = await readStatus(await post(server, '/v1/traces', '{"resourceSpans":[1]}'));
    expect(json).toMatchObject({
      code: 3,
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [
            { field: '/resourceSpans/0', description: 'expected an object, not this number' },
          ],
        },
      ],
    });
    const protobuf = await post(server, '/v1/traces', Buffer.from([0, 0]), { 'content-type': PROTOBUF });
    const [detail] = (await readStatus(protobuf)).details as {
      type_url?: string;
      typeUrl?: string;
      value: Uint8Array;
    }[];
    expect(detail?.typeUrl).toBe('type.googleapis.com/google.rpc.BadRequest');
    expect(decodeMessage('BadRequest', detail?.value ?? new Uint8Array())).toMatchObject({
      fieldViolations: [{ description: expect.stringContaining('at byte 0') as string }],
    });
    expect(server.received).toEqual([]);
  });

  it('[23] a malformed body of bytes that are no text is answered in text', async () => {
    const response = await post(await start(), '/v1/traces', Buffer.from([0x7b, 0xff, 0xfe, 0x22]));
    expect(response.status).toBe(400);
    expect(await readStatus(response)).toMatchObject({ code: 3 });
  });

  it('[42] trailing text and a top-level array are 400', async () => {
    const server = await start();
    for (const body of ['{} {}', '[]', '[{}]'])
      expect((await post(server, '/v1/traces', body)).status).toBe(400);
  });
});

describe('failures of the ingest', () => {
  it.each([
    [new SpanledgerError('STORAGE_UNAVAILABLE', 'the database is away'), 503, '1', 14],
    [new SpanledgerError('INGEST_OVERLOADED', 'later', { retryAfterSeconds: 3 }), 503, '3', 14],
    [new SpanledgerError('STORAGE_REJECTED', 'no'), 400, null, 3],
    [new Error('a bug'), 500, null, 13],
  ])('[25] [26] [31] %s', async (error, status, retryAfter, code) => {
    const server = await start();
    server.ingest = () => Promise.reject(error);
    for (const type of [JSON_TYPE, PROTOBUF]) {
      const response = await post(server, '/v1/traces', type === PROTOBUF ? Buffer.alloc(0) : '{}', {
        'content-type': type,
      });
      expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter]);
      const answer = await readStatus(response);
      expect(answer.code).toBe(code);
      expect(answer.message).not.toContain('a bug');
    }
  });

  it('[31] nothing is answered before the ingest has resolved', async () => {
    const server = await start();
    const gate = new EventEmitter();
    const entered = once(gate, 'entered');
    server.ingest = async () => {
      gate.emit('entered');
      await once(gate, 'open');
      return { rejected: 0, message: '' };
    };
    let isAnswered = false;
    const answer = post(server, '/v1/traces', '{}').then((response) => {
      isAnswered = true;
      return response.status;
    });
    await entered;
    await post(server, '/v1/nothing', '{}');
    expect(isAnswered).toBe(false);
    gate.emit('open');
    expect(await answer).toBe(200);
  });

  it('[30] the same request again is answered with 200 again', async () => {
    const server = await start();
    for (let count = 0; count < 2; count++)
      expect((await post(server, '/v1/traces', wrapSpans(SPAN))).status).toBe(200);
  });
});

describe('[58] authentication', () => {
  it('is asked before the body is read', async () => {
    const authenticate = (): never => {
      throw new SpanledgerError('AUTH_REQUIRED', 'a key is needed');
    };
    const server = await start({ authenticate });
    const response = await post(server, '/v1/traces', 'not even JSON');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await readStatus(response)).toMatchObject({ code: 16, message: 'a key is needed' });
    const connection = await RawConnection.open(server.port);
    connection.write(
      'POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    expect(await connection.waitFor(/\r\n\r\n[^]*\}/)).toContain('HTTP/1.1 401 ');
    connection.destroy();
  });
});

describe('recorded requests', () => {
  it('[3] [9] every capture is received as it was sent', async () => {
    const server = await start();
    for (const name of listCaptures()) {
      const capture = loadCapture(name);
      server.received.length = 0;
      await sendCapture(server.url, capture, { reverse: true });
      expect(server.received).toHaveLength(capture.requests.length);
      expect(server.received.flatMap(({ decoded }) => decoded.spans)).toHaveLength(
        Number(capture.expected.spans),
      );
    }
  });
});
