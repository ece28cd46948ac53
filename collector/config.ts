// Longer than most files: every setting stands here once, with its flag, its variable, its default and its help.

import { homedir } from 'node:os';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { SpanledgerError } from './errors.js';

/** Everything `spanledger serve` can be told. */
export interface Config {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** OTLP over gRPC; 0 is off, and `free` picks a free one. */
  grpcPort: number | 'free';
  /** null uses the embedded Postgres in `dataDir`. */
  databaseUrl: string | null;
  dataDir: string;
  databaseConnections: number;
  /** Largest request body, after decompression. */
  maxBodyBytes: number;
  /** Bytes of all request bodies that are held at once; null is four times `maxBodyBytes`. */
  maxInFlightBytes: number | null;
  /** Where requests wait on disk while the database is away; null keeps none. */
  spoolDir: string | null;
  spoolMaxBytes: number;
  /** The key that clients must send; null leaves the door open. */
  apiKey: string | null;
  insecure: boolean;
  /** PEM files; without them, both servers speak plain HTTP. */
  tlsCert: string | null;
  tlsKey: string | null;
  /** A PEM file of authorities; clients must then have a certificate of one. */
  tlsClientCa: string | null;
  /** What was stored is sent on to `/v1/{signal}` below this URL; null sends nothing on. */
  forwardEndpoint: string | null;
  forwardHeaders: Record<string, string> | null;
  forwardQueueBytes: number;
  /** The collector's own spans are sent to `/v1/traces` below this URL; null makes none. */
  selfTelemetryEndpoint: string | null;
  selfTelemetryHeaders: Record<string, string> | null;
  logLevel: LogLevel;
  noOpen: boolean;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags as given on the command line, by setting; a switch is `true`. */
export type Flags = { readonly [Key in keyof Config]?: string | boolean | undefined };

/** One setting: the only place where its flag, its environment variable, its default and its limits are written. */
export interface Setting<Value> {
  flag: string;
  /** The placeholder of the flag's value in help; null for a switch. */
  argument: string | null;
  env: string;
  /** The value where nothing is said; what the environment says of directories counts. */
  readDefault(environment: Environment): Value;
  /** Undefined where the text is not allowed. */
  parse(text: string): Value | undefined;
  /** What `parse` accepts, in words. */
  allowed: string;
  description: string;
  /** How a secret is shown; absent where it is none. */
  conceal?(text: string): string;
}

const ENDPOINT_ALLOWED =
  'an http:// or https:// URL without user, query and /v1/traces, such as https://collector.internal:4318';
const HEADERS_ALLOWED = 'name=value pairs separated by commas, values percent-encoded';

export const SETTINGS: { readonly [Key in keyof Config]: Setting<Config[Key]> } = {
  host: {
    flag: '--host',
    argument: 'address',
    env: 'SPANLEDGER_HOST',
    readDefault: () => '127.0.0.1',
    parse: parseHost,
    allowed: 'a host name or an IP address, without a scheme or a port',
    description: 'address to listen on; other than loopback needs --api-key or --insecure',
  },
  port: {
    flag: '--port',
    argument: 'number',
    env: 'SPANLEDGER_PORT',
    readDefault: () => 4318,
    parse: (text) => parseInteger(text, 0, 65_535),
    allowed: 'a number from 0 to 65535, where 0 picks a free port',
    description: 'port of the API and of OTLP over HTTP',
  },
  grpcPort: {
    flag: '--grpc-port',
    argument: 'number',
    env: 'SPANLEDGER_GRPC_PORT',
    readDefault: () => 4317,
    parse: (text) => (text.toLowerCase() === 'free' ? 'free' : parseInteger(text, 0, 65_535)),
    allowed: 'a number from 0 to 65535, where 0 is off, or "free" for a free port',
    description: 'port of OTLP over gRPC; 0 turns it off',
  },
  databaseUrl: {
    flag: '--database-url',
    argument: 'url',
    env: 'DATABASE_URL',
    readDefault: () => null,
    parse: (text) => (/^postgres(ql)?:\/\/\S+$/.test(text) ? text : undefined),
    allowed: 'a URL such as postgres://user:password@host:5432/database',
    description: 'Postgres to store in; without it, one is run in the data directory',
    conceal: concealPassword,
  },
  dataDir: {
    flag: '--data-dir',
    argument: 'directory',
    env: 'SPANLEDGER_DATA_DIR',
    readDefault: findDataDir,
    parse: parsePath,
    allowed: 'a directory',
    description: 'where the embedded Postgres keeps its data',
  },
  databaseConnections: {
    flag: '--database-connections',
    argument: 'count',
    env: 'SPANLEDGER_DATABASE_CONNECTIONS',
    readDefault: () => 6,
    parse: (text) => parseInteger(text, 1, 500),
    allowed: 'a number from 1 to 500',
    description: 'most connections to the database at once',
  },
  maxBodyBytes: {
    flag: '--max-body-bytes',
    argument: 'size',
    env: 'SPANLEDGER_MAX_BODY_BYTES',
    readDefault: () => 64 * 1024 * 1024,
    parse: (text) => parseBytes(text, 1024 ** 3),
    allowed: 'bytes or a size such as 64MiB, from 1KiB to 1GiB',
    description: 'largest request body, after decompression',
  },
  maxInFlightBytes: {
    flag: '--max-in-flight-bytes',
    argument: 'size',
    env: 'SPANLEDGER_MAX_IN_FLIGHT_BYTES',
    readDefault: () => null,
    parse: (text) => parseBytes(text, 1024 ** 4),
    allowed: 'bytes or a size such as 256MiB, from 1KiB to 1TiB',
    description:
      'most bytes of request bodies that are held at once, by default 4 times --max-body-bytes; more gets 503',
  },
  spoolDir: {
    flag: '--spool-dir',
    argument: 'directory',
    env: 'SPANLEDGER_SPOOL_DIR',
    readDefault: () => null,
    parse: parsePath,
    allowed: 'a directory',
    description:
      'where export requests are kept on disk while the database is away; without it, they get 503',
  },
  spoolMaxBytes: {
    flag: '--spool-max-bytes',
    argument: 'size',
    env: 'SPANLEDGER_SPOOL_MAX_BYTES',
    readDefault: () => 1024 ** 3,
    parse: (text) => parseBytes(text, 1024 ** 4),
    allowed: 'bytes or a size such as 10GiB, from 1KiB to 1TiB',
    description: 'most bytes that the spool takes on disk',
  },
  apiKey: {
    flag: '--api-key',
    argument: 'key',
    env: 'SPANLEDGER_API_KEY',
    readDefault: () => null,
    // A key has to fit in a header: printable ASCII without blanks.
    parse: (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
    allowed: 'printable ASCII without spaces',
    description: 'key that clients must send; without it, nobody is asked for one',
    conceal: () => '(set)',
  },
  insecure: {
    flag: '--insecure',
    argument: null,
    env: 'SPANLEDGER_INSECURE',
    readDefault: () => false,
    parse: parseSwitch,
    allowed: 'true or false',
    description: 'listen beyond loopback without an API key',
  },
  tlsCert: {
    flag: '--tls-cert',
    argument: 'file',
    env: 'SPANLEDGER_TLS_CERT',
    readDefault: () => null,
    parse: parsePath,
    allowed: 'a file',
    description: 'certificate in PEM, with those that lead to its root: both servers then speak TLS',
  },
  tlsKey: {
    flag: '--tls-key',
    argument: 'file',
    env: 'SPANLEDGER_TLS_KEY',
    readDefault: () => null,
    parse: parsePath,
    allowed: 'a file',
    description: 'private key of the certificate, in PEM without a passphrase',
  },
  tlsClientCa: {
    flag: '--tls-client-ca',
    argument: 'file',
    env: 'SPANLEDGER_TLS_CLIENT_CA',
    readDefault: () => null,
    parse: parsePath,
    allowed: 'a file',
    description: 'authorities in PEM: clients must then show a certificate of one of them',
  },
  forwardEndpoint: {
    flag: '--forward-endpoint',
    argument: 'url',
    env: 'SPANLEDGER_FORWARD_ENDPOINT',
    readDefault: () => null,
    parse: parseEndpoint,
    allowed: ENDPOINT_ALLOWED,
    description: 'send what was stored on, unchanged, to the OTLP/HTTP receiver at this URL',
  },
  forwardHeaders: {
    flag: '--forward-headers',
    argument: 'headers',
    env: 'SPANLEDGER_FORWARD_HEADERS',
    readDefault: () => null,
    parse: parseHeaders,
    allowed: HEADERS_ALLOWED,
    description: 'headers of what is sent on, as in OTEL_EXPORTER_OTLP_HEADERS',
    conceal: () => '(set)',
  },
  forwardQueueBytes: {
    flag: '--forward-queue-bytes',
    argument: 'size',
    env: 'SPANLEDGER_FORWARD_QUEUE_BYTES',
    readDefault: () => 64 * 1024 * 1024,
    parse: (text) => parseBytes(text, 1024 ** 4),
    allowed: 'bytes or a size such as 64MiB, from 1KiB to 1TiB',
    description: 'most bytes that wait to be sent on; beyond it the oldest are dropped',
  },
  selfTelemetryEndpoint: {
    flag: '--self-telemetry-endpoint',
    argument: 'url',
    env: 'SPANLEDGER_SELF_TELEMETRY_ENDPOINT',
    readDefault: () => null,
    parse: parseEndpoint,
    allowed: ENDPOINT_ALLOWED,
    description:
      "send the collector's own spans to the OTLP/HTTP receiver at this URL; it may be this collector",
  },
  selfTelemetryHeaders: {
    flag: '--self-telemetry-headers',
    argument: 'headers',
    env: 'SPANLEDGER_SELF_TELEMETRY_HEADERS',
    readDefault: () => null,
    parse: parseHeaders,
    allowed: HEADERS_ALLOWED,
    description: "headers of the collector's own spans, as in OTEL_EXPORTER_OTLP_HEADERS",
    conceal: () => '(set)',
  },
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    env: 'SPANLEDGER_LOG_LEVEL',
    readDefault: () => 'info',
    parse: (text) => LOG_LEVELS.find((level) => level === text.toLowerCase()),
    allowed: `one of ${LOG_LEVELS.join(', ')}`,
    description: 'least severity that is logged',
  },
  noOpen: {
    flag: '--no-open',
    argument: null,
    env: 'SPANLEDGER_NO_OPEN',
    readDefault: () => false,
    parse: parseSwitch,
    allowed: 'true or false',
    description: 'do not open a browser',
  },
};

/** In the order in which help and `config print` show them. */
export const SETTING_KEYS = Object.keys(SETTINGS) as (keyof Config)[];

/** Where a value came from: the flag's name, the environment variable's name, or `default`. */
export interface SettledSetting {
  key: keyof Config;
  value: Config[keyof Config];
  /** The value fit to be shown: secrets concealed. */
  shown: string;
  source: string;
}

/**
 * What the flags and the environment ask for; a flag wins over its variable, and an empty variable is an absent one.
 * Throws `CONFIG_INVALID` with one line that names the flag or variable, what it was given and what it takes.
 */
export function parseConfig(given: { flags: Flags; env: Environment }): Config {
  const settled = settleConfig(given).map(({ key, value }) => [key, value] as const);
  // Each key of SETTINGS was settled with its own type, which fromEntries can't express.
  const config = Object.fromEntries(settled) as unknown as Config;
  if (!isLoopback(config.host) && config.apiKey === null && !config.insecure) {
    throw new SpanledgerError(
      'CONFIG_INVALID',
      `--host ${config.host} would let anyone on the network read and write everything: ` +
        'set --api-key (SPANLEDGER_API_KEY), or pass --insecure if that is meant',
    );
  }
  return config;
}

/** Each setting with its value and where that came from. Throws as {@link parseConfig} does for a bad value. */
export function settleConfig({ flags, env }: { flags: Flags; env: Environment }): SettledSetting[] {
  return SETTING_KEYS.map((key) => settle(key, flags[key], env));
}

/** Whether only this machine can connect to the address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function settle(key: keyof Config, flag: string | boolean | undefined, env: Environment): SettledSetting {
  const setting: Setting<Config[keyof Config]> = SETTINGS[key];
  const variable = env[setting.env];
  const source = flag !== undefined ? setting.flag : variable ? setting.env : 'default';
  if (source === 'default') {
    const value = setting.readDefault(env);
    return { key, value, shown: showValue(value), source };
  }
  const text = String(flag ?? variable);
  const shown = setting.conceal?.(text) ?? text;
  const value = text === '' ? undefined : setting.parse(text);
  if (value === undefined) {
    // A secret that could not be read is not repeated: it may be a key in the wrong place.
    const given = setting.conceal === undefined ? `was given "${text}", but ` : '';
    throw new SpanledgerError('CONFIG_INVALID', `${source} ${given}takes ${setting.allowed}`);
  }
  return { key, value, shown: setting.conceal === undefined ? showValue(value) : shown, source };
}

function parsePath(text: string): string | undefined {
  return text.includes('\0') ? undefined : text;
}

function showValue(value: Config[keyof Config]): string {
  if (value === null) return '(none)';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parseHost(text: string): string | undefined {
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (/^[0-9a-f.:%]*:[0-9a-f.:%]*:[0-9a-z.:%]*$/i.test(host)) return host;
  return /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/i.test(host) ? host.toLowerCase() : undefined;
}

function parseInteger(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** `mb` and `MiB` both mean 1,048,576 bytes: for a limit the larger reading does no harm. */
function parseBytes(text: string, most: number): number | undefined {
  const match = /^(\d{1,13}(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?$/i.exec(text);
  if (match === null) return undefined;
  const bytes = Math.floor(Number(match[1]) * (BYTES_PER_UNIT[(match[2] ?? '').toLowerCase()] ?? 1));
  return bytes >= 1024 && bytes <= most ? bytes : undefined;
}

/** A base URL of OTLP/HTTP, without a slash at its end. A user and password belong into a header. */
function parseEndpoint(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const endpoint = url.href.replace(/\/+$/, '');
  return /\/v1\/(?:traces|logs|metrics)$/.test(endpoint) ? undefined : endpoint;
}

/** OpenTelemetry specification, "OTLP Exporter", OTEL_EXPORTER_OTLP_HEADERS: W3C Baggage without properties. */
function parseHeaders(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [, name = '', encoded = ''] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    const value = decodePercents(encoded);
    // RFC 9110 section 5.5; what is beyond ASCII is not sent by fetch.
    if (name === '' || value === undefined || !/^[\x20-\x7e\t]*$/.test(value)) return undefined;
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function decodePercents(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parseSwitch(text: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  return /^(false|0|no|off)$/i.test(text) ? false : undefined;
}

/** Replaces the password of a database URL, wherever it is written (libpq takes it as a parameter, too). */
function concealPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):.*@/, '$1:***@').replace(/([?&]password=)[^&]*/gi, '$1***');
}

/** XDG Base Directory Specification 0.8 on Linux, each system's own place elsewhere. */
function findDataDir(env: Environment): string {
  const home = env['HOME'] ?? homedir();
  if (env['XDG_DATA_HOME']) return join(env['XDG_DATA_HOME'], 'spanledger');
  if (process.platform === 'win32') {
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'spanledger');
  }
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'spanledger');
  return join(home, '.local', 'share', 'spanledger');
}
