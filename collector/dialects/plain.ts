import type { Dialect } from './dialect.js';
import { ROLE_ORDER } from './dialect.js';
import { readCount, readFirstLine, type Readable } from './readers/scalars.js';
import { firstLine, identifier } from './sources.js';
import type { SpanView } from './span-view.js';

const STATUS_ERROR = 2;

/** Words of the general semantic conventions (open-telemetry/semantic-conventions: session, enduser, http, db, error). */
export const plain: Dialect = {
  name: 'plain',
  isGeneral: true,
  roles: [
    { order: ROLE_ORDER.general, key: 'db.system.name', about: '`db`', read: () => 'db' },
    { order: ROLE_ORDER.general, key: 'db.system', about: '`db`', read: () => 'db' },
    { order: ROLE_ORDER.general, key: 'http.request.method', about: '`http`', read: () => 'http' },
    { order: ROLE_ORDER.general, key: 'http.method', about: '`http`', read: () => 'http' },
    { order: ROLE_ORDER.general, key: 'url.full', about: '`http`', read: () => 'http' },
    { order: ROLE_ORDER.general, key: 'http.url', about: '`http`', read: () => 'http' },
  ],
  facts: {
    sessionId: [identifier('session.id')],
    userId: [identifier('user.id'), identifier('enduser.id'), identifier('user.email', { isLate: true })],
    errorType: [
      identifier('error.type'),
      identifier('error_type', { isLate: true }),
      {
        about: '`http.response.status_code` or `http.status_code` of 400 to 599 on a span with status ERROR',
        keys: ['http.response.status_code', 'http.status_code'],
        derive: readFailedHttpStatus,
        isLate: true,
      },
    ],
    errorMessage: [firstLine('error.message'), { key: 'error', read: readErrorText, isLate: true }],
  },
  failures: [{ key: 'error', isFailure: (value) => value === true || value === 'true' }],
};

/** `error` is a flag in OpenTracing's words and a message in others'. */
function readErrorText(value: Readable): string | undefined {
  return value === 'true' || value === 'false' || typeof value !== 'string'
    ? undefined
    : readFirstLine(value);
}

/** What `error.type` would be by the HTTP conventions; instrumentations often leave it out. */
function readFailedHttpStatus(view: SpanView): string | undefined {
  if (view.data.statusCode !== STATUS_ERROR) return undefined;
  const status = readCount(
    view.attributes.get('http.response.status_code') ?? view.attributes.get('http.status_code'),
  );
  return status !== undefined && status >= 400 && status < 600 ? String(status) : undefined;
}
