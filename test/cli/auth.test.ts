import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { createAuthenticator } from '../../collector/auth.js';

const projectId = '00000000-0000-7000-8000-000000000001';
const authenticate = createAuthenticator({ apiKey: 'sl-key:1', projectId });

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

test.each<[string, IncomingHttpHeaders]>([
  ['a bearer token', { authorization: 'Bearer sl-key:1' }],
  ['a bearer token in another case', { authorization: 'bearer  sl-key:1' }],
  ['a bare key', { authorization: 'sl-key:1' }],
  ['a password, colons included', { authorization: basic('public:sl-key:1') }],
  ['a password without a user', { authorization: basic(':sl-key:1') }],
  ['x-api-key', { 'x-api-key': 'sl-key:1' }],
  ['api_key', { api_key: 'sl-key:1' }],
  ['one that fits beside one that does not', { authorization: 'Bearer other', 'x-api-key': 'sl-key:1' }],
])('the key is taken as %s', (_form, headers) => {
  expect(authenticate(headers)).toEqual({ projectId });
});

test.each<[string, IncomingHttpHeaders]>([
  ['nothing', {}],
  ['an empty header', { authorization: '' }],
  ['a scheme without a key', { authorization: 'Bearer ' }],
  ['a basic user without a password', { authorization: basic('sl-key') }],
])('%s asks for the key', (_form, headers) => {
  expect(() => authenticate(headers)).toThrow(
    expect.objectContaining({
      code: 'AUTH_REQUIRED',
      message: expect.stringContaining('x-api-key') as string,
    }) as Error,
  );
});

test.each<[string, IncomingHttpHeaders]>([
  ['another key', { authorization: 'Bearer sl-key:2' }],
  ['the beginning of the key', { 'x-api-key': 'sl-key' }],
  ['the key as a user', { authorization: basic('sl-key:1:other') }],
])('%s is refused, and is not repeated in the message', (_form, headers) => {
  expect(() => authenticate(headers)).toThrow(expect.objectContaining({ code: 'AUTH_INVALID' }) as Error);
  expect(() => authenticate(headers)).not.toThrow(/sl-key/);
});

test('without a key set, everybody is let in', () => {
  const open = createAuthenticator({ apiKey: null, projectId });
  expect(open({})).toEqual({ projectId });
  expect(open({ authorization: 'Bearer anything' })).toEqual({ projectId });
});
