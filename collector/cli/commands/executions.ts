import type { Command } from 'commander';
import { routes } from '../../contract/routes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import type { Client } from '../../client/client.js';
import { CliFailure, EXIT } from '../failures.js';
import { suggestCommand } from '../suggestion.js';
import type { Io } from '../io.js';
import { endPage, renderEmpty } from '../page-end.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderExecutionTable } from '../render/execution-table.js';
import { renderExecutionTree } from '../render/execution-tree.js';
import { renderExecutionHeader } from '../render/headers.js';

export function addExecutionsCommand(program: Command, io: Io): void {
  const executions = program.command('executions').description('list and show runs of single agents');
  addListCommand(executions, io);
  addShowCommand(executions, io);
  addTreeCommand(executions, io);
}

function addListCommand(executions: Command, io: Io): void {
  const command = executions
    .command('list', { isDefault: true })
    .description('list executions, newest first')
    .addHelpText('after', '\nExample:\n  spanledger executions list --agent-name researcher --status failed');
  addQueryOptions(addConnectionOptions(command), routes.executions.list);
  command.action(async (options: ConnectionOptions) => {
    const query = readQueryOptions(command, routes.executions.list);
    const page = await connect(options, io).client.executions.list(query);
    present(page, options, io, ({ data, next_cursor: cursor }, canvas) =>
      data.length === 0
        ? renderEmpty('executions', `${suggestCommand('demo', options, io)} makes some`)
        : renderExecutionTable(data, canvas) + endPage(cursor, canvas),
    );
  });
}

function addShowCommand(executions: Command, io: Io): void {
  const command = executions
    .command('show')
    .description('show one execution: figures, input, output, tools')
    .argument('<execution>', 'id of the execution, or latest');
  addConnectionOptions(command).action(async (given: string, options: ConnectionOptions) => {
    const { client } = connect(options, io);
    present(
      await client.executions.get({ execution_id: await findExecutionId(client, given) }),
      options,
      io,
      renderExecutionHeader,
    );
  });
}

function addTreeCommand(executions: Command, io: Io): void {
  const command = executions
    .command('tree')
    .description('show an execution with those it started')
    .argument('<execution>', 'id of the execution, or latest');
  addConnectionOptions(command).action(async (given: string, options: ConnectionOptions) => {
    const { client } = connect(options, io);
    const forest = await client.executions.tree({ execution_id: await findExecutionId(client, given) });
    present(forest, options, io, ({ roots }, canvas) => renderExecutionTree(roots, canvas));
  });
}

async function findExecutionId(client: Client, given: string): Promise<string> {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given)) return given.toLowerCase();
  if (given !== 'latest') {
    throw new CliFailure(EXIT.usage, `"${given}" is no execution id: it is a UUID, or the word latest`);
  }
  const [newest] = (await client.executions.list({ limit: 1 })).data;
  if (newest === undefined) throw new CliFailure(EXIT.notFound, 'there are no executions yet');
  return newest.id;
}
