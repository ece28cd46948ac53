import type { Command } from 'commander';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { CliFailure, EXIT } from '../failures.js';
import type { Io } from '../io.js';
import { renderExplanation } from '../render/explanation.js';
import { findTraceId } from './traces-show.js';

export function addExplainCommand(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .description('say where everything comes from that is said of a span: attributes, counting, cost')
    .argument('<trace>', 'id of the trace, or latest')
    .argument('<span>', 'id of the span')
    .addHelpText(
      'after',
      '\nExample:\n  spanledger explain 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7',
    );
  addConnectionOptions(command).action(async (trace: string, span: string, options: ConnectionOptions) => {
    if (!/^[0-9a-f]{16}$/i.test(span)) {
      throw new CliFailure(EXIT.usage, `"${span}" is no span id: it has 16 hexadecimal digits`);
    }
    const { client } = connect(options, io);
    const ids = { trace_id: await findTraceId(client, trace), span_id: span };
    present(await client.spans.explain(ids), options, io, renderExplanation);
  });
}
