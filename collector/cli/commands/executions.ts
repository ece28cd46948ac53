import type { Command } from 'commander';
import { routes } from '../../contract/routes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import type { Client } from '../../client/client.js';
import { CliFailure, EXIT } from '../failures.js';
import { findByPrefix, isUuid, listIds } from '../find-id.js';
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
    .argument('<execution>', 'id of the execution, its first digits, or latest');
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
    .argument('<execution>', 'id of the execution, its first digits, or latest');
  addConnectionOptions(command).action(async (given: string, options: ConnectionOptions) => {
    const { client } = connect(options, io);
    const forest = await client.executions.tree({ execution_id: await findExecutionId(client, given) });
    present(forest, options, io, ({ roots }, canvas) => renderExecutionTree(roots, canvas));
  });
}

async function findExecutionId(client: Client, given: string): Promise<string> {
  if (isUuid(given)) return given.toLowerCase();
  if (given === 'latest') return findLatest(client);
  if (!/^[0-9a-f]{4}[0-9a-f-]*…?$/i.test(given)) {
    throw new CliFailure(
      EXIT.usage,
      `"${given}" is no execution id: it is a UUID, of which the first few digits do, or the word latest`,
    );
  }
  const ids = listIds(client.executions.list.rows({ limit: 500 }), (execution) => execution.id);
  return findByPrefix({ noun: 'execution', given: given.toLowerCase(), ids, listedBy: 'executions list' });
}

/** Pages of 100 in which a root is looked for: nested executions start after theirs. */
const MOST_PAGES = 20;

/** The newest execution that no other one started. */
async function findLatest(client: Client): Promise<string> {
  let newest: string | undefined;
  let pages = 0;
  for await (const { data } of client.executions.list.pages({ limit: 100 })) {
    const root = data.find((execution) => execution.parent_execution_id === null);
    if (root !== undefined) return root.id;
    newest ??= data[0]?.id;
    pages += 1;
    if (pages === MOST_PAGES) break;
  }
  if (newest === undefined) throw new CliFailure(EXIT.notFound, 'there are no executions yet');
  return newest;
}
