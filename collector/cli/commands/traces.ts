import type { Command } from 'commander';
import { routes } from '../../contract/routes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { suggestCommand } from '../suggestion.js';
import type { Io } from '../io.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderTraceTable } from '../render/trace-table.js';
import { endPage, renderEmpty } from '../page-end.js';
import { addTracesShowCommand } from './traces-show.js';
import { addTracesTailCommand } from './traces-tail.js';

const EXAMPLES = `
Examples:
  spanledger traces list --from 24h --has-error
  spanledger traces list --agent researcher --min-cost-usd 0.10 --sort cost_usd
  spanledger traces list --json | jq -r '.data[].trace_id'`;

export function addTracesCommand(program: Command, io: Io): void {
  const traces = program.command('traces').description('list, show and follow runs');
  addListCommand(traces, io);
  addTracesShowCommand(traces, io);
  addTracesTailCommand(traces, io);
}

function addListCommand(traces: Command, io: Io): void {
  const command = traces
    .command('list', { isDefault: true })
    .description('list traces, newest first')
    .addHelpText('after', EXAMPLES);
  addQueryOptions(addConnectionOptions(command), routes.traces.list).action(
    async (options: ConnectionOptions) => {
      const query = readQueryOptions(command, routes.traces.list);
      const page = await connect(options, io).client.traces.list(query);
      present(page, options, io, ({ data, next_cursor: cursor }, canvas) =>
        data.length === 0
          ? renderEmpty('traces', `${suggestCommand('demo', options, io)} sends one`)
          : renderTraceTable(data, canvas) + endPage(cursor, canvas),
      );
    },
  );
}
