import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SpanledgerError } from '../errors.js';
import type { SpoolEntry } from './record.js';
import { encodeRecord } from './record.js';
import type { Damage } from './segment.js';
import { inspectSegment, readSegment } from './segment.js';

export interface SpoolOptions {
  directory: string;
  /** Bytes that the files may take together; past it, `append` rejects. */
  maxBytes: number;
  /** Takes the directory for this process, or rejects. */
  lock(directory: string): Promise<{ release(): Promise<void> }>;
  /** Told of bytes that are no record: changed by the disk, or the last ones of a write that a crash cut off. */
  onDamage(damage: Damage & { file: string }): void;
}

/** What waits in a spool. */
export interface SpoolFill {
  bytes: number;
  requests: number;
  /** When the oldest request was received, in milliseconds since the epoch; null where none waits. */
  oldestMillis: number | null;
}

/** The oldest requests of a spool, in order. */
export interface SpoolSegment {
  readEntries(): AsyncGenerator<SpoolEntry, void, undefined>;
  /** Says that one more of the entries needs no longer be kept. */
  settle(): void;
  /** Deletes the file: each of its entries was settled. */
  remove(): Promise<void>;
}

interface Segment {
  file: string;
  bytes: number;
  requests: number;
  oldestMillis: number | null;
}

interface Waiter {
  chunks: Uint8Array[];
  byteCount: number;
  receivedAtMillis: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

const JOINED_BYTES = 4 * 1024 * 1024;
/** A segment is closed and the next one begun at this size, or where little fits in the spool at this part of it. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const SEGMENT_SHARE = 1 / 8;
/** What is written before one sync; more would only make the first of them wait. */
const GROUP_BYTES = 32 * 1024 * 1024;
const SEGMENT_NAME = /^(\d{10})\.spool$/;
/** Requests that can never be stored, as lines of JSON. */
export const REJECTED_NAME = 'rejected.ndjson';

/**
 * Export requests on disk, oldest first, in numbered files. What `append` has resolved for survives `kill -9` and a power
 * cut. Files are only ever appended to and deleted; one that is being written is never read.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #release: () => Promise<void>;
  readonly #segments: Segment[];
  #nextNumber: number;
  #active: { segment: Segment; handle: FileHandle } | undefined;
  #waiting: Waiter[] = [];
  #waitingBytes = 0;
  #flushing: Promise<void> | undefined;
  /** Called when the active segment was closed between two writes. */
  #onSealed: (() => void)[] = [];
  #isClosed = false;

  private constructor(
    options: SpoolOptions,
    release: () => Promise<void>,
    segments: Segment[],
    nextNumber: number,
  ) {
    this.#options = options;
    this.#release = release;
    this.#segments = segments;
    this.#nextNumber = nextNumber;
  }

  /** Rejects with `SPOOL_LOCKED` where another process has the directory, with `SPOOL_UNUSABLE` where it is none. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { directory } = options;
    let lock: { release(): Promise<void> } | undefined;
    try {
      // What agents were told and said is nobody else's to read.
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const taken = (lock = await options.lock(directory));
      const { segments, nextNumber } = await listSegments(directory);
      return new Spool(options, () => taken.release(), segments, nextNumber);
    } catch (error) {
      await lock?.release();
      if (error instanceof SpanledgerError) throw error;
      const said = error instanceof Error ? error.message : String(error);
      throw new SpanledgerError(
        'SPOOL_UNUSABLE',
        `The spool directory ${directory} cannot be used: ${said}. Correct it, or give another --spool-dir.`,
        { cause: error },
      );
    }
  }

  get directory(): string {
    return this.#options.directory;
  }

  /** Whether nothing waits, on the disk or on its way there. */
  get isEmpty(): boolean {
    return this.#segments.length === 0 && this.#waiting.length === 0;
  }

  measure(): SpoolFill {
    const fill: SpoolFill = { bytes: this.#waitingBytes, requests: 0, oldestMillis: null };
    for (const { bytes, requests, oldestMillis } of this.#segments) {
      fill.bytes += bytes;
      fill.requests += requests;
      if (requests > 0) fill.oldestMillis ??= oldestMillis;
    }
    return fill;
  }

  /**
   * Resolves once the entry is on the disk. Of several that wait, all are written and synced together. Rejects with
   * `SPOOL_FULL` where there is no room left, else as the disk did; the entry may then be in the spool or not.
   */
  async append(entry: SpoolEntry): Promise<void> {
    if (this.#isClosed) throw new SpanledgerError('INGEST_SHUTTING_DOWN', 'The collector is shutting down.');
    const { chunks, byteCount } = encodeRecord(entry);
    const rejectedBytes = await measureFile(path.join(this.directory, REJECTED_NAME));
    if (this.measure().bytes + rejectedBytes + byteCount > this.#options.maxBytes) {
      throw new SpanledgerError(
        'SPOOL_FULL',
        'The database is away, and the spool has no room for this request. Send it again later.',
      );
    }
    return new Promise((resolve, reject) => {
      const { receivedAtMillis } = entry;
      this.#waiting.push({ chunks, byteCount, receivedAtMillis, resolve, reject });
      this.#waitingBytes += byteCount;
      this.#flushing ??= this.#flush();
    });
  }

  /** The oldest segment, which gets no more entries from then on; undefined where nothing waits. */
  async takeOldest(): Promise<SpoolSegment | undefined> {
    const segment = this.#segments[0];
    if (segment === undefined) return undefined;
    if (this.#active?.segment === segment) {
      if (this.#flushing === undefined) await this.#closeActive();
      else await new Promise<void>((resolve) => this.#onSealed.push(resolve));
    }
    return {
      readEntries: () =>
        readSegment(segment.file, (damage) => {
          this.#options.onDamage({ file: segment.file, ...damage });
        }),
      settle: () => {
        segment.requests = Math.max(0, segment.requests - 1);
      },
      remove: async () => {
        await rm(segment.file, { force: true });
        this.#segments.splice(this.#segments.indexOf(segment), 1);
      },
    };
  }

  /** Finishes what is being written and gives the directory back. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#flushing;
    await this.#closeActive();
    await this.#release();
  }

  async #flush(): Promise<void> {
    // Requests of the same turn are taken together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#write(group);
        for (const waiter of group) waiter.resolve();
      } catch (error) {
        for (const waiter of group) waiter.reject(error);
      }
      if (this.#onSealed.length > 0) await this.#closeActive();
      for (const resolve of this.#onSealed.splice(0)) resolve();
    }
    this.#flushing = undefined;
  }

  #takeGroup(): Waiter[] {
    let bytes = 0;
    let count = 0;
    for (const { byteCount } of this.#waiting) {
      if (count > 0 && bytes + byteCount > GROUP_BYTES) break;
      bytes += byteCount;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(group: readonly Waiter[]): Promise<void> {
    const bytes = group.reduce((sum, { byteCount }) => sum + byteCount, 0);
    try {
      const { segment, handle } = (this.#active ??= await this.#openSegment());
      try {
        await writeFile(handle, joinSmall(group.flatMap(({ chunks }) => chunks)));
        await handle.datasync();
      } catch (error) {
        // After a failed write or sync nothing more can be said of this file's end: the next entries get another one.
        segment.bytes = await measureFile(segment.file);
        await this.#closeActive();
        throw error;
      }
      segment.bytes += bytes;
      segment.requests += group.length;
      segment.oldestMillis ??= group[0]?.receivedAtMillis ?? null;
      if (segment.bytes >= this.#segmentBytes) await this.#closeActive();
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  get #segmentBytes(): number {
    return Math.min(SEGMENT_BYTES, this.#options.maxBytes * SEGMENT_SHARE);
  }

  async #openSegment(): Promise<{ segment: Segment; handle: FileHandle }> {
    const name = `${String(this.#nextNumber).padStart(10, '0')}.spool`;
    this.#nextNumber += 1;
    const file = path.join(this.directory, name);
    const handle = await open(file, 'ax', 0o600);
    await syncDirectory(this.directory);
    const segment = { file, bytes: 0, requests: 0, oldestMillis: null };
    this.#segments.push(segment);
    return { segment, handle };
  }

  async #closeActive(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    // Everything that was answered for has been synced; what a failing disk says now changes nothing.
    await active?.handle.close().catch(() => undefined);
  }
}

/** What an earlier process left; files without a whole record are removed. */
async function listSegments(directory: string): Promise<{ segments: Segment[]; nextNumber: number }> {
  const names = (await readdir(directory)).filter((name) => SEGMENT_NAME.test(name)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const file = path.join(directory, name);
    const { byteCount, requestCount, oldestMillis } = await inspectSegment(file);
    if (requestCount === 0) await rm(file, { force: true });
    else
      segments.push({ file, bytes: byteCount, requests: requestCount, oldestMillis: oldestMillis ?? null });
  }
  return { segments, nextNumber: Number(SEGMENT_NAME.exec(names.at(-1) ?? '')?.[1] ?? 0) + 1 };
}

/** Many small writes cost less as one; large contents are not copied. */
function joinSmall(chunks: Uint8Array[]): Uint8Array | Uint8Array[] {
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  return bytes <= JOINED_BYTES ? Buffer.concat(chunks) : chunks;
}

async function measureFile(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}

/** A new file is only sure to be found after a power cut when its directory is synced; Windows knows no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
