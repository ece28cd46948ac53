import { describe, expect, test } from 'vitest';
import { parseConfig, settleConfig, SETTING_KEYS, SETTINGS, type Flags } from '../../collector/config.js';
import { SpanledgerError } from '../../collector/errors.js';

const HOME = { HOME: '/home/ines' };

function readComplaint(flags: Flags, env: Record<string, string> = {}): string {
  try {
    parseConfig({ flags, env });
  } catch (error) {
    if (error instanceof SpanledgerError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

test('without flags and environment the defaults hold', () => {
  expect(parseConfig({ flags: {}, env: { XDG_DATA_HOME: '/data' } })).toEqual({
    host: '127.0.0.1',
    port: 4318,
    grpcPort: 4317,
    databaseUrl: null,
    dataDir: '/data/spanledger',
    databaseConnections: 6,
    maxBodyBytes: 67_108_864,
    maxInFlightBytes: null,
    spoolDir: null,
    spoolMaxBytes: 1_073_741_824,
    apiKey: null,
    insecure: false,
    tlsCert: null,
    tlsKey: null,
    tlsClientCa: null,
    forwardEndpoint: null,
    forwardHeaders: null,
    forwardQueueBytes: 67_108_864,
    selfTelemetryEndpoint: null,
    selfTelemetryHeaders: null,
    logLevel: 'info',
    noOpen: false,
  });
});

test.runIf(process.platform === 'linux')('data goes under the home directory where XDG says nothing', () => {
  expect(parseConfig({ flags: {}, env: HOME }).dataDir).toBe('/home/ines/.local/share/spanledger');
});

test('a flag wins over its variable, and an empty variable is an absent one', () => {
  const env = { ...HOME, SPANLEDGER_PORT: '5000', SPANLEDGER_LOG_LEVEL: '', SPANLEDGER_NO_OPEN: '1' };
  expect(parseConfig({ flags: { port: '0' }, env })).toMatchObject({
    port: 0,
    logLevel: 'info',
    noOpen: true,
  });
  expect(parseConfig({ flags: {}, env }).port).toBe(5000);
});

test('[2] over gRPC it listens on 4317, on a free port, or not at all', () => {
  const read = (grpcPort: string) => parseConfig({ flags: { grpcPort }, env: HOME }).grpcPort;
  expect(parseConfig({ flags: {}, env: HOME })).toMatchObject({
    host: '127.0.0.1',
    port: 4318,
    grpcPort: 4317,
  });
  expect([read('4999'), read('0'), read('free'), read('FREE')]).toEqual([4999, 0, 'free', 'free']);
});

test('sizes are bytes or have a unit', () => {
  const read = (maxBodyBytes: string) => parseConfig({ flags: { maxBodyBytes }, env: HOME }).maxBodyBytes;
  expect(read('1048576')).toBe(1_048_576);
  expect(read('64MiB')).toBe(67_108_864);
  expect(read('64mb')).toBe(67_108_864);
  expect(read('1.5 m')).toBe(1_572_864);
  expect(read('512k')).toBe(524_288);
});

describe('a bad value is refused with one line that names the flag, the value and what is allowed', () => {
  test.each<[Flags, string]>([
    [
      { host: 'http://here' },
      '--host was given "http://here", but takes a host name or an IP address, without a scheme or a port',
    ],
    [{ host: '' }, '--host was given "", but takes a host name or an IP address, without a scheme or a port'],
    [
      { port: '70000' },
      '--port was given "70000", but takes a number from 0 to 65535, where 0 picks a free port',
    ],
    [
      { port: '43.18' },
      '--port was given "43.18", but takes a number from 0 to 65535, where 0 picks a free port',
    ],
    [
      { grpcPort: 'any' },
      '--grpc-port was given "any", but takes a number from 0 to 65535, where 0 is off, or "free" for a free port',
    ],
    [
      { databaseUrl: 'mysql://u:secret@h/d' },
      '--database-url takes a URL such as postgres://user:password@host:5432/database',
    ],
    [{ databaseConnections: '0' }, '--database-connections was given "0", but takes a number from 1 to 500'],
    [
      { maxBodyBytes: '2TB' },
      '--max-body-bytes was given "2TB", but takes bytes or a size such as 64MiB, from 1KiB to 1GiB',
    ],
    [
      { maxBodyBytes: '5' },
      '--max-body-bytes was given "5", but takes bytes or a size such as 64MiB, from 1KiB to 1GiB',
    ],
    [{ apiKey: 'two words' }, '--api-key takes printable ASCII without spaces'],
    [
      { logLevel: 'loud' },
      '--log-level was given "loud", but takes one of fatal, error, warn, info, debug, trace, silent',
    ],
  ])('%o', (flags, complaint) => {
    expect(readComplaint(flags)).toBe(complaint);
  });

  test('a variable is named like a flag', () => {
    expect(readComplaint({}, { SPANLEDGER_INSECURE: 'maybe' })).toBe(
      'SPANLEDGER_INSECURE was given "maybe", but takes true or false',
    );
  });
});

test('the network is let in only with a key, or where that is meant', () => {
  expect(readComplaint({ host: '0.0.0.0' })).toBe(
    '--host 0.0.0.0 would let anyone on the network read and write everything: ' +
      'set --api-key (SPANLEDGER_API_KEY), or pass --insecure if that is meant',
  );
  expect(readComplaint({ host: '::' })).toContain('--insecure');
  expect(readComplaint({ host: '127.0.0.1.example.org' })).toContain('--insecure');
  expect(readComplaint({ host: '0.0.0.0', apiKey: 'k' })).toBe('accepted');
  expect(readComplaint({ host: '0.0.0.0', insecure: true })).toBe('accepted');
  for (const host of ['localhost', '127.8.8.8', '::1', '[::1]'])
    expect(readComplaint({ host })).toBe('accepted');
});

test('secrets are concealed where settings are shown', () => {
  const env = { ...HOME, DATABASE_URL: 'postgres://ines:p@ss/w@db/spans?password=other' };
  const shown = settleConfig({ flags: { apiKey: 'sk-1' }, env });
  expect(shown.find(({ key }) => key === 'apiKey')).toMatchObject({ shown: '(set)', source: '--api-key' });
  expect(shown.find(({ key }) => key === 'databaseUrl')).toMatchObject({
    shown: 'postgres://ines:***@db/spans?password=***',
    source: 'DATABASE_URL',
  });
});

test('every setting has a flag and a variable of its own', () => {
  const settings = SETTING_KEYS.map((key) => SETTINGS[key]);
  expect(new Set(settings.map(({ flag }) => flag)).size).toBe(settings.length);
  expect(new Set(settings.map(({ env }) => env)).size).toBe(settings.length);
});

test('an endpoint is a base URL without a slash at its end, and headers are percent-decoded', () => {
  const flags = {
    forwardEndpoint: 'https://otel.internal:4318/base/',
    forwardHeaders: 'Authorization=Bearer%20a%2Cb, x-team = a=b ',
  };
  expect(parseConfig({ flags, env: HOME })).toMatchObject({
    forwardEndpoint: 'https://otel.internal:4318/base',
    forwardHeaders: { authorization: 'Bearer a,b', 'x-team': 'a=b' },
  });
});

test.each([
  'otel.internal:4318',
  'ftp://otel.internal',
  'http://user:secret@otel.internal',
  'http://otel.internal/v1/traces',
  'http://otel.internal/?key=1',
])('%s is no endpoint to send on to', (forwardEndpoint) => {
  expect(readComplaint({ forwardEndpoint })).toContain('takes an http:// or https:// URL');
});

test.each(['secret', '=secret', 'a=%zz', 'a b=secret', 'a=%0d%0asecret', 'a=1,,b=2'])(
  'headers %s are refused, and not repeated',
  (forwardHeaders) => {
    expect(readComplaint({ forwardHeaders })).toBe(
      '--forward-headers takes name=value pairs separated by commas, values percent-encoded',
    );
  },
);

test('headers are not shown', () => {
  const settled = settleConfig({ flags: { forwardHeaders: 'authorization=secret' }, env: HOME });
  expect(settled.find(({ key }) => key === 'forwardHeaders')?.shown).toBe('(set)');
});
