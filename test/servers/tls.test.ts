import { request as requestHttps, type RequestOptions } from 'node:https';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTlsIdentity } from '../../collector/servers/tls.js';
import { createGrpcClient, type CallResult } from '../support/grpc-client.js';
import {
  createAuthority,
  createCertificate,
  writeCertificate,
  type Certificate,
} from '../support/certificates.js';
import { createTemporaryFolder, startTestCollector, type TestCollector } from '../support/collector.js';

const folder = createTemporaryFolder();
const authority = createAuthority('test authority');
const server = createCertificate('server', authority);
const client = createCertificate('client', authority);
const stranger = createCertificate('stranger', createAuthority('another authority'));
const serverFiles = writeCertificate(folder.path, 'server', server);
const strangerFiles = writeCertificate(folder.path, 'stranger', stranger);
const authorityFiles = writeCertificate(folder.path, 'authority', authority);

afterAll(() => {
  folder.remove();
});

function ask(url: string, identity: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    requestHttps(url, { agent: false, ...identity }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

async function exportNothing(url: string | null, identity?: Certificate): Promise<CallResult> {
  const address = (url ?? '').replace(/^https:\/\//, '');
  const channel = credentials.createSsl(
    Buffer.from(authority.cert),
    identity === undefined ? null : Buffer.from(identity.key),
    identity === undefined ? null : Buffer.from(identity.cert),
  );
  const grpc = createGrpcClient(address, {
    credentials: channel,
    'grpc.ssl_target_name_override': 'localhost',
  });
  try {
    return await grpc.export('traces', Buffer.alloc(0));
  } finally {
    grpc.close();
  }
}

describe('a collector with a certificate', () => {
  let collector: TestCollector;
  beforeAll(async () => {
    collector = await startTestCollector({
      grpcPort: 'free',
      tlsCert: serverFiles.cert,
      tlsKey: serverFiles.key,
    });
  });
  afterAll(async () => {
    await collector.close();
  });

  it('speaks TLS at both doors', async () => {
    expect(collector.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(collector.grpcUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask(`${collector.url}/readyz`, { ca: authority.cert })).toBe(200);
    expect((await exportNothing(collector.grpcUrl)).code).toBe(0);
  });

  it('speaks nothing else', async () => {
    await expect(fetch(`${collector.url.replace('https', 'http')}/healthz`)).rejects.toThrow();
    const plain = createGrpcClient((collector.grpcUrl ?? '').replace('https://', ''));
    expect((await plain.export('traces', Buffer.alloc(0))).code).toBe(14);
    plain.close();
  });

  it('is not trusted by whoever does not know its authority', async () => {
    await expect(ask(`${collector.url}/healthz`, {})).rejects.toThrow(/certificate/);
  });
});

describe('a collector that asks for certificates', () => {
  let collector: TestCollector;
  beforeAll(async () => {
    collector = await startTestCollector({
      grpcPort: 'free',
      tlsCert: serverFiles.cert,
      tlsKey: serverFiles.key,
      tlsClientCa: authorityFiles.cert,
    });
  });
  afterAll(async () => {
    await collector.close();
  });

  it('lets those of its authority in', async () => {
    const identity = { ca: authority.cert, cert: client.cert, key: client.key };
    expect(await ask(`${collector.url}/readyz`, identity)).toBe(200);
    expect((await exportNothing(collector.grpcUrl, client)).code).toBe(0);
  });

  it('lets nobody else in', async () => {
    const other = { ca: authority.cert, cert: stranger.cert, key: stranger.key };
    await expect(ask(`${collector.url}/healthz`, other)).rejects.toThrow();
    await expect(ask(`${collector.url}/healthz`, { ca: authority.cert })).rejects.toThrow();
    expect((await exportNothing(collector.grpcUrl, stranger)).code).toBe(14);
    expect((await exportNothing(collector.grpcUrl)).code).toBe(14);
  });
});

describe('files that do not fit are refused with what to do', () => {
  const none = { tlsCert: null, tlsKey: null, tlsClientCa: null };
  const garbage = join(folder.path, 'garbage.pem');
  const encrypted = join(folder.path, 'encrypted.key');
  writeFileSync(garbage, 'not PEM\n');
  writeFileSync(
    encrypted,
    server.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }),
  );
  const pair = { tlsCert: serverFiles.cert, tlsKey: serverFiles.key };

  it('none is none', async () => {
    expect(await readTlsIdentity(none)).toBeNull();
  });

  it.each([
    [{ tlsCert: serverFiles.cert }, /^--tls-cert needs --tls-key/],
    [{ tlsKey: serverFiles.key }, /^--tls-key needs --tls-cert/],
    [{ tlsClientCa: authorityFiles.cert }, /^--tls-client-ca needs --tls-cert and --tls-key/],
    [{ ...pair, tlsCert: '/nowhere/a.crt' }, /^--tls-cert \/nowhere\/a\.crt can't be read: ENOENT/],
    [{ ...pair, tlsKey: folder.path }, /^--tls-key .* can't be read: EISDIR/],
    [{ ...pair, tlsCert: garbage }, /^--tls-cert .*garbage\.pem is not a certificate in PEM/],
    [{ ...pair, tlsCert: serverFiles.key }, /^--tls-cert .*server\.key is not a certificate in PEM/],
    [{ ...pair, tlsKey: garbage }, /^--tls-key .*garbage\.pem is not a private key in PEM/],
    [{ ...pair, tlsKey: encrypted }, /^--tls-key .*encrypted\.key is encrypted: .* without a passphrase/],
    [{ ...pair, tlsKey: strangerFiles.key }, /^--tls-key .* is not the key of the certificate in --tls-cert/],
    [{ ...pair, tlsClientCa: garbage }, /^--tls-client-ca .* is not a certificate in PEM/],
  ])('%o', async (files, message) => {
    await expect(readTlsIdentity({ ...none, ...files })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });
});
