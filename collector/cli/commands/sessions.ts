import type { Command } from 'commander';
import { routes } from '../../contract/routes.js';
import type { Session, SessionEntry, Trace } from '../../contract/shapes.js';
import { addConnectionOptions, connect, present, writeJson, type ConnectionOptions } from '../connection.js';
import { suggestCommand } from '../suggestion.js';
import type { Io } from '../io.js';
import { endPage, renderEmpty } from '../page-end.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderEntryTable } from '../render/entry-table.js';
import { renderSessionHeader } from '../render/headers.js';
import type { Canvas } from '../render/paint.js';
import { renderSessionTable } from '../render/session-table.js';
import { renderTraceTable } from '../render/trace-table.js';

const SHOWN_TRACES = 500;
const SHOWN_ENTRIES = 100;

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
    .description('show one session: figures, traces, entries')
    .argument('<session>', 'id of the session')
    .addHelpText('after', '\nExample:\n  spanledger sessions show support-48213');
  addConnectionOptions(command).action(async (sessionId: string, options: ConnectionOptions) => {
    const { client } = connect(options, io);
    const [session, traces, entries] = await Promise.all([
      client.sessions.get({ session_id: sessionId }),
      client.sessions.traces({ session_id: sessionId, limit: SHOWN_TRACES }),
      client.sessions.entries({ session_id: sessionId, limit: SHOWN_ENTRIES }),
    ]);
    if (options.json === true) writeJson({ ...session, entries: entries.data }, io);
    else present({ session, traces, entries }, options, io, renderSession);
  });
}

interface SessionView {
  session: Session;
  traces: { data: Trace[]; next_cursor: string | null };
  entries: { data: SessionEntry[]; next_cursor: string | null };
}

function renderSession({ session, traces, entries }: SessionView, canvas: Canvas): string {
  const more = (cursor: string | null, text: string) =>
    cursor === null ? '' : `\n${canvas.paint.dim(text)}`;
  const sections = [
    renderSessionHeader(session, canvas),
    // A sender that speaks through log records alone has no traces.
    traces.data.length === 0
      ? ''
      : renderTraceTable(traces.data, canvas) +
        more(traces.next_cursor, `Only the first ${SHOWN_TRACES} traces are shown.`),
    entries.data.length === 0
      ? ''
      : renderEntryTable(entries.data, canvas) +
        more(entries.next_cursor, `Only the first ${SHOWN_ENTRIES} entries are shown.`),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}
