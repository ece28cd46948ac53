import type { Command } from 'commander';
import { parseConfig, SETTINGS, settleConfig, type SettledSetting } from '../../config.js';
import { present } from '../connection.js';
import type { Io } from '../io.js';
import type { Canvas } from '../render/paint.js';
import { renderTable } from '../render/table.js';
import { addSettingOptions, readFlags } from './serve.js';

export function addConfigCommand(program: Command, io: Io): void {
  const config = program.command('config').description('show the settings of the collector');
  const print = config
    .command('print')
    .description('print every setting, its value and where that comes from; secrets are concealed')
    .option('--json', 'answer as one JSON document');
  addSettingOptions(print).action((options: { json?: boolean }) => {
    const given = { flags: readFlags(print), env: io.env };
    const settled = settleConfig(given);
    present(settled.map(describeSetting), options, io, (rows, canvas) => renderSettings(rows, canvas));
    // What each setting allows may still not go together.
    parseConfig(given);
  });
}

interface DescribedSetting {
  setting: string;
  value: string;
  source: string;
  flag: string;
  env: string;
}

function describeSetting({ key, shown, source }: SettledSetting): DescribedSetting {
  return { setting: key, value: shown, source, flag: SETTINGS[key].flag, env: SETTINGS[key].env };
}

function renderSettings(rows: DescribedSetting[], canvas: Canvas): string {
  return renderTable(
    rows,
    [
      { title: 'FLAG', read: (row) => row.flag },
      { title: 'ENVIRONMENT', read: (row) => row.env, dropOrder: 1 },
      { title: 'VALUE', read: (row) => row.value, leastWidth: 12, brush: () => canvas.paint.bold },
      { title: 'FROM', read: (row) => row.source, brush: () => canvas.paint.dim },
    ],
    canvas,
  );
}
