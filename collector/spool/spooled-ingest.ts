import { ERRORS, SpanledgerError } from '../errors.js';
import type { Ingest, IngestRequest, IngestResult } from '../ingest.js';
import { describeDecoded } from '../ingest.js';
import type { IngestIssue } from '../model/ingest-issue.js';
import { decodeRequest } from '../otlp/decode-request.js';
import { encodeTraces } from '../otlp/encode-request.js';
import type { Telemetry } from '../telemetry.js';
import type { SpoolEntry } from './record.js';
import { describeRejection, keepRejected } from './rejected-requests.js';
import type { ReplayOutcome } from './replayer.js';
import { Replayer } from './replayer.js';
import type { SpoolFill, SpoolOptions } from './spool.js';
import { Spool } from './spool.js';
import { registerSpoolFigures } from './spool-figures.js';

export interface SpooledIngestOptions extends Pick<SpoolOptions, 'directory' | 'maxBytes' | 'lock'> {
  /** Stores a request, or rejects. */
  ingest: Ingest;
  /** Lists an issue of a request that can never be stored. */
  noteIssue(projectId: string, issue: IngestIssue): Promise<unknown>;
  telemetry: Pick<Telemetry, 'log' | 'registry'>;
}

export interface SpooledIngest {
  /**
   * As the ingest that it was made with, but while the database is away a request is kept on disk, and resolves once it is
   * there. It is then not readable yet. Without room it rejects with `SPOOL_FULL`.
   */
  ingest: Ingest;
  /** What waits on the disk, whether requests go there now, and whether there is room for more. */
  describe(): SpoolFill & { isSpooling: boolean; hasRoom: boolean };
  /** Ends the replay and gives the directory back; what waits stays there for the next start. */
  close(): Promise<void>;
}

/** While the database is taken to be away, one request in so many milliseconds goes to it all the same. */
const TRIAL_MILLIS = 1_000;

/** Less room than this is none: a request of usual size would not fit. */
const ROOM_BYTES = 64 * 1024;

/** How the database being away shows. An overloaded one is not away: a spool would only hide that. */
const AWAY_CODES = new Set<string>(['STORAGE_UNAVAILABLE', 'DATABASE_UNREACHABLE']);

/**
 * An ingest with a spool on disk for while the database is away. Once it is back, new requests go straight to it again,
 * past those that still wait: batches merge in any order, and what is asked for now should be seen now.
 */
export async function createSpooledIngest(options: SpooledIngestOptions): Promise<SpooledIngest> {
  const { directory, maxBytes, lock, telemetry } = options;
  const spool = await Spool.open({
    directory,
    maxBytes,
    lock,
    onDamage: (damage) => {
      if (damage.isTail) telemetry.log.info(damage, 'the spool ends in a request that was not acknowledged');
      else telemetry.log.error(damage, 'the disk has changed bytes of the spool, and a request is lost');
    },
  });
  return new IngestWithSpool(options, spool);
}

class IngestWithSpool implements SpooledIngest {
  readonly #options: SpooledIngestOptions;
  readonly #spool: Spool;
  readonly #replayer: Replayer;
  readonly #countRequest: (result: 'spooled' | 'replayed' | 'rejected') => void;
  /** Why the database is taken to be away; undefined while it is there. */
  #absence: SpanledgerError | undefined;
  #lastTrialMillis = 0;
  readonly ingest: Ingest;

  constructor(options: SpooledIngestOptions, spool: Spool) {
    this.#options = options;
    this.#spool = spool;
    this.ingest = (request) => this.#ingest(request);
    this.#countRequest = registerSpoolFigures(options.telemetry.registry, () => spool.measure());
    this.#replayer = new Replayer({
      spool,
      replay: (entry) => this.#replay(entry),
      giveUp: (entry) => this.#giveUp(entry),
      onDrained: () => {
        options.telemetry.log.info('everything in the spool has been stored');
      },
      onError: (error) => {
        options.telemetry.log.error({ err: error }, 'the spool cannot be read');
      },
    });
    if (!spool.isEmpty) {
      options.telemetry.log.info(spool.measure(), 'storing what waits in the spool');
      this.#replayer.start();
    }
  }

  describe(): SpoolFill & { isSpooling: boolean; hasRoom: boolean } {
    const fill = this.#spool.measure();
    return {
      ...fill,
      isSpooling: this.#absence !== undefined,
      hasRoom: fill.bytes + ROOM_BYTES <= this.#options.maxBytes,
    };
  }

  async close(): Promise<void> {
    await this.#replayer.close();
    await this.#spool.close();
  }

  async #ingest(request: IngestRequest): Promise<IngestResult> {
    if (this.#absence !== undefined && !this.#isTrialDue()) return this.#keep(request, this.#absence);
    try {
      const result = await this.#options.ingest(request);
      this.#replayer.noteStored();
      this.#noteReturn();
      return result;
    } catch (error) {
      if (!(error instanceof SpanledgerError) || !AWAY_CODES.has(error.code)) throw error;
      this.#noteAbsence(error);
      return this.#keep(request, error);
    }
  }

  #isTrialDue(): boolean {
    const now = performance.now();
    if (now - this.#lastTrialMillis < TRIAL_MILLIS) return false;
    this.#lastTrialMillis = now;
    return true;
  }

  async #keep(request: IngestRequest, absence: SpanledgerError): Promise<IngestResult> {
    const entry = createEntry(request);
    if (entry === undefined) throw absence;
    try {
      await this.#spool.append(entry);
    } catch (error) {
      if (error instanceof SpanledgerError) throw error;
      this.#options.telemetry.log.error({ err: error }, 'the spool cannot be written');
      throw absence;
    }
    this.#countRequest('spooled');
    this.#replayer.start();
    return describeDecoded(request.decoded);
  }

  async #replay(entry: SpoolEntry): Promise<ReplayOutcome> {
    const { projectId, signal, encoding, content } = entry;
    try {
      const decoded = decodeRequest(signal, encoding, content);
      const body = { encoding, content };
      const { rejected, message } = await this.#options.ingest({ projectId, signal, decoded, body });
      // Its sender was told of those that did not decode, and took the others for stored; their issues are listed.
      if (rejected > describeDecoded(decoded).rejected)
        await keepRejected(this.#spool.directory, entry, message);
      this.#countRequest('replayed');
      this.#noteReturn();
      return 'settled';
    } catch (error) {
      if (error instanceof SpanledgerError && ERRORS[error.code].retryable) return 'later';
      this.#options.telemetry.log.error({ err: error, signal }, 'a spooled request can never be stored');
      return this.#setAside(entry, error instanceof Error ? error.message : String(error));
    }
  }

  async #giveUp(entry: SpoolEntry): Promise<ReplayOutcome> {
    if ((await this.#replay(entry)) === 'settled') return 'settled';
    return this.#setAside(
      entry,
      'the database fails each time with this request, and stores others meanwhile',
    );
  }

  /** The issue comes first: it can only be listed where the database is there, and twice is once. */
  async #setAside(entry: SpoolEntry, reason: string): Promise<ReplayOutcome> {
    const { directory } = this.#spool;
    try {
      await this.#options.noteIssue(entry.projectId, describeRejection(entry, reason));
      await keepRejected(directory, entry, reason);
      this.#countRequest('rejected');
      return 'settled';
    } catch (error) {
      this.#options.telemetry.log.warn(
        { err: error },
        'a request that can never be stored stays in the spool',
      );
      return 'later';
    }
  }

  #noteAbsence(error: SpanledgerError): void {
    this.#lastTrialMillis = performance.now();
    if (this.#absence === undefined) {
      const { directory } = this.#spool;
      this.#options.telemetry.log.warn(
        { reason: error.message, directory },
        'the database is away: requests go to the spool',
      );
    }
    this.#absence = error;
  }

  #noteReturn(): void {
    if (this.#absence === undefined) return;
    this.#absence = undefined;
    this.#options.telemetry.log.info(
      this.#spool.measure(),
      'the database is back: storing what waits in the spool',
    );
    this.#replayer.hurry();
  }
}

/** Undefined where the request can't be written down: it has no body of OTLP, and holds other than spans. */
function createEntry({ projectId, signal, decoded, body }: IngestRequest): SpoolEntry | undefined {
  const receivedAtMillis = Date.now();
  if (body !== undefined) return { projectId, signal, receivedAtMillis, ...body };
  if (signal !== 'traces') return undefined;
  // A door that speaks something other than OTLP.
  return {
    projectId,
    signal,
    receivedAtMillis,
    encoding: 'protobuf',
    content: encodeTraces(decoded.spans),
  };
}
