import { Help, type Argument, type Command, type Option } from 'commander';
import { SETTING_KEYS, SETTINGS, type Config } from '../config.js';
import type { Io } from './io.js';
import { createProgram } from './program.js';

const PREFACE = `# Command line

Written by \`renderCliDocs()\` in \`collector/cli/docs.ts\` from the commands themselves.

In a clone, run \`npx spanledger …\` after \`npm start\` or \`npm run build\`. Without a command, \`serve\` is meant.

- Commands that ask a collector find it by \`--url\`, then \`SPANLEDGER_URL\`, then \`http://127.0.0.1:4318\`, and send the key
  of \`--api-key\` or \`SPANLEDGER_API_KEY\`. These options and \`--json\` may stand before the command, too.
- \`--json\` answers one JSON document, with the same shapes as the [API](api.md); \`traces tail --json\` a document a line.
- Answers go to standard output. Progress, errors and the log of \`serve\` go to standard error.
- Exit codes: 0 ok, 1 error, 2 usage, 3 not found, 4 no server.
- Tables fit the width of the terminal, or \`COLUMNS\`. \`NO_COLOR=1\` switches colours off, \`FORCE_COLOR=1\` on.
  \`SPANLEDGER_DEBUG=1\` adds the stack to an error.`;

const CONNECTION_FLAGS = new Set(['--url', '--api-key', '--json']);
const SETTING_FLAGS = new Set(SETTING_KEYS.map((key) => SETTINGS[key].flag));

/** What a command prints, recorded, by its path such as `traces list`. */
export type RecordedOutputs = Readonly<Record<string, string>>;

/** The text of `docs/cli.md`: the settings, then every command with its options, examples and an output. */
export function renderCliDocs(outputs: RecordedOutputs): string {
  let written = '';
  const program = createProgram(createSilentIo((text) => (written += text)));
  const commands = program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : command.commands,
  );
  const sections = commands.map((command) => {
    written = '';
    command.outputHelp();
    const examples = written.slice(command.helpInformation().length).replace(/^\s*Examples?:\s*/, '');
    return renderCommand(command, examples, outputs[readPath(command)]);
  });
  return `${[PREFACE, renderSettings(), ...sections].join('\n\n')}\n`;
}

function renderSettings(): string {
  const settings = SETTING_KEYS.map((key) => {
    const { flag, argument, env, description } = SETTINGS[key];
    const flags = argument === null ? flag : `${flag} <${argument}>`;
    return `- \`${flags}\` (\`${env}\`, default ${describeDefault(key)}): ${description}.`;
  });
  return [
    '## Settings',
    '`serve`, `migrate`, `doctor` and `config print` take these. A flag wins over its variable; an empty variable is an ' +
      'absent one.',
    settings.join('\n'),
  ].join('\n\n');
}

function describeDefault(key: keyof Config): string {
  if (key === 'dataDir') {
    return '`$XDG_DATA_HOME/spanledger` or `~/.local/share/spanledger`, the usual place on macOS and Windows';
  }
  const value = SETTINGS[key].readDefault({});
  // Headers and the like are none by default.
  if (value === null || typeof value === 'object') return 'none';
  return value === false ? 'off' : `\`${value}\``;
}

function renderCommand(command: Command, examples: string, output: string | undefined): string {
  const takesSettings = command.options.some(({ long }) => long === SETTINGS.databaseUrl.flag);
  const asksCollector = !takesSettings && command.options.some(({ long }) => long === '--url');
  const isListed = ({ long }: Option): boolean => {
    if (takesSettings && SETTING_FLAGS.has(long ?? '')) return false;
    return !(asksCollector && CONNECTION_FLAGS.has(long ?? ''));
  };
  const nameArgument = (argument: Argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
  const usage = command.registeredArguments.map((argument) => ` ${nameArgument(argument)}`).join('');
  const takes = [
    ...(takesSettings ? ['Takes the settings.'] : []),
    ...(asksCollector ? ['Asks a collector: takes `--url`, `--api-key` and `--json`.'] : []),
  ];
  const help = new Help();
  const entries = [
    ...command.registeredArguments.map(
      (argument) => `- \`${nameArgument(argument)}\`: ${argument.description}`,
    ),
    ...command.options
      .filter(isListed)
      .map((option) => `- \`${option.flags}\`: ${help.optionDescription(option)}`),
  ];
  return [
    `## ${readPath(command)}`,
    `\`spanledger ${readPath(command)}${usage}\`: ${command.description()}. ${takes.join(' ')}`.trimEnd(),
    ...(entries.length === 0 ? [] : [entries.join('\n')]),
    ...(examples.trim() === '' ? [] : ['```\n' + outdent(examples) + '\n```']),
    ...(output === undefined ? [] : ['```\n' + output.replace(/^\n|\s+$/g, '') + '\n```']),
  ].join('\n\n');
}

function readPath(command: Command): string {
  const parent = command.parent;
  return parent === null || parent.parent === null ? command.name() : `${parent.name()} ${command.name()}`;
}

function outdent(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/^ {2}/, ''))
    .join('\n');
}

function createSilentIo(write: (text: string) => void): Io {
  return {
    stdout: { write },
    stderr: { write: () => undefined },
    env: {},
    nowMillis: () => 0,
    confirm: null,
    listenForStop: () => new AbortController().signal,
  };
}
