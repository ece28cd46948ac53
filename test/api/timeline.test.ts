import { describe, expect, it } from 'vitest';
import { presentTimeline } from '../../collector/api/timeline.js';
import type { SpanledgerError } from '../../collector/errors.js';
import { sketchSpan, toSpanId } from './trace-spans.js';

const CONTEXT = { trace: undefined, verdicts: new Map() };

const SPANS = [
  sketchSpan({ id: 'a', from: 0, to: 100, facts: { type: 'agent', outcome: 'failed' } }),
  sketchSpan({ id: 'b', parent: 'a', from: 5, to: 45, facts: { type: 'llm' } }),
  sketchSpan({ id: 'c', parent: 'a', from: 50, to: 90, facts: { type: 'tool', outcome: 'failed' } }),
  sketchSpan({ id: 'd', parent: 'c', from: 50, to: 60, facts: { type: 'http' } }),
];

function listIds(options: { type?: string; errors_only?: boolean; slower_than_ms?: number }) {
  const page = presentTimeline(SPANS, CONTEXT, { limit: 50, errors_only: false, ...options });
  return page.data.map((entry) => entry.span_id.slice(0, 1)).join('');
}

describe('a timeline', () => {
  it('tells how deep each span is and when it began', () => {
    const { data, next_cursor } = presentTimeline(SPANS, CONTEXT, { limit: 50, errors_only: false });
    expect(data.map(({ span_id, depth, offset_ms }) => [span_id, depth, offset_ms])).toEqual([
      [toSpanId('a'), 0, 0],
      [toSpanId('b'), 1, 5],
      [toSpanId('c'), 1, 50],
      [toSpanId('d'), 2, 50],
    ]);
    expect(next_cursor).toBeNull();
  });

  it('is filtered by type, by failure and by duration', () => {
    expect(listIds({ type: 'llm' })).toBe('b');
    expect(listIds({ errors_only: true })).toBe('ac');
    expect(listIds({ slower_than_ms: 39 })).toBe('abc');
    expect(listIds({ slower_than_ms: 40 })).toBe('a');
  });

  it('keeps depth and offset of the whole trace where it is filtered', () => {
    const { data } = presentTimeline(SPANS, CONTEXT, { limit: 50, errors_only: false, type: 'http' });
    expect(data).toMatchObject([{ depth: 2, offset_ms: 50 }]);
  });

  it('is read in pages that neither repeat nor skip', () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = presentTimeline(SPANS, CONTEXT, { limit: 1, errors_only: false, cursor });
      seen.push(...page.data.map((entry) => entry.span_id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(SPANS.map(({ spanId }) => spanId));
  });

  it('goes on where it was although a span was added before', () => {
    const first = presentTimeline(SPANS, CONTEXT, { limit: 2, errors_only: false });
    const added = [sketchSpan({ id: 'e', from: -10, to: 0 }), ...SPANS];
    const second = presentTimeline(added, CONTEXT, {
      limit: 2,
      errors_only: false,
      cursor: first.next_cursor ?? undefined,
    });
    expect(second.data.map(({ span_id }) => span_id)).toEqual([toSpanId('c'), toSpanId('d')]);
  });

  it('refuses a cursor that is not its own', () => {
    expect(() => presentTimeline(SPANS, CONTEXT, { limit: 1, errors_only: false, cursor: 'zzz' })).toThrow(
      expect.objectContaining({ code: 'API_BAD_CURSOR' }) as SpanledgerError,
    );
  });
});
