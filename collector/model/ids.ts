import { createHash, hash } from 'node:crypto';

/** The project that everything belongs to until keys name others. */
export const DEFAULT_PROJECT_ID = '00000000-0000-7000-8000-000000000001';

const IDENTIFIER_LIMIT = 200;

/** A UUID of version 8 (RFC 9562) derived from a text: the same text gives the same id wherever it is computed. */
function deriveUuid(text: string): string {
  const hex = hash('sha256', text);
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const rest = `8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${rest}`;
}

/** The id of the execution that a span is: derived from the project, the trace and the span. */
export function executionId(projectId: string, traceId: string, spanId: string): string {
  return deriveUuid(`execution/${projectId}/${traceId}/${spanId}`);
}

/** The id of an ingest issue of a trace, span or record: what it is about says which one it is. */
export function issueId(
  projectId: string,
  issue: {
    code: string;
    signal: string;
    traceId: string | null;
    spanId: string | null;
    key: string | null;
    recordKey?: string;
  },
): string {
  const { code, signal, traceId, spanId, key, recordKey } = issue;
  const place = traceId === null && spanId === null ? [recordKey] : [traceId, spanId];
  // A span may have several log records.
  if (signal === 'logs' && place.length > 1 && recordKey !== undefined) place.push(recordKey);
  return deriveUuid(`issue/${JSON.stringify([projectId, code, ...place, key])}`);
}

/**
 * A text fit for an identifier column and its index: U+0000 and lone surrogates become U+FFFD, and what is longer
 * than 200 characters is cut and ends in a hash of the whole, so that different long ids stay different.
 */
export function cutIdentifier(text: string): string {
  const clean = cleanText(text);
  if (clean.length <= IDENTIFIER_LIMIT) return clean;
  const digest = createHash('sha256').update(clean).digest('hex').slice(0, 16);
  return `${clean.slice(0, IDENTIFIER_LIMIT - 17).toWellFormed()}~${digest}`;
}

/** A text that Postgres stores: U+0000 and lone surrogates become U+FFFD. */
export function cleanText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes('\u0000') ? wellFormed.replaceAll('\u0000', '\uFFFD') : wellFormed;
}

/**
 * The key under which the reports of a session are kept that belong to no trace: it has the form of a trace id, is
 * derived from the session's, and no trace has it.
 */
export function ledgerTraceId(sessionId: string): string {
  return createHash('sha256').update(`ledger/${sessionId}`).digest('hex').slice(0, 32);
}

/** What stands for a span id of an agent that is known only from log records: derived from its name. */
export function reportedAgentId(agentName: string | null): string {
  return createHash('sha256')
    .update(`agent/${agentName ?? ''}`)
    .digest('hex')
    .slice(0, 16);
}
