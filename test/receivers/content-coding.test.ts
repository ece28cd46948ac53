import { once } from 'node:events';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { OtlpHttpReceiverOptions } from '../../collector/receivers/otlp-http.js';
import { startOtlpServer, type OtlpServer } from '../support/otlp-server.js';
import { RawConnection } from './raw-http.js';

const LIMIT = 1_000_000;
const BODY = Buffer.from(`{"resourceSpans":[]}${' '.repeat(2000)}`);
const BOMB = Buffer.alloc(LIMIT * 50, ' ');

const servers: OtlpServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(
  options: Partial<OtlpHttpReceiverOptions> & { maxBytesInFlight?: number } = {},
): Promise<OtlpServer> {
  const server = await startOtlpServer({ maxBodyBytes: LIMIT, ...options });
  servers.push(server);
  return server;
}

async function send(server: OtlpServer, body: Uint8Array, coding?: string): Promise<number> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (coding !== undefined) headers['content-encoding'] = coding;
  const response = await fetch(`${server.url}/v1/traces`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  const { code, message } = (await response.json()) as { code?: number; message?: string };
  if (response.status !== 200) expect([typeof code, typeof message]).toEqual(['number', 'string']);
  return response.status;
}

/** A zstd frame without content size and checksum (RFC 8878), made of raw or, for each count, run-length blocks. */
function createZstd(windowDescriptor: number, blocks: ({ raw: Buffer } | { run: number })[]): Buffer {
  const pieces: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, windowDescriptor])];
  for (const [index, block] of blocks.entries()) {
    const isLast = index === blocks.length - 1 ? 1 : 0;
    const size = 'raw' in block ? block.raw.length : block.run;
    const header = Buffer.alloc(3);
    header.writeUIntLE((size << 3) | ('raw' in block ? 0 : 2) | isLast, 0, 3);
    pieces.push(header, 'raw' in block ? block.raw : Buffer.from(' '));
  }
  return Buffer.concat(pieces);
}

/** Windows of 128 KiB and of 64 GiB. */
const SMALL_WINDOW = 7 << 3;
const HUGE_WINDOW = 26 << 3;

describe('content codings', () => {
  it.each([
    ['none', undefined, BODY],
    ['[9] identity', 'identity', BODY],
    ['[9] gzip', 'gzip', gzipSync(BODY)],
    ['[11] GZIP', 'GZIP', gzipSync(BODY)],
    ['[9] x-gzip', 'x-gzip', gzipSync(BODY)],
    [
      '[11] gzip of several members',
      'gzip',
      Buffer.concat([gzipSync(BODY.subarray(0, 9)), gzipSync(BODY.subarray(9))]),
    ],
    ['[10] deflate', 'deflate', deflateSync(BODY)],
    ['[10] raw deflate', 'deflate', deflateRawSync(BODY)],
    ['[10] br', 'br', brotliCompressSync(BODY)],
    ['[10] zstd', 'zstd', createZstd(SMALL_WINDOW, [{ raw: BODY }, { run: 100 }])],
    ['[10] two after another', 'gzip, deflate', deflateSync(gzipSync(BODY))],
    ['[10] two, one of them nothing', 'identity, gzip', gzipSync(BODY)],
  ])('%s is received', async (_, coding, body) => {
    const server = await start();
    expect(await send(server, body, coding)).toBe(200);
    expect(server.received).toHaveLength(1);
  });

  it.each(['snappy', 'lz4', 'gzip, snappy', 'gzip;q=1', Array(9).fill('gzip').join()])(
    '[10] %s is answered with 415',
    async (coding) => {
      expect(await send(await start(), BODY, coding)).toBe(415);
    },
  );

  const badSum = gzipSync(BODY);
  badSum.writeUInt32LE(1, badSum.length - 8);
  it.each([
    ['gzip with a wrong checksum', 'gzip', badSum],
    ['cut gzip', 'gzip', gzipSync(BODY).subarray(0, 30)],
    ['no gzip at all', 'gzip', BODY],
    ['empty gzip', 'gzip', Buffer.alloc(0)],
    ['gzip with text after it', 'gzip', Buffer.concat([gzipSync(BODY), Buffer.from('{}')])],
    ['cut deflate', 'deflate', deflateSync(BODY).subarray(0, 20)],
    ['cut br', 'br', brotliCompressSync(BODY).subarray(0, 20)],
    ['cut zstd', 'zstd', createZstd(SMALL_WINDOW, [{ raw: BODY }]).subarray(0, 100)],
    ['no zstd at all', 'zstd', BODY],
  ])('[11] %s is answered with 400', async (_, coding, body) => {
    const server = await start();
    expect(await send(server, body, coding)).toBe(400);
    expect(server.received).toEqual([]);
  });
});

describe('limits', () => {
  it.each([
    [undefined, (body: Buffer) => body],
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)(
    '[12] a body of exactly the limit is received, one byte more is 413 (%s)',
    async (coding, encode) => {
      const server = await start();
      const body = (size: number): Buffer => Buffer.from('{}'.padEnd(size));
      expect(await send(server, encode(body(LIMIT)), coding)).toBe(200);
      expect(await send(server, encode(body(LIMIT + 1)), coding)).toBe(413);
    },
  );

  it.each([
    ['gzip', gzipSync(BOMB)],
    ['deflate', deflateSync(BOMB)],
    ['br', brotliCompressSync(BOMB)],
    ['gzip, gzip', gzipSync(gzipSync(BOMB))],
    ['zstd', createZstd(SMALL_WINDOW, Array<{ run: number }>(400).fill({ run: 128 * 1024 }))],
    ['zstd', createZstd(HUGE_WINDOW, [{ run: 1 }])],
  ])('[15] a bomb in %s is 413', async (coding, body) => {
    const server = await start();
    expect(body.length).toBeLessThan(LIMIT);
    const status = await send(server, body, coding);
    expect([400, 413]).toContain(status);
    if (coding !== 'zstd') expect(status).toBe(413);
    expect(await send(server, BODY)).toBe(200);
  });

  it('[29] a client that sends far too much sees 413, not a reset, with and without keep-alive', async () => {
    const server = await start();
    for (const connectionHeader of ['keep-alive', 'close']) {
      const connection = await RawConnection.open(server.port);
      connection.write(
        `POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nConnection: ${connectionHeader}\r\n`,
      );
      connection.write('Transfer-Encoding: chunked\r\n\r\n');
      const chunk = Buffer.concat([
        Buffer.from('80000\r\n'),
        Buffer.alloc(0x80000, ' '),
        Buffer.from('\r\n'),
      ]);
      for (let count = 0; count < 20; count++) connection.write(chunk);
      connection.write('0\r\n\r\n');
      expect(await connection.waitFor(/\r\n\r\n[^]*\}/)).toContain('HTTP/1.1 413 ');
      if (connectionHeader === 'close') await connection.waitForClose();
      connection.destroy();
    }
  });

  it('[15] [26] bodies beyond what may be held together are refused at once, with Retry-After', async () => {
    const server = await start({ maxBytesInFlight: LIMIT });
    const stalled = await RawConnection.open(server.port);
    const arrived = once(server.server, 'request');
    stalled.write(
      `POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${LIMIT}\r\n\r\n${' '.repeat(LIMIT - 2)}`,
    );
    const [request] = (await arrived) as [{ socket: { bytesRead: number } }];
    while (request.socket.bytesRead < LIMIT) await new Promise(setImmediate);
    const headers = { 'content-type': 'application/json' };
    const refused = await fetch(`${server.url}/v1/traces`, {
      method: 'POST',
      headers,
      body: '{}'.padEnd(500_000),
    });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    stalled.write('{}');
    expect(await stalled.waitFor(/\{\}/)).toContain('HTTP/1.1 200 OK');
    expect(await send(server, Buffer.from('{}'.padEnd(500_000)))).toBe(200);
    stalled.destroy();
  });
});
