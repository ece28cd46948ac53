import { Command, CommanderError } from 'commander';
import { addConfigCommand } from './commands/config.js';
import { addDemoCommand } from './commands/demo.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addExecutionsCommand } from './commands/executions.js';
import { addExplainCommand } from './commands/explain.js';
import { addIssuesCommand } from './commands/issues.js';
import { addMigrateCommand } from './commands/migrate.js';
import { addOpenApiCommand } from './commands/openapi.js';
import { addPricesCommand } from './commands/prices.js';
import { addReprojectCommand } from './commands/reproject.js';
import { addRetentionCommand } from './commands/retention.js';
import { addServeCommand } from './commands/serve.js';
import { addSessionsCommand } from './commands/sessions.js';
import { addTracesCommand } from './commands/traces.js';
import { addWhereCommand } from './commands/where.js';
import { CliFailure, EXIT } from './failures.js';
import type { Io } from './io.js';
import { readVersion } from '../version.js';

const EXAMPLES = `
Examples:
  spanledger                              serve on http://127.0.0.1:4318
  spanledger demo                         send a multi-agent run and show it
  spanledger traces list --has-error      runs in which something went wrong
  spanledger traces show latest           the newest run as a tree
  spanledger traces tail                  follow runs as they come in
  spanledger prices show gpt-5            what a call would cost, and by which price

Exit codes: 0 ok, 1 error, 2 usage, 3 not found, 4 no server.`;

/** All commands, not yet run; `serve` where none is named. What commander would print goes to `io`. */
export function createProgram(io: Io): Command {
  const program = new Command('spanledger')
    .description(
      'The ledger of what AI agents did: receives OpenTelemetry, stores it, answers questions about it.',
    )
    .version(readVersion(), '-V, --version')
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // Written once, by whoever catches the error.
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
    });
  addServeCommand(program, io);
  addMigrateCommand(program, io);
  addDemoCommand(program, io);
  addDoctorCommand(program, io);
  addTracesCommand(program, io);
  addSessionsCommand(program, io);
  addExecutionsCommand(program, io);
  addExplainCommand(program, io);
  addIssuesCommand(program, io);
  addWhereCommand(program, io);
  addPricesCommand(program, io);
  addReprojectCommand(program, io);
  addRetentionCommand(program, io);
  addConfigCommand(program, io);
  addOpenApiCommand(program, io);
  return program;
}

/** Runs what the arguments (without node and the script) ask for. Rejects with the failure of the command. */
export async function runProgram(program: Command, given: readonly string[]): Promise<void> {
  const args = moveLeadingOptions(given);
  refuseUnknownCommand(program, args);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === 'commander.help') return;
    throw new CliFailure(EXIT.usage, describeUsage(error.message), { cause: error });
  }
}

/** `--url`, `--api-key` and `--json` are options of the commands, but some like to write them first. */
function moveLeadingOptions(args: readonly string[]): readonly string[] {
  let end = 0;
  for (let arg = args[end]; arg !== undefined; arg = args[end]) {
    if (arg === '--url' || arg === '--api-key') end += 2;
    else if (arg === '--json' || /^--(url|api-key)=/.test(arg)) end += 1;
    else break;
  }
  const command = args[end];
  return end === 0 || command === undefined || command.startsWith('-')
    ? args
    : [...args.slice(end), ...args.slice(0, end)];
}

/** With a default command, commander would take a mistyped command for an argument of that one. */
function refuseUnknownCommand(command: Command, args: readonly string[]): void {
  const [name, ...rest] = args;
  if (command.commands.length === 0 || name === undefined || name.startsWith('-') || name === 'help') return;
  const found = command.commands.find((one) => one.name() === name);
  if (found !== undefined) {
    refuseUnknownCommand(found, rest);
    return;
  }
  const known = command.commands.map((one) => one.name()).join(', ');
  const path = command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
  throw new CliFailure(EXIT.usage, `unknown command '${name}': ${path} knows ${known}`);
}

function describeUsage(message: string): string {
  const line = message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .replace(/\.? *$/, '');
  return `${line}; --help shows what there is`;
}
