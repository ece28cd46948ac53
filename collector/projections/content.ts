import type { Message } from '../model/gen-ai.js';
import { cleanText } from '../model/ids.js';
import type { SpanContent, SpanFacts } from '../model/normalized-span.js';
import type { TraceMaterial, TraceSpan } from '../model/rows.js';
import type { LogRecordData, SpanData } from '../model/span-data.js';
import type { MergedTrace } from './reports.js';
import type { SpanNode } from './tree.js';
import { append } from './sets.js';

/** Message bodies of the spans of one trace, each read at most once and only when asked for. */
export interface ContentReader {
  /** With what log records of the same call add; undefined where no bodies were loaded. */
  read(node: SpanNode): SpanContent | undefined;
  /** The same from the span alone, without the log records that belong to it; undefined where there is no span. */
  readWithoutLogs(node: SpanNode): SpanContent | undefined;
}

const PREVIEW_LENGTH = 500;
const NO_LOGS: readonly LogRecordData[] = [];
const NO_REPORTS: readonly TraceSpan[] = [];

/** How bodies are read out of what was stored; a span's facts are given where they are known to be of this span. */
export interface BodyReader {
  readContent(data: SpanData, logs: readonly LogRecordData[], facts?: SpanFacts): SpanContent;
  readReportContent(log: LogRecordData, facts?: SpanFacts): SpanContent;
}

export function createContentReader(
  material: TraceMaterial,
  joined: MergedTrace['joined'],
  reader: BodyReader,
): ContentReader {
  const logsBySpanId = groupLogs(material.logs);
  const records = new Map(material.reports.map((report) => [report.span.spanId, report]));
  const known = new Map<SpanNode, SpanContent | null>();
  const readFrom = (
    { spanId, facts }: TraceSpan,
    logs: readonly LogRecordData[],
  ): SpanContent | undefined => {
    const body = material.bodies.get(spanId);
    return body === undefined ? undefined : reader.readContent(body, logs, facts);
  };
  const readRecord = (spanId: string): SpanContent | undefined => {
    const record = records.get(spanId);
    return record === undefined ? undefined : reader.readReportContent(record.log, record.span.facts);
  };
  const readAll = ({ span, origin }: SpanNode): SpanContent | undefined => {
    const { spanId } = span;
    let content =
      origin === 'span' ? readFrom(span, logsBySpanId.get(spanId) ?? NO_LOGS) : readRecord(spanId);
    for (const report of joined.get(spanId) ?? NO_REPORTS) {
      content = fill(content, readRecord(report.spanId));
    }
    return content;
  };
  const read = (node: SpanNode): SpanContent | undefined => {
    let content = known.get(node);
    if (content === undefined) known.set(node, (content = readAll(node) ?? null));
    return content ?? undefined;
  };
  return {
    read,
    readWithoutLogs: ({ span, origin }) => (origin === 'span' ? readFrom(span, NO_LOGS) : undefined),
  };
}

/** What the first leaves out is taken from the second. */
function fill(content: SpanContent | undefined, more: SpanContent | undefined): SpanContent | undefined {
  if (content === undefined || more === undefined) return content ?? more;
  return {
    inputMessages: content.inputMessages ?? more.inputMessages,
    outputMessages: content.outputMessages ?? more.outputMessages,
    systemInstructions: content.systemInstructions ?? more.systemInstructions,
    thinking: content.thinking.length > 0 ? content.thinking : more.thinking,
    toolArguments: content.toolArguments ?? more.toolArguments,
    toolResult: content.toolResult ?? more.toolResult,
    toolDefinitions: content.toolDefinitions ?? more.toolDefinitions,
    rawInput: content.rawInput ?? more.rawInput,
    rawOutput: content.rawOutput ?? more.rawOutput,
  };
}

/** The text parts of the first message of a role that has any; null where none does. */
export function readFirstText(messages: readonly Message[] | null, role: string): string | null {
  for (const message of messages ?? []) {
    const text = message.role === role ? readText(message) : null;
    if (text !== null) return text;
  }
  return null;
}

/** The text parts of the last message that has any. */
export function readLastText(messages: readonly Message[] | null): string | null {
  for (const message of messages?.toReversed() ?? []) {
    const text = readText(message);
    if (text !== null) return text;
  }
  return null;
}

/** At most 500 characters, cut between whole characters and ended by an ellipsis. */
export function cutPreview(text: string): string {
  const clean = cleanText(text);
  if (clean.length <= PREVIEW_LENGTH) return clean;
  const cut = clean.slice(0, PREVIEW_LENGTH - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}

function readText(message: Message): string | null {
  const texts: string[] = [];
  for (const part of message.parts) {
    if (part.type === 'text' && 'content' in part && typeof part.content === 'string')
      texts.push(part.content);
  }
  const text = texts.join('\n').trim();
  return text === '' ? null : text;
}

function groupLogs(logs: readonly LogRecordData[]): Map<string, LogRecordData[]> {
  const groups = new Map<string, LogRecordData[]>();
  for (const log of logs) {
    if (log.spanId !== null) append(groups, log.spanId, log);
  }
  return groups;
}
