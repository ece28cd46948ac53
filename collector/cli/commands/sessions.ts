import type { Command } from 'commander';
import { routes } from '../../contract/routes.js';
import type { Session, SessionEntry, Trace } from '../../contract/shapes.js';
import { addConnectionOptions, connect, present, writeJson, type ConnectionOptions } from '../connection.js';
import { ClientError, type Client } from '../../client/client.js';
import { CliFailure, EXIT } from '../failures.js';
import { findByPrefix, listIds } from '../find-id.js';
import { renderQuantity } from '../render/figures.js';
import { suggestCommand } from '../suggestion.js';
import type { Io } from '../io.js';
import { endPage, renderEmpty } from '../page-end.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderEntryTable } from '../render/entry-table.js';
import { renderSessionHeader } from '../render/headers.js';
import type { Canvas } from '../render/paint.js';
import { renderSessionTable } from '../render/session-table.js';
import { renderTraceTable } from '../render/trace-table.js';

type ShowOptions = ConnectionOptions & { ids?: boolean };
type ListOptions = ConnectionOptions & { all?: boolean };

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
    .option('--all', 'also traces without a session id, a model call and an agent')
    .addHelpText('after', '\nExample:\n  spanledger sessions list --user-id user-17 --from 7d');
  addQueryOptions(addConnectionOptions(command), routes.sessions.list).action(
    async (options: ListOptions) => {
      const query = readQueryOptions(command, routes.sessions.list);
      const list = connect(options, io).client.sessions.list;
      if (options.json === true) {
        writeJson(await list(query), io);
        return;
      }
      present(await findSessions(list.pages(query), options.all ?? false), options, io, (found, canvas) => {
        const { sessions: rows, hiddenCount, cursor } = found;
        if (rows.length === 0 && hiddenCount === 0)
          return renderEmpty('sessions', `${suggestCommand('demo', options, io)} makes one`);
        const hidden =
          hiddenCount === 0
            ? ''
            : canvas.paint.dim(
                `${renderQuantity(hiddenCount, 'trace')} of no session without model calls: --all`,
              );
        const table = rows.length === 0 ? '' : renderSessionTable(rows, canvas);
        return [table, hidden].filter((part) => part !== '').join('\n') + endPage(cursor, canvas);
      });
    },
  );
}

interface FoundSessions {
  sessions: Session[];
  hiddenCount: number;
  cursor: string | null;
}

/** Pages of which nothing is shown that are passed over at most. */
const MOST_HIDDEN_PAGES = 20;

/** The first page that has something to show; what is only a trace and did nothing with a model is counted. */
async function findSessions(
  pages: AsyncIterable<{ data: Session[]; next_cursor: string | null }>,
  showsAll: boolean,
): Promise<FoundSessions> {
  const found: FoundSessions = { sessions: [], hiddenCount: 0, cursor: null };
  let pageCount = 0;
  for await (const { data, next_cursor: cursor } of pages) {
    found.sessions = data.filter((session) => showsAll || !isBareTrace(session));
    found.hiddenCount += data.length - found.sessions.length;
    found.cursor = cursor;
    pageCount += 1;
    if (found.sessions.length > 0 || pageCount === MOST_HIDDEN_PAGES) break;
  }
  return found;
}

/** A trace without a session id is a session of its own, by its own id. */
function isBareTrace(session: Session): boolean {
  const did = session.llm_calls + session.failed_llm_calls + session.tool_calls + session.agents.length;
  return did === 0 && session.trace_count === 1 && /^[0-9a-f]{32}$/.test(session.session_id);
}

function addShowCommand(sessions: Command, io: Io): void {
  const command = sessions
    .command('show')
    .description('show one session: figures, traces, entries')
    .argument('<session>', 'id of the session, its beginning, or latest')
    .option('--ids', 'print the id of each entry, as explain takes it')
    .addHelpText('after', '\nExample:\n  spanledger sessions show support-48213');
  addConnectionOptions(command).action(async (given: string, options: ShowOptions) => {
    const { client } = connect(options, io);
    const sessionId = await findSessionId(client, given);
    const [session, traces, entries] = await Promise.all([
      client.sessions.get({ session_id: sessionId }),
      client.sessions.traces({ session_id: sessionId, limit: SHOWN_TRACES }),
      client.sessions.entries({ session_id: sessionId, limit: SHOWN_ENTRIES }),
    ]);
    if (options.json === true) writeJson({ ...session, entries: entries.data }, io);
    else {
      const view = { session, traces, entries };
      present(view, options, io, (loaded, canvas) => renderSession(loaded, canvas, options.ids ?? false));
    }
  });
}

/** The id that was given, the one that begins so, or that of the session last seen. */
export async function findSessionId(client: Client, given: string): Promise<string> {
  if (given === 'latest') {
    const { sessions } = await findSessions(client.sessions.list.pages({ limit: 100 }), false);
    const [latest] = sessions.length > 0 ? sessions : (await client.sessions.list({ limit: 1 })).data;
    if (latest === undefined) throw new CliFailure(EXIT.notFound, 'there are no sessions yet');
    return latest.session_id;
  }
  try {
    return (await client.sessions.get({ session_id: given })).session_id;
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'API_NOT_FOUND') throw error;
  }
  const ids = listIds(client.sessions.list.rows({ limit: 500 }), (session) => session.session_id);
  return findByPrefix({ noun: 'session', given, ids, listedBy: 'sessions list' });
}

interface SessionView {
  session: Session;
  traces: { data: Trace[]; next_cursor: string | null };
  entries: { data: SessionEntry[]; next_cursor: string | null };
}

function renderSession({ session, traces, entries }: SessionView, canvas: Canvas, showsIds: boolean): string {
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
      : renderEntryTable(entries.data, canvas, { showsIds }) +
        more(entries.next_cursor, `Only the first ${SHOWN_ENTRIES} entries are shown.`),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}
