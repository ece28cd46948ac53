import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { IngestIssue } from '../model/ingest-issue.js';
import type { SpoolEntry } from './record.js';
import { REJECTED_NAME } from './spool.js';

/** Adds a request that can never be stored to the file of these, with the reason; its body is in base64. */
export async function keepRejected(directory: string, entry: SpoolEntry, reason: string): Promise<void> {
  const { projectId, signal, encoding, receivedAtMillis, content } = entry;
  const line = JSON.stringify({
    rejected_at: new Date().toISOString(),
    received_at: new Date(receivedAtMillis).toISOString(),
    project_id: projectId,
    signal,
    encoding,
    reason,
    content: Buffer.from(content.buffer, content.byteOffset, content.length).toString('base64'),
  });
  const handle = await open(path.join(directory, REJECTED_NAME), 'a', 0o600);
  try {
    await handle.writeFile(`${line}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** The issue of a request that can never be stored; the same one for the same request. */
export function describeRejection(entry: SpoolEntry, reason: string): IngestIssue {
  return {
    code: 'SPOOL_REQUEST_REJECTED',
    message: `A request that was kept in the spool can not be stored: ${reason}`,
    signal: entry.signal,
    serviceName: null,
    scopeName: null,
    traceId: null,
    spanId: null,
    key: null,
    recordKey: createHash('sha256').update(entry.content).digest('hex'),
  };
}
