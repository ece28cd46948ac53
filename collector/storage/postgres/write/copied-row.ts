import type { SpanData } from '../../../model/span-data.js';

/** The span that a failure is about, where the failure told. */
const spans = new WeakMap<object, SpanData>();

/** Of COPY, the context of an error names the row, counted from 1: `COPY spans, line 3, column kind`. */
const LINE = /^COPY \w+, line (\d+)/;

/** Notes with a failure of COPY which of the rows it was about. */
export function noteCopiedRow(failure: unknown, copied: readonly { span: { data: SpanData } }[]): void {
  if (typeof failure !== 'object' || failure === null || !('where' in failure)) return;
  const line = LINE.exec(String(failure.where))?.[1];
  const data = copied[Number(line ?? 0) - 1]?.span.data;
  if (data !== undefined) spans.set(failure, data);
}

/** The span whose row was refused; undefined where the failure does not tell. */
export function findCopiedSpan(failure: unknown): SpanData | undefined {
  return typeof failure === 'object' && failure !== null ? spans.get(failure) : undefined;
}
