import type { Command } from 'commander';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { CliFailure, EXIT } from '../failures.js';
import type { Io } from '../io.js';
import { renderWhereabouts } from '../render/whereabouts.js';
import { findTraceId } from './traces-show.js';

const EXAMPLES = `
Examples:
  spanledger where 4bf92f3577b34da6a3ce929d0e0e4736
  spanledger where 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7
  spanledger where 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`;

/** W3C Trace Context, "traceparent Header". */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/i;

export function addWhereCommand(program: Command, io: Io): void {
  const command = program
    .command('where')
    .description('say what became of a trace or span that is missed, and what to check at its sender')
    .argument('<trace>', 'id of the trace, or a traceparent header, which names the span as well')
    .argument('[span]', 'id of the span, with all its 16 digits')
    .addHelpText('after', EXAMPLES);
  addConnectionOptions(command).action(
    async (trace: string, span: string | undefined, options: ConnectionOptions) => {
      const { client } = connect(options, io);
      const [, traceOfHeader, spanOfHeader] = TRACEPARENT.exec(trace) ?? [];
      const spanId = span ?? spanOfHeader;
      if (spanId !== undefined && !/^[0-9a-f]{16}$/i.test(spanId)) {
        throw new CliFailure(EXIT.usage, `"${spanId}" is no span id: it has 16 hexadecimal digits`);
      }
      const traceId = await findTraceId(client, traceOfHeader ?? trace);
      present(
        await client.ingest.where({ trace_id: traceId, span_id: spanId }),
        options,
        io,
        renderWhereabouts,
      );
    },
  );
}
