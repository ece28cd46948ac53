import type { Command } from 'commander';
import { addConnectionOptions, connect, type ConnectionOptions } from '../connection.js';
import { requireUuid } from '../find-id.js';
import type { Io } from '../io.js';
import { followRerun, presentRerun } from '../rerun-progress.js';
import { parseTimeOption } from '../time-option.js';

type ReprojectOptions = ConnectionOptions & {
  since?: string;
  until?: string;
  dryRun?: boolean;
  resume?: string;
  cancel?: string;
};

const EXAMPLES = `
Examples:
  spanledger reproject --since 7d --dry-run
  spanledger reproject --since 2026-01-01 --until 2026-02-01
  spanledger reproject --resume 0c8a6b1e-5d1f-4e9c-9a57-8a5c1e0f7b21`;

export function addReprojectCommand(program: Command, io: Io): void {
  const command = program
    .command('reproject')
    .description('understand anew what is stored, with the dialects and prices of now')
    .option('--since <time>', 'traces that started from then on: RFC 3339, a day, or 7d', parseTimeOption)
    .option('--until <time>', 'traces that started before', parseTimeOption)
    .option('--dry-run', 'change nothing; say what would change')
    .option('--resume <id>', 'show and follow a rerun that is under way, or has ended')
    .option('--cancel <id>', 'end a rerun; what it changed so far stays')
    .addHelpText('after', EXAMPLES);
  addConnectionOptions(command).action(async (options: ReprojectOptions) => {
    const { client } = connect(options, io);
    if (options.cancel !== undefined) {
      const cancelled = await client.reruns.cancel({
        rerun_id: requireUuid(options.cancel, 'rerun', 'reproject --json'),
      });
      presentRerun(await followRerun(client, cancelled, io), options, io);
      return;
    }
    const rerun =
      options.resume === undefined
        ? await client.reruns.reproject({
            since: options.since ?? null,
            until: options.until ?? null,
            dry_run: options.dryRun ?? false,
          })
        : await client.reruns.get({ rerun_id: requireUuid(options.resume, 'rerun', 'reproject --json') });
    presentRerun(await followRerun(client, rerun, io), options, io);
  });
}
