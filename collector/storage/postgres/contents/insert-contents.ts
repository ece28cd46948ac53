import { deflateRawSync } from 'node:zlib';
import type { ClientBase } from 'pg';
import { renderTimestamp } from '../rows/timestamp.js';
import type { SharedContent } from './shared-content.js';

/**
 * Ids and bodies come one after the other in one binary parameter, from which each row is cut: as JSON or as arrays they
 * would be sent and parsed as hex, which takes the server more than twice as long.
 */
const INSERT = `
  insert into span_contents (project_id, content_id, start_time, received_at, is_deflated, body)
  select $1::uuid, substring($2::bytea, place, 16) as content_id, to_timestamp(day) as start_time, $3::timestamptz,
    is_deflated, substring($2::bytea, place + 16, length)
  from unnest($4::integer[], $5::integer[], $6::boolean[], $7::bigint[]) as source (place, length, is_deflated, day)
  order by content_id, start_time
  on conflict (project_id, content_id, start_time) do update set received_at = excluded.received_at
    where span_contents.received_at < excluded.received_at - interval '12 hours'`;

const MICROS_PER_SECOND = 1_000_000n;
/** A statement has 30 seconds; a request may hold hundreds of thousands of contents. */
const STATEMENT_ROWS = 10_000;
/** Shorter bodies gain less by compression than it costs: some 20 µs each, mostly for setting it up. */
const MIN_DEFLATED_BYTES = 1024;
/**
 * Adds contents in key order. Those that are there already are locked until the commit, also where nothing is set, so
 * that retention does not delete them meanwhile.
 */
export async function insertContents(
  client: ClientBase,
  projectId: string,
  contents: readonly SharedContent[],
  nowMicros: bigint,
): Promise<void> {
  for (let first = 0; first < contents.length; first += STATEMENT_ROWS) {
    const { bytes, arrays } = joinContents(contents.slice(first, first + STATEMENT_ROWS));
    await client.query(INSERT, [projectId, bytes, renderTimestamp(nowMicros), ...arrays]);
  }
}

/** The parameters of {@link INSERT} from `$4` on are arrays, with an item for each content. */
function joinContents(contents: readonly SharedContent[]): { bytes: Buffer; arrays: string[] } {
  const parts: Buffer[] = [];
  const places: number[] = [];
  const lengths: number[] = [];
  const deflated: boolean[] = [];
  const days: bigint[] = [];
  let place = 1;
  for (const { id, dayMicros, text } of contents) {
    const idBytes = Buffer.from(id, 'base64url');
    const { body, isDeflated } = encodeBody(text);
    parts.push(idBytes, body);
    places.push(place);
    lengths.push(body.length);
    deflated.push(isDeflated);
    days.push(dayMicros / MICROS_PER_SECOND);
    place += idBytes.length + body.length;
  }
  const arrays = [places, lengths, deflated, days].map((items) => `{${items.join(',')}}`);
  return { bytes: Buffer.concat(parts), arrays };
}

function encodeBody(text: string): { body: Buffer; isDeflated: boolean } {
  const plain = Buffer.from(text, 'utf8');
  const deflated = plain.length < MIN_DEFLATED_BYTES ? plain : deflateRawSync(plain);
  const isDeflated = deflated.length < plain.length;
  return { body: isDeflated ? deflated : plain, isDeflated };
}
