import { describe, expect, it } from 'vitest';
import { hasUsage, presentSpanSummary } from '../../collector/api/present-span.js';
import { SpanSummary } from '../../collector/contract/shapes.js';
import { NO_USAGE } from '../../collector/model/gen-ai.js';
import { sketchSpan, toSpanId } from './trace-spans.js';

const NO_CONTEXT = { trace: undefined, verdicts: new Map() };

describe('a span in a list', () => {
  it('has the shape of the contract', () => {
    const summary = presentSpanSummary(sketchSpan({ id: 'a', to: 1 }), NO_CONTEXT);
    expect(SpanSummary.parse(summary)).toEqual(summary);
  });

  it('names the model that answered, and the requested one only where none did', () => {
    const answered = sketchSpan({ id: 'a', facts: { requestModel: 'best', responseModel: 'best-2026' } });
    expect(presentSpanSummary(answered, NO_CONTEXT)).toMatchObject({
      model: 'best-2026',
      request_model: 'best',
    });
    const asked = sketchSpan({ id: 'a', facts: { requestModel: 'best' } });
    expect(presentSpanSummary(asked, NO_CONTEXT).model).toBe('best');
  });

  it('belongs to the session, conversation and user of its trace unless it names its own', () => {
    const trace = { session_id: 's', conversation_id: 'c', user_id: 'u' };
    const span = sketchSpan({ id: 'a', facts: { userId: 'own' } });
    expect(presentSpanSummary(span, { trace, verdicts: new Map() })).toMatchObject({
      session_id: 's',
      conversation_id: 'c',
      user_id: 'own',
    });
  });

  it('says whether its usage is counted and why not', () => {
    const verdicts = new Map([
      [toSpanId('a'), { counted: false, rule: 'sum_of_children' as const, because: 'repeated' }],
    ]);
    expect(presentSpanSummary(sketchSpan({ id: 'a' }), { trace: undefined, verdicts })).toMatchObject({
      counted: false,
      not_counted_because: 'repeated',
      counting_rule: 'sum_of_children',
    });
  });

  it('has a cost only where one was reported, and null is not 0', () => {
    expect(presentSpanSummary(sketchSpan({ id: 'a' }), NO_CONTEXT)).toMatchObject({
      cost_usd: null,
      cost_source: 'unknown',
      input_tokens: null,
    });
    const paid = sketchSpan({ id: 'a', facts: { reportedCostUsd: '0.00125' } });
    expect(presentSpanSummary(paid, NO_CONTEXT)).toMatchObject({
      cost_usd: 0.00125,
      cost_source: 'reported',
    });
  });

  it('keeps every digit of its times', () => {
    const span = { ...sketchSpan({ id: 'a' }), endTimeUnixNano: 1_767_225_600_000_000_001n };
    expect(presentSpanSummary(span, NO_CONTEXT)).toMatchObject({
      ended_at: '2026-01-01T00:00:00.000000001Z',
      end_time_unix_nano: '1767225600000000001',
    });
  });

  it('takes an unknown kind and status for unspecified and unset', () => {
    const span = { ...sketchSpan({ id: 'a' }), kind: 77, statusCode: 9 };
    expect(presentSpanSummary(span, NO_CONTEXT)).toMatchObject({ kind: 'unspecified', status: 'unset' });
  });
});

describe('usage', () => {
  it('is there where any class of tokens or a cost is reported, 0 included', () => {
    expect(hasUsage(sketchSpan({ id: 'a' }))).toBe(false);
    expect(hasUsage(sketchSpan({ id: 'a', facts: { usage: { ...NO_USAGE, reasoningTokens: 0 } } }))).toBe(
      true,
    );
    expect(hasUsage(sketchSpan({ id: 'a', facts: { reportedCostUsd: '0' } }))).toBe(true);
  });
});
