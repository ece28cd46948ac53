import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SpanledgerError } from './errors.js';

/** Who a request speaks for. */
interface Identity {
  projectId: string;
}

/** Answers who sent these headers, or throws `AUTH_REQUIRED` (no key) or `AUTH_INVALID` (no key that we know). */
export type Authenticate = (headers: IncomingHttpHeaders) => Identity;

export interface AuthenticatorOptions {
  /** The one key that is let in; null lets everybody in. */
  apiKey: string | null;
  projectId: string;
}

/**
 * Makes the check that every request passes. The key may come as `Authorization: Bearer K`, as a bare
 * `Authorization: K`, as the password of `Authorization: Basic` (any user), as `x-api-key` or as `api_key`, so that
 * exporters set up for other products need a new URL and key and nothing else. Where several are sent, one that fits
 * is enough. Keys are compared in a time that does not depend on how much of them agrees.
 */
export function createAuthenticator({ apiKey, projectId }: AuthenticatorOptions): Authenticate {
  const identity: Identity = { projectId };
  if (apiKey === null) return () => identity;
  const expected = digest(apiKey);
  return (headers) => {
    const candidates = readKeys(headers);
    if (candidates.length === 0) {
      throw new SpanledgerError(
        'AUTH_REQUIRED',
        'This collector asks for an API key: send it as "Authorization: Bearer <key>" or "x-api-key: <key>".',
      );
    }
    if (!candidates.some((candidate) => timingSafeEqual(digest(candidate), expected))) {
      throw new SpanledgerError(
        'AUTH_INVALID',
        'The API key is not the one this collector was started with (its --api-key or SPANLEDGER_API_KEY).',
      );
    }
    return identity;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function readKeys(headers: IncomingHttpHeaders): string[] {
  const keys = [
    readAuthorization(headers.authorization),
    first(headers['x-api-key']),
    first(headers['api_key']),
  ];
  return keys.map((key) => key?.trim()).filter((key) => key !== undefined && key !== '') as string[];
}

/** RFC 6750 (Bearer), RFC 7617 (Basic): the scheme's name is case-insensitive. */
function readAuthorization(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const match = /^(bearer|basic)(?:\s+(.*))?$/i.exec(value.trim());
  if (match === null) return value;
  const credentials = match[2] ?? '';
  if (match[1]?.toLowerCase() === 'bearer') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon === -1 ? undefined : pair.slice(colon + 1);
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
