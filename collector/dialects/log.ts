import type { LogRecordData } from '../model/span-data.js';
import { findAttribute, type KeyValue } from '../model/any-value.js';
import type { FactField } from './dialect.js';
import { isMessageEvent, readEventName } from './message-events.js';
import { readIdentifier } from './readers/scalars.js';
import { REGISTRY } from './registry.js';

/** What a log record says before it is stored. */
export interface LogFacts {
  /** It holds message bodies of a span, so the rows derived from its trace depend on it. */
  isContent: boolean;
  /** The session it names, or the conversation where it names no session. */
  sessionId: string | null;
}

/** Reads a log record by the same tables as spans. Never throws. */
export function readLog(data: LogRecordData): LogFacts {
  const isTied = data.traceId !== null && data.spanId !== null;
  return {
    isContent: isTied && isMessageEvent(readEventName(data)),
    sessionId:
      readField(data.attributes, 'sessionId') ??
      readField(data.attributes, 'conversationId') ??
      readIdentifier(findAttribute(data.resource.attributes, 'session.id')) ??
      null,
  };
}

/** Only sources that read a whole attribute: a record has no span that derived ones could look at. */
function readField(attributes: readonly KeyValue[], field: FactField): string | undefined {
  let best: { rank: number; value: string } | undefined;
  for (const { key, value } of attributes) {
    for (const { rank, source, field: known } of REGISTRY.keys.get(key)?.facts ?? []) {
      if (known !== field || source.path !== undefined || (best !== undefined && best.rank <= rank)) continue;
      const text = source.read(value);
      if (typeof text === 'string') best = { rank, value: text };
    }
  }
  return best?.value;
}
