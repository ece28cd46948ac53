import type { Command } from 'commander';
import { ClientError, type Client } from '../../client/client.js';
import type { ReportExplanation, SpanExplanation } from '../../contract/explanation-shapes.js';
import type { SessionEntry } from '../../contract/shapes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import { CliFailure, EXIT } from '../failures.js';
import { findByPrefix, trimCut } from '../find-id.js';
import type { Io } from '../io.js';
import { nameEntry, renderEntryTable } from '../render/entry-table.js';
import { renderExplanation } from '../render/explanation.js';
import { listParentsFirst } from '../render/tree-items.js';
import { renderTree } from '../render/tree.js';
import { findSessionId } from './sessions.js';
import { findTraceId } from './traces-show.js';

const EXAMPLES = `
Examples:
  spanledger explain latest                     what can be explained of the newest run
  spanledger explain latest 00f0                the span whose id begins so
  spanledger explain support-48213 9c41         a span or a log record of a session`;

type ExplainOptions = ConnectionOptions & { all?: boolean };

export function addExplainCommand(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .description(
      'say where everything comes from that is said of a span or a log record: attributes, counting, cost',
    )
    .argument('<run>', 'id of the trace or session, its beginning, or latest for the newest trace')
    .argument('[step]', 'id of the span or log record, or its first digits; without it they are listed')
    .option('--all', 'of a list, each of many similar steps')
    .addHelpText('after', EXAMPLES);
  addConnectionOptions(command).action(
    async (run: string, step: string | undefined, options: ExplainOptions) => {
      const { client } = connect(options, io);
      if (step !== undefined && !/^[0-9a-f]+$/i.test(trimCut(step))) {
        throw new CliFailure(
          EXIT.usage,
          `"${step}" is no id of a span or a log record: it has hexadecimal digits, as explain ${run} lists them`,
        );
      }
      const given = step === undefined ? undefined : trimCut(step).toLowerCase();
      const found = await findRun(client, run);
      if (given === undefined) await listSteps(client, found, options, io);
      else present(await explain(client, found, given), options, io, renderExplanation);
    },
  );
}

type Run = { traceId: string } | { sessionId: string };

/** What looks like the id of a trace may be that of a session. */
async function findRun(client: Client, given: string): Promise<Run> {
  if (given !== 'latest' && !/^[0-9a-f]{4,32}…?$/i.test(given))
    return { sessionId: await findSessionId(client, given) };
  try {
    const traceId = await findTraceId(client, given);
    if (traceId === given.toLowerCase()) await client.traces.get({ trace_id: traceId });
    return { traceId };
  } catch (error) {
    const isUnknown =
      error instanceof ClientError ? error.code === 'API_NOT_FOUND' : isNotFound(error) && given !== 'latest';
    if (!isUnknown) throw error;
    try {
      return { sessionId: await findSessionId(client, given) };
    } catch (second) {
      throw isNotFound(second) ? error : second;
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof CliFailure && error.exitCode === EXIT.notFound;
}

async function listSteps(client: Client, run: Run, options: ExplainOptions, io: Io): Promise<void> {
  if ('sessionId' in run) {
    const page = await client.sessions.entries({ session_id: run.sessionId, limit: 500 });
    present(page, options, io, ({ data }, canvas) => renderEntryTable(data, canvas, { showsIds: true }));
    return;
  }
  const tree = await client.traces.tree({ trace_id: run.traceId });
  present(tree, options, io, ({ roots, reports }, canvas) =>
    renderTree(roots, canvas, { reports, showsIds: true, showsAll: options.all ?? false }),
  );
}

async function explain(
  client: Client,
  run: Run,
  given: string,
): Promise<SpanExplanation | ReportExplanation> {
  if ('sessionId' in run) {
    const entries = new Map<string, SessionEntry>();
    const ids = listEntryIds(client, run.sessionId, entries);
    const id = await findByPrefix({ noun: 'entry', given, ids, listedBy: `explain ${run.sessionId}` });
    return explainEntry(client, run.sessionId, entries.get(id), id);
  }
  const { traceId } = run;
  if (given.length === SPAN_ID_DIGITS) {
    try {
      return await client.spans.explain({ trace_id: traceId, span_id: given });
    } catch (error) {
      // It may be the beginning of a record's id.
      if (!(error instanceof ClientError) || error.code !== 'API_NOT_FOUND') throw error;
    }
  }
  const ids = listStepIds(client, traceId);
  const id = await findByPrefix({ noun: 'step', given, ids, listedBy: `explain ${traceId}` });
  return id.length === SPAN_ID_DIGITS
    ? client.spans.explain({ trace_id: traceId, span_id: id })
    : client.logRecords.explain({ trace_id: traceId, record_id: id });
}

/** Ids of records are longer. */
const SPAN_ID_DIGITS = 16;

/** Spans, then the records that belong to the trace, whether or not they name it. */
async function* listStepIds(client: Client, traceId: string): AsyncGenerator<string> {
  const { roots, reports } = await client.traces.tree({ trace_id: traceId, max_spans: 100_000 });
  for (const span of listParentsFirst(roots)) yield span.span_id;
  for (const report of reports) yield report.record_id ?? '';
  for await (const record of client.logRecords.list.rows({ trace_id: traceId, limit: 500 })) yield record.id;
}

async function* listEntryIds(
  client: Client,
  sessionId: string,
  entries: Map<string, SessionEntry>,
): AsyncGenerator<string> {
  for await (const entry of client.sessions.entries.rows({ session_id: sessionId, limit: 500 })) {
    const id = entry.record_id ?? nameEntry(entry);
    entries.set(id, entry);
    yield id;
  }
}

function explainEntry(
  client: Client,
  sessionId: string,
  entry: SessionEntry | undefined,
  id: string,
): Promise<SpanExplanation | ReportExplanation> {
  const traceId = entry?.trace_id ?? entry?.joined_trace_id ?? null;
  if (entry?.kind === 'span') return client.spans.explain({ trace_id: traceId ?? '', span_id: id });
  const place = traceId === null ? { session_id: sessionId } : { trace_id: traceId };
  return client.logRecords.explain({ record_id: id, ...place });
}
