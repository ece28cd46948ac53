import type { Command } from 'commander';
import { createClient, type Client } from '../client/client.js';
import { CliFailure, EXIT } from './failures.js';
import { chooseCanvas, type Io } from './io.js';
import type { Canvas } from './render/paint.js';

/** The options of every command that asks a collector. */
export interface ConnectionOptions {
  url?: string;
  apiKey?: string;
  json?: boolean;
}

export interface Connection {
  baseUrl: string;
  apiKey: string | null;
  client: Client;
}

const DEFAULT_URL = 'http://127.0.0.1:4318';

/** Adds `--url`, `--api-key` and `--json`. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('--url <url>', `collector to ask (env SPANLEDGER_URL, default ${DEFAULT_URL})`)
    .option('--api-key <key>', 'key of the collector (env SPANLEDGER_API_KEY)')
    .option('--json', 'answer as one JSON document');
}

/** Where the collector is and with which key, from flags, then the environment. Throws a usage failure for a bad URL. */
export function connect(options: ConnectionOptions, io: Io): Connection {
  const given = options.url ?? io.env['SPANLEDGER_URL'];
  const source = options.url === undefined ? 'SPANLEDGER_URL' : '--url';
  const baseUrl = given ? readBaseUrl(given, source) : DEFAULT_URL;
  const apiKey = options.apiKey ?? (io.env['SPANLEDGER_API_KEY'] || null);
  return { baseUrl, apiKey, client: createClient({ baseUrl, apiKey: apiKey ?? undefined }) };
}

/** Writes the answer: as one JSON document where that was asked for, else as text for a reader. */
export function present<Answer>(
  answer: Answer,
  options: { json?: boolean },
  io: Io,
  render: (answer: Answer, canvas: Canvas) => string,
): void {
  if (options.json === true) writeJson(answer, io);
  else io.stdout.write(`${render(answer, chooseCanvas(io))}\n`);
}

/** Writes the answer as one JSON document. */
export function writeJson(answer: unknown, io: Io): void {
  io.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
}

function readBaseUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliFailure(EXIT.usage, `${source} was given "${text}", but takes a URL such as ${DEFAULT_URL}`);
  }
  return url.href.replace(/\/$/, '');
}
