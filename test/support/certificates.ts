import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A certificate with its key, both PEM. Node reads certificates but makes none, and not every machine has openssl: what
 * is needed of X.509 (RFC 5280 section 4) is written here.
 */
export interface Certificate {
  name: string;
  cert: string;
  key: string;
  privateKey: KeyObject;
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

const SIGNATURE_ALGORITHM = encodeSequence(encode(0x06, Buffer.from(OID.ecdsaWithSha256)));

/** A certificate that signs itself and others. */
export function createAuthority(name: string): Certificate {
  // CA: true.
  const constraints = encodeSequence(encode(0x01, Buffer.from([0xff])));
  return issue(name, undefined, encodeExtension(OID.basicConstraints, constraints));
}

/** A certificate for localhost and 127.0.0.1, signed by an authority. */
export function createCertificate(name: string, authority: Certificate): Certificate {
  const names = encodeSequence(
    encode(0x82, Buffer.from('localhost')),
    encode(0x87, Buffer.from([127, 0, 0, 1])),
  );
  return issue(name, authority, encodeExtension(OID.subjectAltName, names));
}

/** Writes `<file>.crt` and `<file>.key` and answers their paths. */
export function writeCertificate(
  folder: string,
  file: string,
  { cert, key }: Certificate,
): { cert: string; key: string } {
  const paths = { cert: join(folder, `${file}.crt`), key: join(folder, `${file}.key`) };
  writeFileSync(paths.cert, cert);
  writeFileSync(paths.key, key);
  return paths;
}

let lastSerial = 0;

function issue(name: string, authority: Certificate | undefined, extension: Buffer): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const dayMillis = 86_400_000;
  const content = encodeSequence(
    // Version 3.
    encode(0xa0, encode(0x02, Buffer.from([2]))),
    encode(0x02, Buffer.from([++lastSerial])),
    SIGNATURE_ALGORITHM,
    encodeName(authority?.name ?? name),
    encodeSequence(encodeTime(Date.now() - dayMillis), encodeTime(Date.now() + dayMillis)),
    encodeName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    encode(0xa3, encodeSequence(extension)),
  );
  const signature = sign('sha256', content, authority?.privateKey ?? privateKey);
  const der = encodeSequence(
    content,
    SIGNATURE_ALGORITHM,
    encode(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey,
  };
}

function encodeExtension(oid: readonly number[], value: Buffer): Buffer {
  return encodeSequence(encode(0x06, Buffer.from(oid)), encode(0x04, value));
}

function encodeName(name: string): Buffer {
  const attribute = encodeSequence(
    encode(0x06, Buffer.from(OID.commonName)),
    encode(0x0c, Buffer.from(name)),
  );
  return encodeSequence(encode(0x31, attribute));
}

/** GeneralizedTime, `YYYYMMDDHHMMSSZ`. */
function encodeTime(millis: number): Buffer {
  const digits = new Date(millis).toISOString().replace(/[-:T]|\.\d+/g, '');
  return encode(0x18, Buffer.from(digits));
}

function encodeSequence(...parts: Buffer[]): Buffer {
  return encode(0x30, Buffer.concat(parts));
}

/** A value of DER (ITU-T X.690): tag, length, content. */
function encode(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const prefix =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(prefix), content]);
}
