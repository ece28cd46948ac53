#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describeFailure, EXIT, type ExitCode } from './failures.js';
import { createProcessIo, type Io } from './io.js';
import { createProgram, runProgram } from './program.js';

/**
 * Runs the command that the arguments (without node and the script) ask for. Resolves with the exit code, once
 * everything has been written to `io`; does not reject.
 */
export async function main(argv: readonly string[], io: Io = createProcessIo()): Promise<ExitCode> {
  try {
    await runProgram(createProgram(io), argv);
    return EXIT.ok;
  } catch (error) {
    const { exitCode, line } = describeFailure(error);
    if (line !== '') io.stderr.write(`spanledger: ${line}\n`);
    if (io.env['SPANLEDGER_DEBUG'] && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
    return exitCode;
  }
}

function isEntryPoint(): boolean {
  const script = process.argv[1];
  // npm runs commands through a symbolic link.
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
}

if (isEntryPoint()) {
  const exitCode = await main(process.argv.slice(2), createProcessIo());
  // Ends only after a slow reader has taken everything.
  process.stdout.write('', () => process.exit(exitCode));
}
