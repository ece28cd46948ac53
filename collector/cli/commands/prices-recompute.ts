import type { Command } from 'commander';
import type { Client } from '../../client/client.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { CliFailure, EXIT } from '../failures.js';
import type { Io } from '../io.js';
import { renderOutcome, renderRerun } from '../render/rerun.js';
import { followRerun, presentRerun } from '../rerun-progress.js';
import { parseTimeOption } from '../time-option.js';

type RecomputeOptions = ConnectionOptions & {
  since?: string;
  until?: string;
  dryRun?: boolean;
  yes?: boolean;
};

const EXAMPLES = `
Examples:
  spanledger prices recompute --since 30d --dry-run
  spanledger prices recompute --since 2026-01-01 --yes`;

export function addPricesRecomputeCommand(prices: Command, io: Io): void {
  const command = prices
    .command('recompute')
    .description('price anew what is stored: first says what would change, then asks')
    .option('--since <time>', 'traces that started from then on: RFC 3339, a day, or 7d', parseTimeOption)
    .option('--until <time>', 'traces that started before', parseTimeOption)
    .option('--dry-run', 'only say what would change')
    .option('--yes', 'do not ask')
    .addHelpText('after', EXAMPLES);
  addConnectionOptions(command).action(async (options: RecomputeOptions) => {
    const { client } = connect(options, io);
    const isAsked = options.dryRun !== true && options.yes !== true;
    if (isAsked && !(await confirmRecompute(client, options, io))) return;
    const rerun = await recompute(client, options, options.dryRun ?? false);
    // What changes was shown before the question.
    presentRerun(await followRerun(client, rerun, io), options, io, isAsked ? renderOutcome : renderRerun);
  });
}

/** Shows what would change and asks; false where nothing would, or the user does not want it. */
async function confirmRecompute(client: Client, options: RecomputeOptions, io: Io): Promise<boolean> {
  if (io.confirm === null || options.json === true) {
    throw new CliFailure(
      EXIT.usage,
      'nobody can be asked here: --dry-run says what would change, --yes changes it',
    );
  }
  const trial = await followRerun(client, await recompute(client, options, true), io);
  if (trial.status !== 'completed' || trial.spans_changed === 0) {
    presentRerun(trial, options, io);
    return false;
  }
  present(trial, options, io, renderRerun);
  return io.confirm('Change this?');
}

function recompute(client: Client, { since, until }: RecomputeOptions, isDryRun: boolean) {
  return client.prices.recompute({ since: since ?? null, until: until ?? null, dry_run: isDryRun });
}
