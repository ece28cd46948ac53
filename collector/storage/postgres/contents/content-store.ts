import { hash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { ClientBase } from 'pg';
import { KeyValueList } from '../../../model/any-value.js';
import type { AnyValue, KeyValue } from '../../../model/any-value.js';
import { hexBytes, insertStatement, sendRows } from '../write/record-set.js';
import type { RecordOf } from '../write/record-set.js';
import { renderTimestamp } from '../rows/timestamp.js';
import type { TextPart } from '../value-codec.js';
import { cutText, MIN_CUT_LENGTH } from './cut-text.js';
import { RepeatFilter } from './repeats.js';

const COLUMNS = {
  content_id: 'bytea',
  start_time: 'timestamptz',
  received_at: 'timestamptz',
  is_deflated: 'boolean',
  body: 'bytea',
} as const;

const INSERT = insertStatement(
  'span_contents',
  COLUMNS,
  'source.content_id, source.start_time',
  // Also where nothing is set the row is locked until the commit, so that retention does not delete it meanwhile.
  `on conflict (project_id, content_id, start_time) do update set received_at = excluded.received_at
     where span_contents.received_at < excluded.received_at - interval '12 hours'`,
);

const ID_BYTES = 16;
/** Shorter bodies gain less by compression than it costs: some 20 µs each, mostly for setting it up. */
const MIN_DEFLATED_BYTES = 1024;
const REMEMBERED_CONTENTS = 100_000;
const DAY_MICROS = 86_400_000_000n;
/** Retention leaves contents of younger days alone: what was stored of them is still there. */
const TRUSTED_MICROS = 2n * DAY_MICROS;

/** A piece of text that several spans of a day have in common. */
export interface SharedContent {
  id: Buffer;
  /** Midnight of the UTC day of the spans that name it, in microseconds. */
  dayMicros: bigint;
  text: string;
}

/** What some texts have in common with what was seen before. */
export interface SharedTexts {
  /** By the text: what of it stands in the span itself, and the ids of what does not, in order. */
  parts: ReadonlyMap<string, readonly TextPart[]>;
  contents: readonly SharedContent[];
}

/**
 * Tells which pieces of message bodies repeat, since a conversation is sent again with every model call, and stores each
 * of these once a project and day. A text of which nothing has been seen before is kept in its span.
 */
export class ContentStore {
  private readonly repeats = new RepeatFilter();
  private readonly known = new Set<string>();

  /**
   * Looks through the texts of some attributes. Answers with the parts of those of which something has been seen before,
   * and with what these name; undefined where nothing has.
   */
  share(attributes: readonly KeyValue[], dayMicros: bigint): SharedTexts | undefined {
    const parts = new Map<string, readonly TextPart[]>();
    const contents: SharedContent[] = [];
    for (const text of listTexts(attributes)) {
      const found = this.cut(text, dayMicros, contents);
      if (found !== undefined) parts.set(text, found);
    }
    return contents.length === 0 ? undefined : { parts, contents };
  }

  /** Where a part repeats, the parts beside it will as well, but for the last one, which ends where the text does. */
  private cut(text: string, dayMicros: bigint, contents: SharedContent[]): TextPart[] | undefined {
    const pieces = cutText(text);
    const isSeen = pieces.map(({ print }) => this.repeats.see(print));
    if (!isSeen.includes(true)) return undefined;
    return pieces.map(({ text: part }, index): TextPart => {
      if (index === pieces.length - 1 && isSeen[index] !== true) return part;
      const id = hash('sha256', part, 'buffer').subarray(0, ID_BYTES);
      contents.push({ id, dayMicros, text: part });
      return id;
    });
  }

  /** Adds what is missing, in key order. The caller calls {@link remember} once the transaction has committed. */
  async insert(
    client: ClientBase,
    projectId: string,
    contents: readonly SharedContent[],
    nowMicros: bigint,
  ): Promise<void> {
    const missing = new Map<string, SharedContent>();
    for (const content of contents) {
      const key = keyOf(projectId, content);
      const isStored = this.known.has(key) && nowMicros - content.dayMicros < TRUSTED_MICROS;
      if (!isStored) missing.set(key, content);
    }
    const rows = [...missing.values()].map((content) => renderContent(content, nowMicros));
    await sendRows(client, INSERT, projectId, rows);
  }

  remember(projectId: string, contents: readonly SharedContent[]): void {
    if (this.known.size > REMEMBERED_CONTENTS) this.known.clear();
    for (const content of contents) this.known.add(keyOf(projectId, content));
  }

  /** The database may be another one from now on, which lacks the latest contents. */
  forget(): void {
    this.known.clear();
  }
}

/** Midnight of the UTC day of a time in microseconds. */
export function readDayMicros(micros: bigint): bigint {
  const rest = micros % DAY_MICROS;
  return micros - (rest < 0n ? rest + DAY_MICROS : rest);
}

/** The texts that are long enough to be cut, each once. */
function listTexts(attributes: readonly KeyValue[]): Set<string> {
  const texts = new Set<string>();
  const visit = (value: AnyValue): void => {
    if (typeof value === 'string') {
      if (value.length >= MIN_CUT_LENGTH) texts.add(value);
    } else if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (value instanceof KeyValueList) {
      for (const entry of value.entries) visit(entry.value);
    }
  };
  for (const { value } of attributes) visit(value);
  return texts;
}

function keyOf(projectId: string, { id, dayMicros }: SharedContent): string {
  return `${projectId}/${dayMicros}/${id.toString('base64')}`;
}

function renderContent({ id, dayMicros, text }: SharedContent, nowMicros: bigint): RecordOf<typeof COLUMNS> {
  const plain = Buffer.from(text, 'utf8');
  const deflated = plain.length < MIN_DEFLATED_BYTES ? plain : deflateRawSync(plain);
  const isDeflated = deflated.length < plain.length;
  return {
    content_id: hexBytes(id.toString('hex')),
    start_time: renderTimestamp(dayMicros),
    received_at: renderTimestamp(nowMicros),
    is_deflated: isDeflated,
    body: hexBytes((isDeflated ? deflated : plain).toString('hex')),
  };
}
