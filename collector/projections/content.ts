import type { Message } from '../model/gen-ai.js';
import { cleanText } from '../model/ids.js';
import type { SpanContent } from '../model/normalized-span.js';
import type { TraceMaterial } from '../model/rows.js';
import type { LogRecordData } from '../model/span-data.js';
import type { Understanding } from '../model/understanding.js';
import type { SpanNode } from './tree.js';

/** Message bodies of the spans of one trace, each read at most once and only when asked for. */
export interface ContentReader {
  /** undefined where the span's bodies were not loaded. */
  read(node: SpanNode): SpanContent | undefined;
  /** The same from the span alone, without the log records that belong to it. */
  readWithoutLogs(node: SpanNode): SpanContent | undefined;
}

const PREVIEW_LENGTH = 500;
const NO_LOGS: readonly LogRecordData[] = [];

export function createContentReader(
  material: TraceMaterial,
  readContent: Understanding['readContent'],
): ContentReader {
  const logsBySpanId = groupLogs(material.logs);
  const known = new Map<string, SpanContent | undefined>();
  const readFrom = (spanId: string, logs: readonly LogRecordData[]): SpanContent | undefined => {
    const body = material.bodies.get(spanId);
    return body === undefined ? undefined : readContent(body, logs);
  };
  const read = ({ span: { spanId } }: SpanNode): SpanContent | undefined => {
    if (!known.has(spanId)) known.set(spanId, readFrom(spanId, logsBySpanId.get(spanId) ?? NO_LOGS));
    return known.get(spanId);
  };
  return {
    read,
    readWithoutLogs: (node) =>
      logsBySpanId.has(node.span.spanId) ? readFrom(node.span.spanId, NO_LOGS) : read(node),
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
    if (log.spanId === null) continue;
    const group = groups.get(log.spanId);
    if (group === undefined) groups.set(log.spanId, [log]);
    else group.push(log);
  }
  return groups;
}
