import { afterEach, expect, test, vi } from 'vitest';
import { parseConfig } from '../../collector/config.js';
import { startServers, type Servers } from '../../collector/servers/servers.js';
import { RawConnection } from '../receivers/raw-http.js';
import { createGrpcClient } from '../support/grpc-client.js';

let servers: Servers;

afterEach(async () => {
  await servers.close(0);
});

async function start(): Promise<string[]> {
  const told: string[] = [];
  servers = await startServers({
    config: parseConfig({ flags: { port: '0', grpcPort: 'free' }, env: { HOME: '/nowhere' } }),
    tls: null,
    handleHttp: vi.fn(),
    handleGrpc: vi.fn(),
    onWrongPort: (advice) => told.push(advice),
  });
  return told;
}

test('HTTP at the port of gRPC is told of, once', async () => {
  const told = await start();
  for (let time = 0; time < 2; time++) {
    const connection = await RawConnection.open(Number(new URL(servers.grpcUrl ?? '').port));
    connection.write('POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}');
    await connection.waitForClose();
  }
  expect(told).toEqual([expect.stringContaining('--port')]);
});

test('gRPC at the port of HTTP is told of', async () => {
  const told = await start();
  const client = createGrpcClient(servers.url.replace('http://', ''));
  expect((await client.export('traces', Buffer.alloc(0))).code).toBe(14);
  client.close();
  expect(told).toEqual([expect.stringContaining('--grpc-port')]);
});
