import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { SpanledgerError } from '../errors.js';

/** What both servers speak TLS with, as PEM. */
export interface TlsIdentity {
  /** The certificate, and after it those that lead to its root. */
  cert: Buffer;
  key: Buffer;
  /** Where this is set, clients must have a certificate of one of these authorities. */
  clientCa: Buffer | null;
}

interface TlsFiles {
  tlsCert: string | null;
  tlsKey: string | null;
  tlsClientCa: string | null;
}

/** Reads the files of the settings; null where there are none. Rejects with `CONFIG_INVALID`. */
export async function readTlsIdentity(files: TlsFiles): Promise<TlsIdentity | null> {
  const { tlsCert, tlsKey, tlsClientCa } = files;
  if (tlsCert === null && tlsKey === null) {
    if (tlsClientCa === null) return null;
    throw createError(
      '--tls-client-ca needs --tls-cert and --tls-key: clients show certificates only over TLS',
    );
  }
  if (tlsCert === null) throw createError('--tls-key needs --tls-cert, the certificate that it belongs to');
  if (tlsKey === null) throw createError('--tls-cert needs --tls-key, the private key that belongs to it');
  const cert = await readPem('--tls-cert', tlsCert);
  const key = await readPem('--tls-key', tlsKey);
  const clientCa = tlsClientCa === null ? null : await readPem('--tls-client-ca', tlsClientCa);
  const certificate = parseCertificate('--tls-cert', tlsCert, cert);
  if (!certificate.checkPrivateKey(parseKey(tlsKey, key)))
    throw createError(`--tls-key ${tlsKey} is not the key of the certificate in --tls-cert ${tlsCert}`);
  if (tlsClientCa !== null && clientCa !== null) parseCertificate('--tls-client-ca', tlsClientCa, clientCa);
  try {
    createSecureContext({ cert, key, ...(clientCa !== null && { ca: clientCa }) });
  } catch (cause) {
    throw createError(`--tls-cert ${tlsCert} can't be used for TLS: ${readMessage(cause)}`, cause);
  }
  return { cert, key, clientCa };
}

/** As the servers of Node take it; without an authority for clients, none is asked for a certificate. */
export function toServerOptions({ cert, key, clientCa }: TlsIdentity): {
  cert: Buffer;
  key: Buffer;
  ca?: Buffer;
  requestCert: boolean;
  rejectUnauthorized: boolean;
} {
  const isMutual = clientCa !== null;
  return {
    cert,
    key,
    ...(isMutual && { ca: clientCa }),
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
  };
}

async function readPem(flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw createError(`${flag} ${path} can't be read: ${readMessage(cause)}`, cause);
  }
}

function parseCertificate(flag: string, path: string, pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw createError(`${flag} ${path} is not a certificate in PEM ("-----BEGIN CERTIFICATE-----")`, cause);
  }
}

function parseKey(path: string, pem: Buffer): KeyObject {
  if (pem.includes('ENCRYPTED'))
    throw createError(`--tls-key ${path} is encrypted: give the key without a passphrase`);
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw createError(`--tls-key ${path} is not a private key in PEM ("-----BEGIN PRIVATE KEY-----")`, cause);
  }
}

function createError(message: string, cause?: unknown): SpanledgerError {
  return new SpanledgerError('CONFIG_INVALID', message, cause === undefined ? {} : { cause });
}

function readMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
