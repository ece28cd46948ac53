import { InvalidArgumentError, type Command } from 'commander';
import type { RetentionRun, RetentionSettings } from '../../contract/shapes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { CliFailure, EXIT } from '../failures.js';
import type { Io } from '../io.js';
import { renderFields } from '../render/fields.js';
import { renderBytes, renderQuantity } from '../render/figures.js';
import type { Canvas } from '../render/paint.js';
import { renderTable } from '../render/table.js';

type SetOptions = ConnectionOptions & { spans?: Days; payloads?: Days; records?: Days };
interface Days {
  /** null keeps for ever. */
  days: number | null;
}

export function addRetentionCommand(program: Command, io: Io): void {
  const retention = program.command('retention').description('how long data is kept');
  const show = retention.command('show', { isDefault: true }).description('show how long data is kept');
  addConnectionOptions(show).action(async (options: ConnectionOptions) => {
    present(await connect(options, io).client.retention.get(), options, io, renderSettings);
  });
  addSetCommand(retention, io);
  addRunCommand(retention, io);
}

function addSetCommand(retention: Command, io: Io): void {
  const command = retention
    .command('set')
    .description('change how long data is kept; what is not named stays as it is')
    .option('--spans <days>', 'spans, log records and metric points: days, or forever', parseDays)
    .option('--payloads <days>', 'message bodies: days, or forever', parseDays)
    .option('--records <days>', 'executions: days, or forever', parseDays)
    .addHelpText('after', '\nExample:\n  spanledger retention set --spans 30 --payloads 7 --records forever');
  addConnectionOptions(command).action(async (options: SetOptions) => {
    const { spans, payloads, records } = options;
    if (spans === undefined && payloads === undefined && records === undefined) {
      throw new CliFailure(EXIT.usage, 'nothing to set: name --spans, --payloads or --records');
    }
    const { client } = connect(options, io);
    const current = await client.retention.get();
    const settings = await client.retention.set({
      spans_days: spans === undefined ? current.spans_days : spans.days,
      payloads_days: payloads === undefined ? current.payloads_days : payloads.days,
      records_days: records === undefined ? current.records_days : records.days,
    });
    present(settings, options, io, renderSettings);
  });
}

function addRunCommand(retention: Command, io: Io): void {
  const command = retention
    .command('run')
    .description('delete now what has expired')
    .option('--dry-run', 'only say what would be deleted');
  addConnectionOptions(command).action(async (options: ConnectionOptions & { dryRun?: boolean }) => {
    const run = await connect(options, io).client.retention.run({ dry_run: options.dryRun ?? false });
    present(run, options, io, renderRun);
  });
}

function renderSettings(settings: RetentionSettings, canvas: Canvas): string {
  const describe = (days: number | null) => (days === null ? 'for ever' : renderQuantity(days, 'day'));
  return renderFields(
    [
      { label: 'spans', text: describe(settings.spans_days) },
      { label: 'payloads', text: describe(settings.payloads_days) },
      { label: 'records', text: describe(settings.records_days) },
    ],
    canvas,
  );
}

function renderRun(run: RetentionRun, canvas: Canvas): string {
  if (run.deleted.length === 0) return 'Nothing has expired.';
  const table = renderTable(
    run.deleted,
    [
      { title: 'WHAT', read: (row) => row.what },
      { title: 'BEFORE', read: (row) => row.before.slice(0, 16).replace('T', ' ') },
      { title: 'PARTITIONS', align: 'right', read: (row) => String(row.partitions) },
      { title: 'ROWS', align: 'right', read: (row) => row.rows.toLocaleString('en-US') },
      { title: 'SIZE', align: 'right', read: (row) => renderBytes(row.bytes) },
    ],
    canvas,
  );
  return `${table}\n${run.dry_run ? 'Nothing was deleted: this was a dry run.' : 'Deleted.'}`;
}

function parseDays(text: string): Days {
  if (text === 'forever') return { days: null };
  if (!/^\d{1,5}$/.test(text))
    throw new InvalidArgumentError('It takes a number of days, or the word forever.');
  return { days: Number(text) };
}
