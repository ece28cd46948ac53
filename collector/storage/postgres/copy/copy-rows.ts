import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

// Signature, flags and the length of the header's extension (PostgreSQL manual, "COPY", binary format).
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
/** Rows are sent in pieces of about this size, so that the server can begin before all of them are there. */
const CHUNK_BYTES = 256 * 1024;

/** Copies rows, each encoded by a `CopyBuffer`, into a table. Does nothing where there are none. */
export async function copyRows(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  rows: readonly Uint8Array[],
): Promise<void> {
  if (rows.length === 0) return;
  const stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin (format binary)`));
  const done = finished(stream);
  // A failure ends the waiting for room as well; it is reported by `done`.
  done.catch(() => undefined);
  for (const chunk of joinRows(rows)) {
    if (stream.destroyed || stream.errored !== null) break;
    if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
  }
  stream.end();
  await done;
}

function* joinRows(rows: readonly Uint8Array[]): Generator<Buffer> {
  let pending: Uint8Array[] = [HEADER];
  let bytes = HEADER.length;
  for (const row of rows) {
    pending.push(row);
    bytes += row.length;
    if (bytes >= CHUNK_BYTES) {
      yield Buffer.concat(pending, bytes);
      pending = [];
      bytes = 0;
    }
  }
  pending.push(TRAILER);
  yield Buffer.concat(pending);
}
