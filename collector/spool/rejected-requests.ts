import { open } from 'node:fs/promises';
import path from 'node:path';
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
