import type { Command } from 'commander';
import { parseConfig, type Config } from '../../config.js';
import { connect, present, type Connection } from '../connection.js';
import type { Check } from '../doctor/check.js';
import { fail, pass, warn } from '../doctor/check.js';
import { checkClock, checkReadiness, checkRoundTrip, probeCollector } from '../doctor/check-collector.js';
import { checkGrpc } from '../doctor/check-grpc.js';
import {
  checkDatabaseAddress,
  checkDataDir,
  checkGrpcPort,
  checkNode,
  checkPort,
} from '../doctor/check-machine.js';
import { CliFailure, describeFailure, EXIT } from '../failures.js';
import type { Io } from '../io.js';
import type { Brush, Canvas } from '../render/paint.js';
import { cleanLine } from '../render/text.js';
import { addSettingOptions, readFlags } from './serve.js';

export function addDoctorCommand(program: Command, io: Io): void {
  const command = program
    .command('doctor')
    .description('check this machine, the settings and a running collector; sends one test span to it')
    .option('--url <url>', 'collector to check (env SPANLEDGER_URL, default where serve would listen)')
    .option('--json', 'answer as one JSON document');
  addSettingOptions(command).action(async (options: { url?: string; apiKey?: string; json?: boolean }) => {
    const checks: Check[] = [checkNode()];
    const config = readConfig(command, io, checks);
    const url = options.url ?? io.env['SPANLEDGER_URL'] ?? guessUrl(config);
    checks.push(...(await checkAll(config, connect({ ...options, url }, io), io)));
    present({ checks }, options, io, (found, canvas) => renderChecks(found.checks, canvas));
    if (checks.some((check) => check.status === 'fail')) throw new CliFailure(EXIT.error, '');
  });
}

function readConfig(command: Command, io: Io, checks: Check[]): Config | undefined {
  try {
    const config = parseConfig({ flags: readFlags(command), env: io.env });
    checks.push(pass('settings', 'every flag and environment variable makes sense'));
    return config;
  } catch (error) {
    checks.push(fail('settings', describeFailure(error).line, 'spanledger config print shows all settings'));
    return undefined;
  }
}

async function checkAll(config: Config | undefined, connection: Connection, io: Io): Promise<Check[]> {
  const checks: Check[] = config === undefined ? [] : [await checkDataDir(config)];
  const { baseUrl } = connection;
  const probe = await probeCollector(baseUrl, () => io.nowMillis());
  if (probe?.isCollector === true) {
    checks.push(pass('collector', `answers at ${baseUrl}`), checkClock(probe), await checkReadiness(baseUrl));
    checks.push(await checkRoundTrip(connection, io.nowMillis()));
    const grpcUrl = config === undefined ? undefined : guessGrpcUrl(config, baseUrl);
    if (grpcUrl !== undefined) checks.push(await checkGrpc(grpcUrl));
    return checks;
  }
  const hint = 'start one with spanledger serve, or name another with --url';
  checks.push(warn('collector', `none answers at ${baseUrl}`, hint));
  if (config !== undefined)
    checks.push(await checkPort(config), await checkGrpcPort(config), await checkDatabaseAddress(config));
  return checks;
}

/** Where `serve` would listen with the same settings, as seen from this machine. */
function guessUrl(config: Config | undefined): string {
  const { host, port, tlsCert } = config ?? { host: '127.0.0.1', port: 4318, tlsCert: null };
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tlsCert === null ? 'http' : 'https'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port || 4318}`;
}

/** OTLP over gRPC of the collector at `baseUrl`; undefined where the settings turn it off or don't know its port. */
function guessGrpcUrl({ grpcPort }: Config, baseUrl: string): string | undefined {
  if (grpcPort === 0 || grpcPort === 'free') return undefined;
  const url = new URL(baseUrl);
  url.port = String(grpcPort);
  return url.origin;
}

function renderChecks(checks: readonly Check[], { paint }: Canvas): string {
  const brushes: Record<Check['status'], Brush> = { ok: paint.green, warn: paint.yellow, fail: paint.red };
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, status, message, hint }) => {
      const line = `${brushes[status](status.padEnd(4))}  ${name.padEnd(width)}  ${cleanLine(message)}`;
      return hint === null ? line : `${line}\n${' '.repeat(width + 8)}${paint.dim(`→ ${hint}`)}`;
    })
    .join('\n');
}
