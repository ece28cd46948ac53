import { afterEach, describe, expect, it } from 'vitest';
import { SpanledgerError } from '../../collector/errors.js';
import { OTLP_GRPC_SERVICES } from '../../collector/receivers/otlp-grpc.js';
import { decodeMessage, encodeMessage } from '../otlp/otlp-proto.js';
import { createGrpcClient, type GrpcClient } from '../support/grpc-client.js';
import { startOtlpGrpcServer, type OtlpGrpcServer } from '../support/otlp-grpc-server.js';

const CHECK = '/grpc.health.v1.Health/Check';
const LIST = '/grpc.health.v1.Health/List';
const WATCH = '/grpc.health.v1.Health/Watch';
const SERVING = { status: 1 };
const NOT_SERVING = { status: 2 };
const SERVICE_UNKNOWN = { status: 3 };

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(): Promise<{ server: OtlpGrpcServer; client: GrpcClient }> {
  const server = await startOtlpGrpcServer({
    authenticate: () => {
      throw new SpanledgerError('AUTH_REQUIRED', 'a key is needed');
    },
  });
  const client = createGrpcClient(server.address);
  closers.push(
    () => server.close(),
    () => {
      client.close();
    },
  );
  return { server, client };
}

const ask = (service: string): Buffer => encodeMessage('HealthCheckRequest', { service });
const read = (answer: Buffer | null | undefined): unknown =>
  decodeMessage('HealthCheckResponse', answer ?? Buffer.alloc(0));

describe('Check', () => {
  it.each(['', ...Object.values(OTLP_GRPC_SERVICES)])(
    'says without a key whether "%s" is served',
    async (service) => {
      const { server, client } = await start();
      expect(read((await client.call(CHECK, ask(service))).answer)).toEqual(SERVING);
      server.isReady = false;
      expect(read((await client.call(CHECK, ask(service))).answer)).toEqual(NOT_SERVING);
    },
  );

  it('does not know other services, and what is no request', async () => {
    const { client } = await start();
    expect((await client.call(CHECK, ask('some.Other'))).code).toBe(5);
    expect((await client.call(CHECK, Buffer.from('ffff', 'hex'))).code).toBe(3);
    expect((await client.call(CHECK, ask('x'.repeat(5000)))).code).toBe(8);
  });
});

it('List names every service', async () => {
  const { client } = await start();
  const { answer } = await client.call(LIST, Buffer.alloc(0));
  expect(decodeMessage('HealthListResponse', answer ?? Buffer.alloc(0))).toEqual({
    statuses: Object.fromEntries(['', ...Object.values(OTLP_GRPC_SERVICES)].map((name) => [name, SERVING])),
  });
});

describe('Watch', () => {
  it('answers at once, then with each change, and ends with the server', async () => {
    const { server, client } = await start();
    const watched = client.watch(WATCH, ask(''));
    const told = (): unknown[] => watched.answers.map(read);
    await expect.poll(told).toEqual([SERVING]);
    server.isReady = false;
    await expect.poll(told, { timeout: 10_000 }).toEqual([SERVING, NOT_SERVING]);
    server.isReady = true;
    await expect.poll(told, { timeout: 10_000 }).toEqual([SERVING, NOT_SERVING, SERVING]);
    server.health.close();
    expect(await watched.ended).toBe(14);
    expect(told()).toEqual([SERVING, NOT_SERVING, SERVING, NOT_SERVING]);
    expect(read((await client.call(CHECK, ask(''))).answer)).toEqual(NOT_SERVING);
  });

  it('says of an unknown service that it is one, and a client that leaves is forgotten', async () => {
    const { server, client } = await start();
    const watched = client.watch(WATCH, ask('some.Other'));
    await expect.poll(() => watched.answers.map(read)).toEqual([SERVICE_UNKNOWN]);
    watched.cancel();
    await watched.ended;
    await server.server.close(60_000);
  });
});
