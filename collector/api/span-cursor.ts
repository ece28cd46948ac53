import { SpanledgerError } from '../errors.js';
import type { Page, PageOptions } from '../storage/storage.js';

interface OrderedSpan {
  spanId: string;
  startTimeUnixNano: bigint;
}

/**
 * A page of spans that come by start time, then span id. The cursor holds the last span's place, so that spans that
 * arrive between two pages neither repeat nor hide others.
 */
export function pageSpans<Span extends OrderedSpan>(
  spans: readonly Span[],
  options: PageOptions,
): Page<Span> {
  const after = options.cursor === undefined ? undefined : decodeCursor(options.cursor);
  const first = after === undefined ? 0 : spans.findIndex((span) => isBehind(span, after));
  const rows = first === -1 ? [] : spans.slice(first, first + options.limit);
  const last = rows.at(-1);
  const isLastPage = first === -1 || first + rows.length >= spans.length;
  return { rows, nextCursor: last && !isLastPage ? encodeCursor(last) : null };
}

function isBehind(span: OrderedSpan, place: OrderedSpan): boolean {
  if (span.startTimeUnixNano !== place.startTimeUnixNano)
    return span.startTimeUnixNano > place.startTimeUnixNano;
  return span.spanId > place.spanId;
}

function encodeCursor(span: OrderedSpan): string {
  return Buffer.from(`${span.startTimeUnixNano}/${span.spanId}`).toString('base64url');
}

function decodeCursor(cursor: string): OrderedSpan {
  const [, start, spanId] =
    /^(\d{1,20})\/([0-9a-f]{16})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (start === undefined || spanId === undefined) {
    throw new SpanledgerError(
      'API_BAD_CURSOR',
      'The cursor is not one of this list: begin again without it.',
      {
        faults: [{ pointer: '/query/cursor', detail: 'is not a cursor of this list' }],
      },
    );
  }
  return { startTimeUnixNano: BigInt(start), spanId };
}
