import { SpanledgerError } from '../errors.js';
import type { Encoding } from '../otlp/decoded-request.js';

const MEDIA_TYPES: ReadonlyMap<string, Encoding> = new Map<string, Encoding>([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);

export const MEDIA_TYPE: Record<Encoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** The encoding that a Content-Type names, or undefined; parameters are passed over. */
export function findEncoding(contentType: string | undefined): Encoding | undefined {
  return MEDIA_TYPES.get((contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '');
}

/** The encoding of a request. Throws `OTLP_UNSUPPORTED_MEDIA_TYPE` for any other type, and for JSON not in UTF-8. */
export function readEncoding(contentType: string | undefined): Encoding {
  const encoding = findEncoding(contentType);
  if (encoding === undefined)
    throw new SpanledgerError(
      'OTLP_UNSUPPORTED_MEDIA_TYPE',
      'OTLP is received as Content-Type application/x-protobuf or application/json',
    );
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType ?? '')?.[1]?.toLowerCase();
  if (encoding === 'json' && charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw new SpanledgerError('OTLP_UNSUPPORTED_MEDIA_TYPE', 'OTLP/JSON is received in charset utf-8 only');
  return encoding;
}

export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd';

const CODINGS: ReadonlyMap<string, Coding | null> = new Map<string, Coding | null>([
  ['', null],
  ['identity', null],
  ['none', null],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['zlib', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
]);

/** More codings than any sender has a reason to apply; each costs a pass over the body. */
const MAX_CODINGS = 4;

/** The codings of a Content-Encoding in the order in which they were applied (RFC 9110 section 8.4). */
export function readCodings(contentEncoding: string | undefined): Coding[] {
  const codings: Coding[] = [];
  for (const name of (contentEncoding ?? '').split(',')) {
    const coding = CODINGS.get(name.trim().toLowerCase());
    if (coding === undefined)
      throw new SpanledgerError(
        'OTLP_UNSUPPORTED_ENCODING',
        'Content-Encoding is received as gzip, deflate, br, zstd or identity',
      );
    if (coding !== null) codings.push(coding);
  }
  if (codings.length > MAX_CODINGS)
    throw new SpanledgerError('OTLP_UNSUPPORTED_ENCODING', `more than ${MAX_CODINGS} content codings`);
  return codings;
}
