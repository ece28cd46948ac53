import { context, diag } from '@opentelemetry/api';
import { ExportResultCode, suppressTracing, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseSpanLine } from './parse-span-line.js';
import { renderSpanLine } from './render-span-line.js';
import { claimSpoolFile, listSpoolFiles, nameSpoolFile, removeSpoolFile } from './spool-files.js';
import { makeSpoolFolder } from './spool-folder.js';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_AGE_MILLIS = 7 * 24 * 60 * 60_000;

/** Spans of a line, which is what is exported at once. */
const SPANS_PER_LINE = 128;

/**
 * Codes of an `OTLPExporterError` (HTTP) or a gRPC `ServiceError` that say that sending it again won't help:
 * bad request, too large, unprocessable; INVALID_ARGUMENT.
 */
const REFUSED: ReadonlySet<unknown> = new Set([400, 413, 422, 3]);

/** Where a spool is, and what it may hold. */
export interface SpoolOptions {
  /** From `listSpoolFolders`: written to the first that can be written to, sent from all. */
  folders: readonly string[];
  /** Bytes that the files of a folder may take together, 64 MiB by default; the oldest make room. */
  maxBytes?: number;
  /** Files older than this are removed unsent, 7 days by default. */
  maxAgeMillis?: number;
}

/** What became of a spool's spans. */
export interface SpoolReport {
  /** Spans that the exporter took. */
  sentCount: number;
  /** Lines set aside in files `*.rejected`: unreadable, or refused by the destination. */
  rejectedCount: number;
  /** The exporter failed in a way that may pass; what is left waits for the next time. */
  hasFailed: boolean;
}

/**
 * Spans on disk that a process could not send before it ended: files of OTLP/JSON lines, mode 0600, which a later
 * process with the same destination sends. A file is sent by the process that renamed it; one that dies while it sends
 * leaves the file to others, so that a span may be sent twice (with the same ids, which changes nothing at a receiver
 * that knows them) but is not lost. No method throws or rejects.
 */
export class Spool {
  readonly #folders: readonly string[];
  readonly #maxBytes: number;
  readonly #maxAgeMillis: number;
  /** Paths of claimed files by what they are called when nobody claims them. */
  readonly #claims = new Map<string, string>();
  #sending: Promise<SpoolReport> | undefined;

  /** Touches no disk. */
  constructor({ folders, maxBytes = MAX_BYTES, maxAgeMillis = MAX_AGE_MILLIS }: SpoolOptions) {
    this.#folders = folders;
    this.#maxBytes = maxBytes;
    this.#maxAgeMillis = maxAgeMillis;
  }

  /**
   * Writes spans to a new file, synchronously. They must have gone through redaction. Gives how many were written:
   * fewer than given when they are larger than the whole spool may be (the newest are kept), none when no folder can be
   * written to, which is also said in a warning.
   */
  write(spans: readonly ReadableSpan[]): number {
    if (spans.length === 0) return 0;
    const { lines, spanCount } = renderLines(spans, this.#maxBytes);
    if (spanCount < spans.length) {
      diag.warn(
        `spanledger: ${spans.length - spanCount} spans are lost, the spool may have ${this.#maxBytes} bytes`,
      );
    }
    if (spanCount === 0) return 0;
    const text = lines.join('');
    for (const folder of this.#folders) {
      try {
        makeSpoolFolder(folder);
        this.#makeRoom(folder, Buffer.byteLength(text));
        const file = nameSpoolFile(folder);
        writeFileSync(`${file}.writing`, text, { flag: 'wx', mode: 0o600 });
        renameSync(`${file}.writing`, file);
        return spanCount;
      } catch (error) {
        diag.warn(`spanledger: no spool in ${folder}`, error);
      }
    }
    return 0;
  }

  /**
   * Sends what earlier processes left, file by file, and removes what was taken. Stops at the first failure. A call
   * while another is at work gives that one's report. Cheap when there is nothing to send.
   */
  send(exporter: SpanExporter): Promise<SpoolReport> {
    this.#sending ??= this.#sendFolders(exporter).finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Gives back, synchronously, what this process has taken and not finished: called when it ends. */
  returnClaims(): void {
    for (const base of [...this.#claims.keys()]) this.#returnClaim(base);
  }

  async #sendFolders(exporter: SpanExporter): Promise<SpoolReport> {
    const report: SpoolReport = { sentCount: 0, rejectedCount: 0, hasFailed: false };
    for (const folder of this.#folders) {
      for (const file of listSpoolFiles(folder)) {
        if (Date.now() - file.writtenAtMillis > this.#maxAgeMillis) {
          if (!file.isRejected) diag.warn(`spanledger: removed unsent spans that are too old: ${file.path}`);
          removeSpoolFile(file.path);
        } else if (file.isFree && !report.hasFailed) {
          const claimed = claimSpoolFile(file);
          if (claimed === undefined) continue;
          this.#claims.set(file.base, claimed);
          await this.#sendFile(file.base, claimed, exporter, report);
        }
      }
    }
    return report;
  }

  async #sendFile(base: string, claimed: string, exporter: SpanExporter, report: SpoolReport): Promise<void> {
    try {
      const rejected: string[] = [];
      for (const line of readFileSync(claimed, 'utf8').split('\n')) {
        if (line === '') continue;
        const outcome = await sendLine(line, exporter);
        if (outcome === 'failed') {
          report.hasFailed = true;
          this.#returnClaim(base);
          return;
        }
        if (outcome === 'rejected') rejected.push(line);
        else report.sentCount += outcome;
      }
      if (rejected.length > 0) {
        writeFileSync(`${base}.rejected`, rejected.join('\n') + '\n', { mode: 0o600 });
        report.rejectedCount += rejected.length;
        diag.warn(`spanledger: set aside ${rejected.length} lines of spans in ${base}.rejected`);
      }
      // Whoever returned the claims meanwhile has ended this process's part in it.
      if (this.#claims.delete(base)) removeSpoolFile(claimed);
    } catch (error) {
      report.hasFailed = true;
      diag.warn(`spanledger: could not send ${base}`, error);
      this.#returnClaim(base);
    }
  }

  #returnClaim(base: string): void {
    const claimed = this.#claims.get(base);
    if (claimed === undefined) return;
    this.#claims.delete(base);
    try {
      renameSync(claimed, base);
    } catch (error) {
      diag.debug(`spanledger: could not give back ${claimed}`, error);
    }
  }

  #makeRoom(folder: string, bytes: number): void {
    const files = listSpoolFiles(folder);
    let total = files.reduce((sum, file) => sum + file.bytes, bytes);
    for (const file of files) {
      if (total <= this.#maxBytes) return;
      removeSpoolFile(file.path);
      total -= file.bytes;
      diag.warn(`spanledger: removed unsent spans to make room in the spool: ${file.path}`);
    }
  }
}

/** Lines of the newest spans that fit, in the spans' order. */
function renderLines(
  spans: readonly ReadableSpan[],
  maxBytes: number,
): { lines: string[]; spanCount: number } {
  const lines: string[] = [];
  let bytes = 0;
  let spanCount = 0;
  for (let end = spans.length; end > 0; end -= SPANS_PER_LINE) {
    const part = spans.slice(Math.max(0, end - SPANS_PER_LINE), end);
    const line = renderSpanLine(part) + '\n';
    bytes += Buffer.byteLength(line);
    if (bytes > maxBytes) break;
    lines.unshift(line);
    spanCount += part.length;
  }
  return { lines, spanCount };
}

/** How many spans were taken, or why none was. */
async function sendLine(line: string, exporter: SpanExporter): Promise<number | 'rejected' | 'failed'> {
  let spans: ReadableSpan[];
  try {
    spans = parseSpanLine(line);
  } catch (error) {
    diag.warn('spanledger: a spooled line cannot be read', error);
    return 'rejected';
  }
  const result = await new Promise<ExportResult>((resolve) => {
    context.with(suppressTracing(context.active()), () => {
      exporter.export(spans, resolve);
    });
  });
  if (result.code === ExportResultCode.SUCCESS) return spans.length;
  return REFUSED.has((result.error as { code?: unknown } | undefined)?.code) ? 'rejected' : 'failed';
}
