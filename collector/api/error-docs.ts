import { ERRORS } from '../errors.js';
import type { ErrorCode } from '../errors.js';

/** What a code means to whoever sees it. */
export interface ErrorDescription {
  title: string;
  meaning: string;
  action: string;
}

const DESCRIPTIONS: Record<ErrorCode, ErrorDescription> = {
  OTLP_BODY_TOO_LARGE: {
    title: 'Telemetry request too large',
    meaning: 'An export request is larger than the collector takes, compressed or unpacked.',
    action: 'Send smaller batches, or start the collector with a greater `--max-body-bytes`.',
  },
  OTLP_UNSUPPORTED_ENCODING: {
    title: 'Content encoding not supported',
    meaning: 'The `Content-Encoding` or `grpc-encoding` of an export request is not known.',
    action: 'Send it uncompressed, or with gzip, deflate, br or zstd.',
  },
  OTLP_UNSUPPORTED_MEDIA_TYPE: {
    title: 'Media type not supported',
    meaning: 'The `Content-Type` of an export request is not known.',
    action: 'Send `application/x-protobuf` or `application/json`.',
  },
  OTLP_MALFORMED_BODY: {
    title: 'Telemetry request not readable',
    meaning: 'The body of an export request is not the OTLP that its content type says.',
    action: 'Check the exporter; the same bytes will be refused again.',
  },
  OTLP_METHOD_NOT_ALLOWED: {
    title: 'Method not allowed for telemetry',
    meaning: 'Telemetry is sent with POST only.',
    action: 'Send a POST. To read what is stored, use the query API under `/api/v1`.',
  },
  OTLP_UNKNOWN_METHOD: {
    title: 'No such gRPC method',
    meaning:
      'A call over gRPC names a method that the collector does not have, or has no or several messages.',
    action: 'Call `Export` of the trace, logs or metrics service of OTLP, with one message.',
  },
  OTLP_MALFORMED_FRAME: {
    title: 'gRPC call not readable',
    meaning:
      'A call over gRPC breaks off within its message, or its message is compressed in a way it does not name.',
    action: 'Check the exporter and what is between it and the collector.',
  },
  OTLP_TIMEOUT: {
    title: 'Telemetry request came too slowly',
    meaning: 'The body of an export request did not arrive in time.',
    action: 'Check the network between exporter and collector.',
  },
  INGEST_OVERLOADED: {
    title: 'Too much at once',
    meaning: 'More telemetry is waiting to be stored than the collector holds in memory.',
    action: 'Retry after the seconds in `Retry-After`; exporters do so by themselves.',
  },
  INGEST_SHUTTING_DOWN: {
    title: 'Shutting down',
    meaning: 'The collector is ending and takes nothing more.',
    action: 'Retry; exporters do so by themselves.',
  },
  STORAGE_UNAVAILABLE: {
    title: 'Database not available',
    meaning: 'The database did not answer, or broke off. Nothing of the request was stored.',
    action: 'Retry. Where it lasts, see `/readyz` and the log of the database.',
  },
  SPOOL_FULL: {
    title: 'Spool full',
    meaning: 'The database is away, and what waits for it on disk has reached `--spool-max-bytes`.',
    action: 'Bring the database back; exporters retry by themselves. See `/readyz`.',
  },
  SPOOL_LOCKED: {
    title: 'Spool directory in use',
    meaning: 'Another collector has the spool directory.',
    action: 'Give each collector a `--spool-dir` of its own.',
  },
  SPOOL_UNUSABLE: {
    title: 'Spool directory not usable',
    meaning: 'The spool directory cannot be made, read or written.',
    action: 'The message says why; correct the directory or its permissions.',
  },
  STORAGE_REJECTED: {
    title: 'Refused by the database',
    meaning:
      'The database refused a value, and would refuse it again. Records that can not be stored are no error of their request: they are counted in its partial success, and listed as issues `ROW_REFUSED`.',
    action: 'Report it with the line in the collector’s log: what comes in should always be storable.',
  },
  AUTH_REQUIRED: {
    title: 'API key missing',
    meaning: 'The collector runs with an API key, and the request has none.',
    action: 'Send `Authorization: Bearer KEY` or `x-api-key: KEY`.',
  },
  AUTH_INVALID: {
    title: 'API key not valid',
    meaning: 'The API key of the request is not one of the collector’s.',
    action: 'Check the key.',
  },
  API_BAD_REQUEST: {
    title: 'Request not valid',
    meaning: 'A path parameter, a query parameter or the body is not what the route takes.',
    action: 'See `errors`: each has a JSON pointer such as `/query/limit` and says what is wrong there.',
  },
  API_BAD_CURSOR: {
    title: 'Cursor not valid',
    meaning: 'The cursor does not come from this list with this sort.',
    action: 'Pass on `next_cursor` unchanged with the same sort and filters, or begin again without it.',
  },
  API_NOT_FOUND: {
    title: 'Not found',
    meaning: 'There is no such route, or nothing is stored under this id in this project.',
    action: 'Check the id. Telemetry is seen as soon as its export request was answered with 200.',
  },
  API_METHOD_NOT_ALLOWED: {
    title: 'Method not allowed',
    meaning: 'The route exists, but not with this method.',
    action: 'Use a method of the `Allow` header.',
  },
  API_BODY_TOO_LARGE: {
    title: 'Request body too large',
    meaning: 'The body of a query API request is larger than 1 MiB.',
    action: 'Send a smaller body.',
  },
  API_UNSUPPORTED_MEDIA_TYPE: {
    title: 'Media type not supported',
    meaning: 'The body of a query API request is not declared as JSON in UTF-8.',
    action: 'Send `Content-Type: application/json`.',
  },
  API_INTERNAL: {
    title: 'Internal error',
    meaning: 'The collector failed in a way that nobody foresaw.',
    action: 'Report it with the line in the collector’s log.',
  },
  CONFIG_INVALID: {
    title: 'Configuration not valid',
    meaning: 'An option or an environment variable of the collector is not valid.',
    action: 'Correct the setting that the message names.',
  },
  SERVER_PORT_IN_USE: {
    title: 'Port in use',
    meaning: 'Another process listens on the port.',
    action: 'End it, or choose another port with `--port` or `--grpc-port`.',
  },
  DATABASE_LOCKED: {
    title: 'Built-in database in use',
    meaning: 'Another collector uses the same data directory.',
    action: 'End it, or choose another directory with `--data-dir`.',
  },
  DATABASE_UNREACHABLE: {
    title: 'Database not reachable',
    meaning: 'No connection to the database could be made.',
    action: 'Check `--database-url` and that the database runs.',
  },
  DATABASE_TOO_OLD: {
    title: 'Database too old',
    meaning: 'The Postgres server is older than version 15.',
    action: 'Use Postgres 15 or later.',
  },
  DATABASE_NEWER_THAN_CODE: {
    title: 'Database newer than the program',
    meaning: 'The database was migrated by a later version of Spanledger.',
    action: 'Run that version or a later one.',
  },
  DATABASE_MIGRATION_CHANGED: {
    title: 'Migration changed',
    meaning: 'A migration that was applied to the database is not the one that this version holds.',
    action: 'Restore the migration’s file; applied migrations are never edited.',
  },
  DATABASE_EMBEDDED_FAILED: {
    title: 'Built-in database failed',
    meaning: 'The built-in Postgres could not be started or ended unexpectedly.',
    action: 'See its log in the data directory, or bring your own with `--database-url`.',
  },
};

export function describeError(code: ErrorCode): ErrorDescription {
  return DESCRIPTIONS[code];
}

/** The text of `docs/errors.md`: every code with its meaning, its status and what to do. */
export function renderErrorDocs(): string {
  const sections = Object.entries(ERRORS).map(([code, { http, grpc, retryable }]) => {
    const { title, meaning, action } = DESCRIPTIONS[code as ErrorCode];
    const retry = retryable ? 'the same request may succeed later' : 'a retry gives the same answer';
    return `## ${code}\n\n${title}. HTTP ${http}, gRPC ${grpc}; ${retry}.\n\n${meaning}\n\n**What to do:** ${action}\n`;
  });
  const preface = [
    '# Errors',
    'The query API answers errors as `application/problem+json` (RFC 9457) with a stable `code`; the OTLP receivers answer `google.rpc.Status` with the same message. The command line prints the code as well. Written by `renderErrorDocs()` in `collector/api/error-docs.ts`.',
  ].join('\n\n');
  return `${preface}\n\n${sections.join('\n')}`;
}
