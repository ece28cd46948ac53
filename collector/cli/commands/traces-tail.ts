import { InvalidArgumentError, type Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../client/client.js';
import { routes } from '../../contract/routes.js';
import type { Trace } from '../../contract/shapes.js';
import { addConnectionOptions, connect, type ConnectionOptions } from '../connection.js';
import { describeFailure } from '../failures.js';
import { chooseCanvas, type Io } from '../io.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderTraceLine } from '../render/trace-line.js';

type TailOptions = ConnectionOptions & { interval: number; last: number };
type ListQuery = NonNullable<Parameters<Client['traces']['list']>[0]>;

/** Traces that are looked at each time; an older one that goes on is not noticed. */
const WATCHED = 200;

export function addTracesTailCommand(traces: Command, io: Io): void {
  const command = traces
    .command('tail')
    .description(
      'print a line for each trace that comes in or changes, until stopped; --json: a JSON document a line',
    )
    .option('--interval <seconds>', 'how often to look', parseSeconds, 2)
    .option('--last <number>', 'how many of the traces that are there to begin with', parseNumber, 5)
    .addHelpText(
      'after',
      '\nExamples:\n  spanledger traces tail --agent researcher\n  spanledger traces tail --json',
    );
  addConnectionOptions(command);
  addQueryOptions(command, routes.traces.list, ['limit', 'cursor', 'sort', 'order']);
  command.action(async (options: TailOptions) => {
    const query = readQueryOptions(command, routes.traces.list);
    await follow(connect(options, io).client, { ...query, limit: WATCHED }, options, io);
  });
}

async function follow(client: Client, query: ListQuery, options: TailOptions, io: Io): Promise<void> {
  const stop = io.listenForStop();
  const seen = new Map<string, string>();
  // Where there is no collector to begin with, the command fails.
  const first = noticeChanges((await client.traces.list(query)).data, seen);
  printTraces(first.slice(Math.max(0, first.length - options.last)), options, io);
  let isInterrupted = false;
  while (await waitUnlessStopped(options.interval * 1000, stop)) {
    try {
      printTraces(noticeChanges((await client.traces.list(query)).data, seen), options, io);
      isInterrupted = false;
    } catch (error) {
      if (!isInterrupted) io.stderr.write(`spanledger: ${describeFailure(error).line}; trying again\n`);
      isInterrupted = true;
    }
  }
}

/** The traces that are new or look different than before, oldest first; remembers them in `seen`. */
function noticeChanges(newestFirst: readonly Trace[], seen: Map<string, string>): Trace[] {
  const changed: Trace[] = [];
  for (const trace of newestFirst) {
    const look = `${trace.status} ${trace.complete} ${trace.error_count}`;
    if (seen.get(trace.trace_id) === look) continue;
    seen.set(trace.trace_id, look);
    changed.push(trace);
  }
  return changed.reverse();
}

function printTraces(traces: readonly Trace[], options: TailOptions, io: Io): void {
  const canvas = chooseCanvas(io);
  for (const trace of traces) {
    io.stdout.write(`${options.json === true ? JSON.stringify(trace) : renderTraceLine(trace, canvas)}\n`);
  }
}

/** False as soon as it is asked to stop. */
async function waitUnlessStopped(millis: number, stop: AbortSignal): Promise<boolean> {
  try {
    await delay(millis, undefined, { signal: stop });
    return true;
  } catch {
    return false;
  }
}

function parseSeconds(text: string): number {
  const seconds = /^(\d{1,5}(?:\.\d+)?)s?$/.exec(text)?.[1];
  if (seconds === undefined || Number(seconds) < 0.1)
    throw new InvalidArgumentError('It takes seconds, at least 0.1.');
  return Number(seconds);
}

function parseNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > WATCHED) {
    throw new InvalidArgumentError(`It takes a number from 0 to ${WATCHED}.`);
  }
  return Number(text);
}
