import { Option, type Command } from 'commander';
import { parseConfig, SETTING_KEYS, SETTINGS, type Config, type Flags } from '../../config.js';
import type { Io } from '../io.js';
import { suggestCommand } from '../suggestion.js';
import { openBrowser, wantsBrowser } from '../open-browser.js';
import { chooseCanvas } from '../io.js';

const EXAMPLES = `
Examples:
  spanledger serve                                        Postgres built in, this machine only
  spanledger serve --database-url postgres://u:p@db/spans  a Postgres of your own
  spanledger serve --host 0.0.0.0 --api-key "$KEY"        for a network
  spanledger serve --port 0                               any free port`;

export function addServeCommand(program: Command, io: Io): void {
  const command = program
    .command('serve', { isDefault: true })
    .description('receive, store and answer until stopped (the default)')
    .addHelpText('after', EXAMPLES);
  addSettingOptions(command).action(async () => {
    await serve(parseConfig({ flags: readFlags(command), env: io.env }), io);
  });
}

/** Gives a command one option for each setting of the collector. */
export function addSettingOptions(command: Command): Command {
  for (const key of SETTING_KEYS) {
    const { flag, argument, env, description } = SETTINGS[key];
    const flags = argument === null ? flag : `${flag} <${argument}>`;
    command.addOption(new Option(flags, `${description} (env ${env}${describeDefault(key)})`));
  }
  return command;
}

/** The flags given to a command with {@link addSettingOptions}, by setting. */
export function readFlags(command: Command): Flags {
  const flags: Partial<Record<keyof Config, string | boolean>> = {};
  for (const key of SETTING_KEYS) {
    const option = command.options.find(({ long }) => long === SETTINGS[key].flag);
    if (option === undefined) continue;
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') continue;
    flags[key] = option.negate ? true : (command.getOptionValue(name) as string | boolean);
  }
  return flags;
}

function describeDefault(key: keyof Config): string {
  const value = SETTINGS[key].readDefault({});
  return typeof value === 'string' || typeof value === 'number' ? `, default ${value}` : '';
}

async function serve(config: Config, io: Io): Promise<void> {
  const stop = io.listenForStop();
  // Loaded here so that commands that only ask a collector need not load a server.
  const { createCollector } = await import('../../collector.js');
  const collector = await createCollector(config, {
    onProgress: (line) => {
      io.stderr.write(`${line}\n`);
    },
  });
  try {
    io.stdout.write(`spanledger ready ${collector.url}\n${renderNextSteps(collector, config, io)}\n`);
    if (wantsBrowser(config, io, process.platform)) openBrowser(collector.url, process.platform);
    await waitFor(stop);
    io.stderr.write('stopping: finishing what was accepted\n');
  } finally {
    await collector.close();
  }
}

interface Addresses {
  url: string;
  grpcUrl: string | null;
}

/** What to paste next. The key itself is not repeated on a screen. */
function renderNextSteps({ url, grpcUrl }: Addresses, config: Config, io: Io): string {
  const { paint } = chooseCanvas(io);
  const asked = url === 'http://127.0.0.1:4318' ? {} : { url };
  const pastes: [string, string][] = [
    [`OTEL_EXPORTER_OTLP_ENDPOINT=${url}`, 'point any OpenTelemetry exporter here'],
    ...(grpcUrl === null
      ? []
      : [[`OTEL_EXPORTER_OTLP_ENDPOINT=${grpcUrl}`, 'or here, if it speaks gRPC'] as [string, string]]),
    ...(config.apiKey === null
      ? []
      : [
          ['OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20<key>', 'with the API key'] as [string, string],
        ]),
    [suggestCommand('demo', asked, io), 'send a multi-agent run'],
    [suggestCommand('traces list', asked, io), 'see what came in'],
  ];
  const width = Math.max(...pastes.map(([text]) => text.length));
  return pastes.map(([text, use]) => `  ${text.padEnd(width)}  ${paint.dim(`# ${use}`)}`).join('\n');
}

function waitFor(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
