import { EventEmitter, once } from 'node:events';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import { OTLP_GRPC_SERVICES } from '../../collector/receivers/otlp-grpc.js';
import type { Signal } from '../../collector/model/span-data.js';
import { decodeMessage, encodeMessage } from '../otlp/otlp-proto.js';
import { createGrpcClient, GZIP, type CallResult, type GrpcClient } from '../support/grpc-client.js';
import { startOtlpGrpcServer, type OtlpGrpcServer } from '../support/otlp-grpc-server.js';
import { frame, RawHttp2, readGrpcStatus, readRawAnswer } from '../support/raw-http2.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options: Parameters<typeof startOtlpGrpcServer>[0] = {}): Promise<OtlpGrpcServer> {
  const server = await startOtlpGrpcServer(options);
  closers.push(() => server.close());
  return server;
}

function connect(server: OtlpGrpcServer, options: Parameters<typeof createGrpcClient>[1] = {}): GrpcClient {
  const client = createGrpcClient(server.address, options);
  closers.push(() => {
    client.close();
  });
  return client;
}

async function openRaw(server: OtlpGrpcServer): Promise<RawHttp2> {
  const connection = await RawHttp2.open(server.address);
  closers.push(() => {
    connection.destroy();
  });
  return connection;
}

const TRACE_ID = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');

function encodeSpans(...spanIds: string[]): Buffer {
  const spans = spanIds.map((id) => ({ traceId: TRACE_ID, spanId: Buffer.from(id, 'hex'), name: 'work' }));
  return encodeMessage('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

/** A message of about this size that compresses well. */
function encodeLargeSpan(nameBytes: number): Buffer {
  const span = { traceId: TRACE_ID, spanId: Buffer.alloc(8, 1), name: 'n'.repeat(nameBytes) };
  return encodeMessage('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

const SPAN = encodeSpans('0102030405060708');

function listDetails({ status }: CallResult): { typeUrl: string; value: Uint8Array }[] {
  return (status?.['details'] ?? []) as { typeUrl: string; value: Uint8Array }[];
}

function readRetryDelay(result: CallResult): unknown {
  const detail = listDetails(result).find(({ typeUrl }) => typeUrl.endsWith('google.rpc.RetryInfo'));
  return detail === undefined ? undefined : decodeMessage('RetryInfo', detail.value)['retryDelay'];
}

describe('methods', () => {
  it('[55] [19] [20] [32] each signal has its Export, and full success is an empty message', async () => {
    const server = await start();
    const client = connect(server);
    const signals = Object.keys(OTLP_GRPC_SERVICES) as Signal[];
    for (const signal of signals)
      expect(await client.export(signal, Buffer.alloc(0))).toMatchObject({
        code: 0,
        answer: Buffer.alloc(0),
      });
    expect(server.received.map(({ signal, projectId }) => [signal, projectId])).toEqual(
      signals.map((signal) => [signal, 'project']),
    );
  });

  it('[55] many calls at once on one connection are each answered', async () => {
    const server = await start();
    const gate = new EventEmitter();
    const entered = once(gate, 'entered');
    const opened = once(gate, 'open');
    const { ingest } = server;
    server.ingest = async (request) => {
      const result = await ingest(request);
      if (server.received.length === 300) gate.emit('entered');
      await opened;
      return result;
    };
    const client = connect(server);
    const ids = Array.from({ length: 300 }, (_, index) => (index + 1).toString(16).padStart(16, '0'));
    const calls = ids.map((id) => client.export('traces', encodeSpans(id)));
    await entered;
    gate.emit('open');
    for (const { code } of await Promise.all(calls)) expect(code).toBe(0);
    const spans = server.received.flatMap(({ decoded }) => decoded.spans);
    expect(spans.map(({ spanId }) => spanId).sort()).toEqual(ids);
  });

  it.each([
    '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
    '/opentelemetry.proto.collector.trace.v1.TraceService/export',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/',
  ])('[57] %s is UNIMPLEMENTED', async (path) => {
    const client = connect(await start());
    expect(await client.call(path, SPAN)).toMatchObject({ code: 12, status: { code: 12 } });
  });

  it.each(['application/x-protobuf', 'application/json', 'application/grpc-web', 'application/grpcx', ''])(
    '[57] the content type "%s" is answered with HTTP 415',
    async (type) => {
      const connection = await openRaw(await start());
      const stream = connection.begin({ 'content-type': type });
      stream.end(frame(SPAN));
      expect((await readRawAnswer(stream)).headers[':status']).toBe(415);
    },
  );

  it.each(['application/grpc+proto', 'Application/gRPC', 'application/grpc; charset=utf-8'])(
    '[57] the content type "%s" is gRPC',
    async (type) => {
      const connection = await openRaw(await start());
      const stream = connection.begin({ 'content-type': type });
      stream.end(frame(SPAN));
      const answer = await readRawAnswer(stream);
      expect([answer.headers[':status'], readGrpcStatus(answer)]).toEqual([200, 0]);
      expect(answer.headers['content-type']).toBe('application/grpc');
    },
  );

  it('[5] a GET is answered with HTTP 405', async () => {
    const connection = await openRaw(await start());
    const stream = connection.begin({ ':method': 'GET' });
    const { headers } = await readRawAnswer(stream);
    expect([headers[':status'], headers.allow]).toEqual([405, 'POST']);
  });
});

describe('compression', () => {
  it('[9] gzip and no compression carry the same', async () => {
    const server = await start();
    await connect(server).export('traces', SPAN);
    await connect(server, GZIP).export('traces', SPAN);
    expect(server.received).toHaveLength(2);
    expect(server.received[0]?.decoded).toEqual(server.received[1]?.decoded);
  });

  it.each([
    ['gzip', gzipSync(SPAN)],
    ['GZIP', gzipSync(SPAN)],
    ['deflate', deflateSync(SPAN)],
  ])('[9] [10] grpc-encoding %s is undone', async (encoding, bytes) => {
    const server = await start();
    const stream = (await openRaw(server)).begin({ 'grpc-encoding': encoding });
    stream.end(frame(bytes, { flag: 1 }));
    expect(readGrpcStatus(await readRawAnswer(stream))).toBe(0);
    expect(server.received[0]?.decoded.spans).toHaveLength(1);
  });

  it('[9] a message need not be compressed where an encoding is named', async () => {
    const server = await start();
    const stream = (await openRaw(server)).begin({ 'grpc-encoding': 'gzip' });
    stream.end(frame(SPAN));
    expect(readGrpcStatus(await readRawAnswer(stream))).toBe(0);
    expect(server.received[0]?.decoded.spans).toHaveLength(1);
  });

  it.each([
    ['compressed', 1],
    ['plain', 0],
  ])('[57] an unknown grpc-encoding is UNIMPLEMENTED and told what is known: %s', async (_title, flag) => {
    const server = await start();
    const stream = (await openRaw(server)).begin({ 'grpc-encoding': 'snappy' });
    stream.end(frame(SPAN, { flag }));
    const answer = await readRawAnswer(stream);
    expect(readGrpcStatus(answer)).toBe(12);
    expect(answer.headers['grpc-accept-encoding']).toBe('identity,gzip,deflate,zstd');
    expect(server.received).toEqual([]);
  });

  it.each([{}, { 'grpc-encoding': 'identity' }])(
    '[57] a message marked as compressed without an encoding is INTERNAL: %o',
    async (headers) => {
      const server = await start();
      const stream = (await openRaw(server)).begin(headers);
      stream.end(frame(gzipSync(SPAN), { flag: 1 }));
      expect(readGrpcStatus(await readRawAnswer(stream))).toBe(13);
    },
  );

  it.each([
    ['nothing that was compressed', SPAN],
    ['cut off', gzipSync(SPAN).subarray(0, -4)],
    ['another thing behind it', Buffer.concat([gzipSync(SPAN), Buffer.from('rest')])],
  ])('[11] [56] gzip that is %s is INVALID_ARGUMENT', async (_title, bytes) => {
    const stream = (await openRaw(await start())).begin({ 'grpc-encoding': 'gzip' });
    stream.end(frame(bytes, { flag: 1 }));
    expect(readGrpcStatus(await readRawAnswer(stream))).toBe(3);
  });
});

describe('limits', () => {
  it.each([
    ['as sent', {}],
    ['compressed', GZIP],
  ])('[13] a message over the limit is RESOURCE_EXHAUSTED without RetryInfo, %s', async (_title, options) => {
    const server = await start({ maxBodyBytes: 100_000 });
    const client = connect(server, options);
    const largest = encodeLargeSpan(99_950);
    const padding = 100_000 - largest.length;
    expect((await client.export('traces', encodeLargeSpan(99_950 + padding))).code).toBe(0);
    const refused = await client.export('traces', encodeLargeSpan(99_951 + padding));
    expect(refused).toMatchObject({ code: 8, status: { code: 8 } });
    expect(listDetails(refused)).toEqual([]);
    expect(refused.message).toContain('--max-body-bytes');
    expect(server.received).toHaveLength(1);
    expect(server.budget.takenBytes).toBe(0);
  });

  it('[13] a message larger than 4 MiB is taken', async () => {
    const server = await start();
    expect((await connect(server).export('traces', encodeLargeSpan(30 * 1024 * 1024))).code).toBe(0);
    expect(server.received[0]?.decoded.spans[0]?.name).toHaveLength(30 * 1024 * 1024);
  });

  it('[13] [29] a prefix that announces too much is refused before the message comes', async () => {
    const stream = (await openRaw(await start({ maxBodyBytes: 1000 }))).begin();
    stream.write(frame(Buffer.alloc(0), { length: 1001 }));
    expect(readGrpcStatus(await readRawAnswer(stream))).toBe(8);
  });

  it('[15] inflating ends at the limit', async () => {
    const server = await start({ maxBodyBytes: 1_000_000 });
    const stream = (await openRaw(server)).begin({ 'grpc-encoding': 'gzip' });
    stream.end(frame(gzipSync(Buffer.alloc(200 * 1024 * 1024)), { flag: 1 }));
    expect(readGrpcStatus(await readRawAnswer(stream))).toBe(8);
    expect(server.budget.takenBytes).toBe(0);
  });

  it('[27] past the bytes in flight a call is UNAVAILABLE at once, with RetryInfo', async () => {
    const server = await start({ maxBytesInFlight: 1000 });
    const connection = await openRaw(server);
    const held = connection.begin();
    held.write(frame(Buffer.alloc(900), { length: 950 }));
    await expect.poll(() => server.budget.takenBytes).toBe(905);
    const refused = await connect(server).export('traces', encodeLargeSpan(200));
    expect(refused).toMatchObject({ code: 14, status: { code: 14 } });
    expect(readRetryDelay(refused)).toEqual({ seconds: '1' });
    expect((await connect(server).export('traces', SPAN)).code).toBe(0);
    held.end(Buffer.alloc(50));
    await readRawAnswer(held);
    expect(server.budget.takenBytes).toBe(0);
    expect((await connect(server).export('traces', encodeLargeSpan(200))).code).toBe(0);
  });

  it('[15] messages that inflate to more than may be held at once are refused before they do', async () => {
    const server = await start({ maxBytesInFlight: 8_000_000, maxBodyBytes: 4_000_000 });
    let heldAtMost = 0;
    server.ingest = () => {
      heldAtMost = Math.max(heldAtMost, server.budget.takenBytes);
      return Promise.resolve({ rejected: 0, message: '' });
    };
    const client = connect(server, GZIP);
    const large = encodeLargeSpan(3_900_000);
    const results = await Promise.all(Array.from({ length: 30 }, () => client.export('traces', large)));
    const codes = new Set(results.map(({ code }) => code));
    expect(codes).toEqual(new Set([0, 14]));
    expect(heldAtMost).toBeLessThanOrEqual(8_000_000);
    expect(server.budget.takenBytes).toBe(0);
  });

  it('a client that goes away in its message leaves no trace, and its bytes are given back', async () => {
    const server = await start();
    const connection = await openRaw(server);
    connection.begin().write(frame(Buffer.alloc(500), { length: 900 }));
    await expect.poll(() => server.budget.takenBytes).toBe(505);
    connection.destroy();
    await expect.poll(() => server.budget.takenBytes).toBe(0);
    expect(server.received).toEqual([]);
  });

  it('[28] a message that stalls is given up with DEADLINE_EXCEEDED, which is sent again', async () => {
    const server = await start({ messageTimeoutMillis: 100 });
    const stream = (await openRaw(server)).begin();
    stream.write(frame(Buffer.alloc(1), { length: 9 }));
    expect(readGrpcStatus(await readRawAnswer(stream))).toBe(4);
    expect(server.budget.takenBytes).toBe(0);
  });
});

describe('bad data', () => {
  it('[56] what is no message is INVALID_ARGUMENT with a BadRequest', async () => {
    const server = await start();
    const refused = await connect(server).export('traces', Buffer.from('ffff', 'hex'));
    expect(refused).toMatchObject({ code: 3, status: { code: 3, message: refused.message } });
    const [detail] = listDetails(refused);
    expect(detail?.typeUrl).toBe('type.googleapis.com/google.rpc.BadRequest');
    const violations = decodeMessage('BadRequest', detail?.value ?? Buffer.alloc(0))['fieldViolations'];
    expect(violations).toHaveLength(1);
    expect(refused.message).toMatch(/^the body is not an ExportTraceServiceRequest in protobuf: /);
    expect(server.received).toEqual([]);
  });

  it('[21] [46] spans without valid ids are counted in partial_success', async () => {
    const message = encodeSpans('0102030405060708', '0000000000000000');
    const { code, answer } = await connect(await start()).export('traces', message);
    expect(code).toBe(0);
    expect(decodeMessage('ExportResponse', answer ?? Buffer.alloc(0))).toEqual({
      partialSuccess: { rejected: '1', errorMessage: 'a span id must be 8 bytes that are not all zero' },
    });
  });

  it('[57] no message, two messages, a cut message and a wrong flag are told apart', async () => {
    const connection = await openRaw(await start());
    const send = async (body: Buffer): Promise<number> => {
      const stream = connection.begin();
      stream.end(body);
      return readGrpcStatus(await readRawAnswer(stream));
    };
    expect(await send(Buffer.alloc(0))).toBe(12);
    expect(await send(Buffer.concat([frame(SPAN), frame(SPAN)]))).toBe(12);
    expect(await send(frame(SPAN).subarray(0, -1))).toBe(13);
    expect(await send(frame(SPAN).subarray(0, 3))).toBe(13);
    expect(await send(frame(SPAN, { flag: 2 }))).toBe(13);
    expect(await send(frame(SPAN))).toBe(0);
  });

  it.each([
    ['STORAGE_UNAVAILABLE', 14, '1'],
    ['INGEST_SHUTTING_DOWN', 14, '1'],
    ['STORAGE_REJECTED', 3, undefined],
    ['API_INTERNAL', 13, undefined],
  ] as const)('[27] [28] %s of the ingest is %i', async (failure, code, seconds) => {
    const server = await start();
    server.ingest = () => Promise.reject(new SpanledgerError(failure, 'not today: 100 % 🙂 ende\nneu'));
    const result = await connect(server).export('traces', SPAN);
    expect(result).toMatchObject({ code, status: { code, message: 'not today: 100 % 🙂 ende\nneu' } });
    expect(readRetryDelay(result)).toEqual(seconds === undefined ? undefined : { seconds });
  });

  it('[28] a bug is INTERNAL, which is not sent again, and says nothing of its cause', async () => {
    const server = await start();
    server.ingest = () => Promise.reject(new TypeError('secret'));
    const result = await connect(server).export('traces', SPAN);
    expect(result.code).toBe(13);
    expect(result.message).not.toContain('secret');
  });

  it('[14] a long text is cut so that trailers stay below the 8 KiB that clients take', async () => {
    const server = await start();
    server.ingest = () => Promise.reject(new SpanledgerError('STORAGE_REJECTED', '🙂'.repeat(5000)));
    const connection = await openRaw(server);
    const stream = connection.begin();
    stream.end(frame(SPAN));
    const { headers } = await readRawAnswer(stream);
    const size = Object.entries(headers).reduce(
      (sum, [key, value]) => sum + key.length + String(value).length + 32,
      0,
    );
    expect(size).toBeLessThan(8192);
    expect(headers['grpc-status']).toBe('3');
  });
});

describe('order', () => {
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
    const call = connect(server)
      .export('traces', SPAN)
      .then((result) => {
        isAnswered = true;
        return result;
      });
    await entered;
    expect((await connect(server).call('/grpc.health.v1.Health/Check', Buffer.alloc(0))).code).toBe(0);
    expect(isAnswered).toBe(false);
    gate.emit('open');
    expect((await call).code).toBe(0);
  });

  it('what was stored is told with the message as protobuf, before the answer', async () => {
    const stored: unknown[] = [];
    const server = await start({ onStored: (request) => stored.push(request) });
    expect((await connect(server, GZIP).export('logs', Buffer.alloc(0))).code).toBe(0);
    expect((await connect(server, GZIP).export('traces', SPAN)).code).toBe(0);
    const sent = {
      projectId: 'project',
      contentType: 'application/x-protobuf',
      contentEncoding: null,
      ownHeaders: {},
    };
    expect(stored).toEqual([
      { ...sent, signal: 'logs', body: Buffer.alloc(0) },
      { ...sent, signal: 'traces', body: SPAN },
    ]);
  });

  it('[58] a key is asked for before the message is read', async () => {
    const server = await start({
      authenticate: (headers) => {
        if (headers.authorization === 'Bearer k') return { projectId: 'other' };
        throw new SpanledgerError('AUTH_REQUIRED', 'a key is needed');
      },
    });
    const refused = await connect(server).export('traces', SPAN);
    expect(refused).toMatchObject({ code: 16, message: 'a key is needed', status: { code: 16 } });
    const unfinished = (await openRaw(server)).begin();
    unfinished.write(frame(Buffer.alloc(0), { length: 100 }));
    expect(readGrpcStatus(await readRawAnswer(unfinished))).toBe(16);
    const taken = await connect(server).export('traces', SPAN, { authorization: 'Bearer k' });
    expect(taken.code).toBe(0);
    expect(server.received.map(({ projectId }) => projectId)).toEqual(['other']);
  });

  it('calls are counted under the status that HTTP has for them', async () => {
    const server = await start();
    await connect(server).export('traces', SPAN);
    await connect(server).export('traces', Buffer.from('ffff', 'hex'));
    const text = await server.readMetrics();
    expect(text).toMatch(/^spanledger_ingest_request_seconds_count\{signal="traces",status="200"\} 1$/m);
    expect(text).toMatch(/^spanledger_ingest_request_seconds_count\{signal="traces",status="400"\} 1$/m);
  });
});
