import type { Command } from 'commander';
import { parseConfig } from '../../config.js';
import { present } from '../connection.js';
import type { Io } from '../io.js';
import { cleanLine } from '../render/text.js';
import { addSettingOptions, readFlags } from './serve.js';

export function addMigrateCommand(program: Command, io: Io): void {
  const command = program
    .command('migrate')
    .description('bring the database to this version, as serve does when it starts')
    .option('--json', 'answer as one JSON document');
  addSettingOptions(command).action(async (options: { json?: boolean }) => {
    const config = parseConfig({ flags: readFlags(command), env: io.env });
    const { migrate } = await import('../../collector.js');
    const outcome = await migrate(config, {
      onProgress: (line) => {
        io.stderr.write(`${line}\n`);
      },
    });
    present(outcome, options, io, renderApplied);
  });
}

function renderApplied({ applied }: { applied: string[] }): string {
  if (applied.length === 0) return 'The database is up to date.';
  return applied.map((name) => `applied ${cleanLine(name)}`).join('\n');
}
