import { inflateRawSync } from 'node:zlib';
import { readDayMicros } from '../contents/content-store.js';
import { listContentIds } from '../value-codec.js';
import type { Contents } from '../value-codec.js';
import type { Queryable, StoredRow } from './queryable.js';
import { renderTimestamp } from './timestamp.js';

const LIST = `
  select content_id, is_deflated, body from span_contents
  where project_id = $1 and content_id = any($2::bytea[]) and start_time = any($3::timestamptz[])`;

/** The texts that rows of `span_payloads` name, each once. */
export async function loadContents(
  database: Queryable,
  projectId: string,
  payloads: readonly StoredRow[],
): Promise<Contents> {
  const ids = new Set<string>();
  const days = new Set<bigint>();
  for (const { attributes, events, start_time: start } of payloads) {
    for (const text of [attributes, events]) {
      if (typeof text !== 'string') continue;
      const named = listContentIds(text);
      if (named.length > 0) days.add(readDayMicros(start as bigint));
      for (const id of named) ids.add(id);
    }
  }
  const contents = new Map<string, string>();
  if (ids.size === 0) return contents;
  const { rows } = await database.query(LIST, [
    projectId,
    [...ids].map((id) => Buffer.from(id, 'base64url')),
    [...days].map(renderTimestamp),
  ]);
  for (const row of rows) {
    const body = row.body as Buffer;
    const bytes = row.is_deflated === true ? inflateRawSync(body) : body;
    contents.set((row.content_id as Buffer).toString('base64url'), bytes.toString('utf8'));
  }
  return contents;
}
