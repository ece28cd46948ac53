import type { Command } from 'commander';
import { routes } from '../../contract/routes.js';
import { addConnectionOptions, connect, present, writeJson, type ConnectionOptions } from '../connection.js';
import { suggestCommand } from '../suggestion.js';
import type { Io } from '../io.js';
import { endPage, renderEmpty } from '../page-end.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderSessionHeader } from '../render/headers.js';
import { renderSessionTable } from '../render/session-table.js';
import { renderTraceTable } from '../render/trace-table.js';

export function addSessionsCommand(program: Command, io: Io): void {
  const sessions = program
    .command('sessions')
    .description('list and show sessions: traces that belong together');
  addListCommand(sessions, io);
  addShowCommand(sessions, io);
}

function addListCommand(sessions: Command, io: Io): void {
  const command = sessions
    .command('list', { isDefault: true })
    .description('list sessions, last seen first')
    .addHelpText('after', '\nExample:\n  spanledger sessions list --user-id user-17 --from 7d');
  addQueryOptions(addConnectionOptions(command), routes.sessions.list).action(
    async (options: ConnectionOptions) => {
      const query = readQueryOptions(command, routes.sessions.list);
      const page = await connect(options, io).client.sessions.list(query);
      present(page, options, io, ({ data, next_cursor: cursor }, canvas) =>
        data.length === 0
          ? renderEmpty('sessions', `${suggestCommand('demo', options, io)} makes one`)
          : renderSessionTable(data, canvas) + endPage(cursor, canvas),
      );
    },
  );
}

function addShowCommand(sessions: Command, io: Io): void {
  const command = sessions
    .command('show')
    .description('show one session and its traces')
    .argument('<session>', 'id of the session')
    .addHelpText('after', '\nExample:\n  spanledger sessions show support-48213');
  addConnectionOptions(command).action(async (sessionId: string, options: ConnectionOptions) => {
    const { client } = connect(options, io);
    if (options.json === true) {
      writeJson(await client.sessions.get({ session_id: sessionId }), io);
      return;
    }
    const [session, traces] = await Promise.all([
      client.sessions.get({ session_id: sessionId }),
      client.sessions.traces({ session_id: sessionId, limit: 500 }),
    ]);
    present(traces, options, io, ({ data, next_cursor: cursor }, canvas) => {
      const more = cursor === null ? '' : canvas.paint.dim('\nOnly the first 500 traces are shown.');
      return `${renderSessionHeader(session, canvas)}\n\n${renderTraceTable(data, canvas)}${more}`;
    });
  });
}
