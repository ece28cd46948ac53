import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Trace } from '../../collector/contract/shapes.js';
import { encodeMessage } from '../otlp/otlp-proto.js';
import { RawConnection } from '../receivers/raw-http.js';
import type { Page } from '../support/answers.js';
import { startBreakablePostgres } from '../support/breakable-postgres.js';
import { getJson, spawnCollector, type SpawnedCollector } from '../support/collector.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { frame, RawHttp2, readGrpcStatus, readRawAnswer } from '../support/raw-http2.js';

const HTTP_REQUESTS = 20;
const GRPC_CALLS = 5;

let database: TestDatabase;
let collector: SpawnedCollector;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(() => {
  collector.process.kill('SIGKILL');
});
afterAll(async () => {
  await database.drop();
});

async function start(databaseUrl = database.connectionString): Promise<void> {
  const args = ['--grpc-port', 'free', '--database-url', databaseUrl];
  collector = await spawnCollector([...args, '--log-level', 'warn']);
}

function readPort(url: string | null): number {
  return Number(new URL(url ?? '').port);
}

function createBody(traceNumber: number): Buffer {
  const span = {
    traceId: Buffer.from(traceNumber.toString(16).padStart(32, '0'), 'hex'),
    spanId: Buffer.from('0102030405060708', 'hex'),
    name: 'half sent',
    startTimeUnixNano: (BigInt(Date.now()) * 1_000_000n).toString(),
  };
  return encodeMessage('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

async function readBytesInFlight(): Promise<number> {
  const text = await (await fetch(`${collector.url}/metrics`, { headers: { connection: 'close' } })).text();
  return Number(/^spanledger_ingest_in_flight_bytes (\d+)$/m.exec(text)?.[1]);
}

/** Whether a new connection is refused. */
async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

async function sendHalfOverHttp(body: Buffer): Promise<RawConnection> {
  const connection = await RawConnection.open(readPort(collector.url));
  const head = `Content-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`;
  connection.write(`POST /v1/traces HTTP/1.1\r\nHost: h\r\n${head}`);
  connection.write(body.subarray(0, 10));
  return connection;
}

describe.skipIf(process.platform === 'win32')('after SIGTERM', () => {
  test('requests that are half sent are finished and stored, and all that is new is refused', async () => {
    await start();
    const httpPort = readPort(collector.url);
    const grpcPort = readPort(collector.grpcUrl());
    const bodies = Array.from({ length: HTTP_REQUESTS + GRPC_CALLS }, (_, index) => createBody(index + 1));
    const httpBodies = bodies.slice(0, HTTP_REQUESTS);
    const grpcBodies = bodies.slice(HTTP_REQUESTS);
    const connections = await Promise.all(httpBodies.map(sendHalfOverHttp));
    const idle = await RawConnection.open(httpPort);
    idle.write('GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n');
    await idle.waitFor(/\r\n\r\n/);
    const grpc = await RawHttp2.open(`127.0.0.1:${grpcPort}`);
    const goneAway = once(grpc.session, 'goaway');
    const calls = grpcBodies.map((body) => {
      const stream = grpc.begin();
      stream.write(frame(body).subarray(0, 15));
      return { stream, rest: frame(body).subarray(15), answer: readRawAnswer(stream) };
    });
    await expect.poll(readBytesInFlight).toBe(HTTP_REQUESTS * 10 + GRPC_CALLS * 15);

    const ended = collector.end('SIGTERM');
    await expect.poll(() => isRefused(httpPort)).toBe(true);
    await expect.poll(() => isRefused(grpcPort)).toBe(true);
    await idle.waitForClose();
    await goneAway;
    expect(() => grpc.begin()).toThrow(/GOAWAY/);

    for (const [index, connection] of connections.entries()) {
      connection.write(httpBodies[index]?.subarray(10) ?? '');
      expect(await connection.waitFor(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close/i);
      await connection.waitForClose();
    }
    for (const { stream, rest, answer } of calls) {
      stream.end(rest);
      expect(readGrpcStatus(await answer)).toBe(0);
    }
    expect(await ended).toEqual({ code: 0, signal: null });

    await start();
    const { data } = await getJson<Page<Trace>>(`${collector.url}/api/v1/traces?limit=100`);
    expect(data.filter(({ name }) => name === 'half sent')).toHaveLength(HTTP_REQUESTS + GRPC_CALLS);
    await collector.end('SIGTERM');
  });

  test('senders that stall are cut off when the grace of ten seconds is over', async () => {
    await start();
    const http = await sendHalfOverHttp(createBody(100));
    const grpc = await RawHttp2.open(`127.0.0.1:${readPort(collector.grpcUrl())}`);
    const call = grpc.begin();
    call.write(frame(createBody(101)).subarray(0, 15));
    await expect.poll(readBytesInFlight).toBe(25);
    const closed = Promise.all([http.waitForClose(), once(grpc.session, 'close')]);
    expect(await collector.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await closed;
  });

  test('a database that hangs does not hold the process', async () => {
    const postgres = await startBreakablePostgres();
    try {
      await start(postgres.url);
      postgres.freeze();
      const answer = fetch(`${collector.url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(createBody(200)),
      }).then(({ status }) => status);
      await expect.poll(readBytesInFlight).toBe(createBody(200).length);
      const ended = collector.end('SIGTERM');
      // Nobody was told that it is stored: 503, or no answer at all.
      expect(await answer.catch(() => 503)).toBe(503);
      expect((await ended).signal).toBeNull();
    } finally {
      postgres.thaw();
      await postgres.remove();
    }
  });
});
