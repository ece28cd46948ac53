import { Argument, type Command } from 'commander';
import type { Client } from '../../client/client.js';
import type { TimelineEntry } from '../../contract/answers.js';
import { routes } from '../../contract/routes.js';
import { addConnectionOptions, connect, present, writeJson, type ConnectionOptions } from '../connection.js';
import { CliFailure, EXIT } from '../failures.js';
import { findByPrefix, listIds } from '../find-id.js';
import type { Io } from '../io.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderTraceHeader } from '../render/headers.js';
import { renderTimeline } from '../render/timeline.js';
import { loadTraceView, renderTraceView } from '../trace-view.js';

const EXAMPLES = `
Examples:
  spanledger traces show latest
  spanledger traces show 4bf92f3577b34da6a3ce929d0e0e4736 --all
  spanledger traces show latest --timeline --slower-than-ms 500
  spanledger traces show latest --json | jq .cost_usd`;

type ShowOptions = ConnectionOptions & {
  timeline?: boolean;
  all?: boolean;
  ids?: boolean;
  summary?: boolean;
};

export function addTracesShowCommand(traces: Command, io: Io): void {
  const command = traces
    .command('show')
    .description('show one trace: figures, steps as a tree, errors')
    .addArgument(new Argument('<trace>', 'id of the trace, its first digits, or latest'))
    .option('--timeline', 'steps as a waterfall instead of a tree')
    .option('--summary', 'add where the time went')
    .option('--all', 'show each of many similar steps, and all plain spans')
    .option('--ids', 'print the id of each span, as explain takes it')
    .addHelpText('after', EXAMPLES);
  addConnectionOptions(command);
  addQueryOptions(command, routes.traces.timeline, ['limit', 'cursor']);
  command.action(async (given: string, options: ShowOptions) => {
    const { client } = connect(options, io);
    const traceId = await findTraceId(client, given);
    if (options.timeline === true || narrowsTimeline(command)) {
      await showTimeline(client, traceId, command, options, io);
    } else if (options.json === true) {
      writeJson(await client.traces.get({ trace_id: traceId }), io);
    } else {
      const view = await loadTraceView(client, traceId);
      present(view, options, io, (loaded, canvas) =>
        renderTraceView(loaded, canvas, {
          showsAll: options.all ?? false,
          showsIds: options.ids ?? false,
          showsSummary: options.summary ?? false,
        }),
      );
    }
  });
}

async function showTimeline(
  client: Client,
  traceId: string,
  command: Command,
  options: ShowOptions,
  io: Io,
): Promise<void> {
  const query = readQueryOptions(command, routes.traces.timeline);
  const trace = await client.traces.get({ trace_id: traceId });
  const entries: TimelineEntry[] = [];
  for await (const entry of client.traces.timeline.rows({ ...query, trace_id: traceId, limit: 500 })) {
    entries.push(entry);
  }
  if (options.json === true) {
    writeJson({ data: entries, next_cursor: null }, io);
    return;
  }
  present(entries, options, io, (loaded, canvas) => {
    const waterfall =
      loaded.length === 0 ? 'No step of this trace fits.' : renderTimeline(loaded, canvas, trace.duration_ms);
    return `${renderTraceHeader(trace, canvas)}\n\n${waterfall}`;
  });
}

/** Options that only a timeline understands ask for one. */
function narrowsTimeline(command: Command): boolean {
  return ['type', 'errorsOnly', 'slowerThanMs'].some((name) => command.getOptionValue(name) !== undefined);
}

/** The id that was given, the one that begins so, or that of the newest trace. */
export async function findTraceId(client: Client, given: string): Promise<string> {
  if (/^[0-9a-f]{32}$/i.test(given)) return given.toLowerCase();
  if (/^[0-9a-f]{4,31}…?$/i.test(given)) {
    const ids = listIds(client.traces.list.rows({ limit: 500 }), (trace) => trace.trace_id);
    return findByPrefix({ noun: 'trace', given: given.toLowerCase(), ids, listedBy: 'traces list' });
  }
  if (given !== 'latest') {
    throw new CliFailure(
      EXIT.usage,
      `"${given}" is no trace id: it has 32 hexadecimal digits, of which the first few do, or is the word latest`,
    );
  }
  const [newest] = (await client.traces.list({ limit: 1 })).data;
  if (newest === undefined) throw new CliFailure(EXIT.notFound, 'there are no traces yet');
  return newest.trace_id;
}
