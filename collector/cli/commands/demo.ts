import { InvalidArgumentError, type Command } from 'commander';
import { addConnectionOptions, connect, present, writeJson, type ConnectionOptions } from '../connection.js';
import { suggestCommand } from '../suggestion.js';
import { sendDemoRuns } from '../demo/send.js';
import type { Io } from '../io.js';
import { loadTraceView, renderTraceView } from '../trace-view.js';

const MOST_RUNS = 1000;

export function addDemoCommand(program: Command, io: Io): void {
  const command = program
    .command('demo')
    .description('send a realistic multi-agent run to a collector and show it')
    .option('--count <number>', 'how many runs to send', parseCount, 1)
    .addHelpText(
      'after',
      '\nExamples:\n  spanledger demo\n  spanledger demo --count 20 && spanledger traces list',
    );
  addConnectionOptions(command).action(async (options: ConnectionOptions & { count: number }) => {
    const connection = connect(options, io);
    const traceIds = await sendDemoRuns(connection, options.count, io.nowMillis());
    const last = traceIds.at(-1) ?? '';
    if (options.json === true) {
      writeJson({ trace_ids: traceIds }, io);
      return;
    }
    const view = await loadTraceView(connection.client, last);
    present(view, options, io, (loaded, canvas) => {
      const sent =
        options.count === 1 ? `Sent trace ${last}` : `Sent ${options.count} traces, the last is ${last}`;
      const show = suggestCommand(`traces show ${last}`, options, io);
      return `${sent}\n\n${renderTraceView(loaded, canvas)}\n\nSee it again:  ${canvas.paint.bold(show)}`;
    });
  });
}

function parseCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST_RUNS)
    throw new InvalidArgumentError(`It takes a number from 1 to ${MOST_RUNS}.`);
  return count;
}
