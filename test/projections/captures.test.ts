import { describe, expect, it } from 'vitest';
import { normalizeSpan, readContent } from '../../collector/dialects/normalize.js';
import type { NormalizedSpan } from '../../collector/model/normalized-span.js';
import type { TraceMaterial, TraceRows, TraceSpan } from '../../collector/model/rows.js';
import type { LogRecordData } from '../../collector/model/span-data.js';
import { decodeRequest } from '../../collector/otlp/decode-request.js';
import { createProjector } from '../../collector/projections/projector.js';
import { loadCapture, readCaptureMessage, readCaptureSignal } from '../support/captures.js';
import { UNDERSTOOD_CAPTURES, type Truth } from '../support/understood-captures.js';

/** Projects all traces of a capture, in order of their start. */
function projectCapture(name: string): { truth: Truth; rows: TraceRows[] } {
  const capture = loadCapture(name);
  const spans: NormalizedSpan[] = [];
  const logs: LogRecordData[] = [];
  for (const request of capture.requests) {
    const signal = readCaptureSignal(request);
    const encoding = request.headers['content-type']?.includes('json') === true ? 'json' : 'protobuf';
    const decoded = decodeRequest(signal, encoding, readCaptureMessage(request));
    spans.push(...decoded.spans.map(normalizeSpan));
    logs.push(...decoded.logRecords);
  }
  const projector = createProjector({ readContent });
  const traceIds = [...new Set(spans.map(({ data }) => data.traceId))];
  const rows = traceIds.map((traceId) => {
    const inTrace = spans.filter(({ data }) => data.traceId === traceId);
    return projector.projectTrace('p', gatherMaterial(traceId, inTrace, logs));
  });
  rows.sort((left, right) => (left.trace.startTimeUnixNano < right.trace.startTimeUnixNano ? -1 : 1));
  return { truth: capture.expected as unknown as Truth, rows };
}

function gatherMaterial(
  traceId: string,
  spans: readonly NormalizedSpan[],
  logs: readonly LogRecordData[],
): TraceMaterial {
  return {
    traceId,
    spans: spans.map(({ data, facts }): TraceSpan => ({ ...data, facts })),
    bodies: new Map(spans.map(({ data }) => [data.spanId, data])),
    logs: logs.filter((log) => log.traceId === traceId),
  };
}

describe.each(UNDERSTOOD_CAPTURES)('%s', (name) => {
  const { truth, rows } = projectCapture(name);
  const traces = rows.map(({ trace }) => trace);
  const executions = rows.flatMap((row) => row.executions);
  const observable: Partial<Truth> & Record<string, unknown> = { ...truth, ...truth.observable };
  const sum = (values: (number | null)[]): number =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);

  it('counts what a correct reader can count', () => {
    const { observable: figures } = truth;
    expect({
      llm_calls: sum(traces.map(({ llmCalls }) => llmCalls)),
      failed_calls: sum(traces.map(({ failedLlmCalls }) => failedLlmCalls)),
      input_tokens: sum(traces.map(({ totals }) => totals.inputTokens)),
      output_tokens: sum(traces.map(({ totals }) => totals.outputTokens)),
      cached_input_tokens: sum(traces.map(({ totals }) => totals.cachedInputTokens)),
      cache_creation_tokens: sum(traces.map(({ totals }) => totals.cacheWriteTokens)),
      reasoning_tokens: sum(traces.map(({ totals }) => totals.reasoningTokens)),
      errors: sum(traces.map(({ errorCount }) => errorCount)),
      tool_calls: sum(traces.map(({ toolCalls }) => toolCalls)),
    }).toEqual({
      llm_calls: figures['llm_calls'],
      failed_calls: figures['failed_calls'],
      input_tokens: figures['input_tokens'],
      output_tokens: figures['output_tokens'],
      cached_input_tokens: figures['cached_input_tokens'],
      cache_creation_tokens: figures['cache_creation_tokens'],
      reasoning_tokens: figures['reasoning_tokens'],
      errors: observable.errors,
      tool_calls: truth.tools.length,
    });
  });

  it('names agents, models and tools by first use', () => {
    const union = (lists: string[][]): string[] => [...new Set(lists.flat())];
    expect({
      agents: union(traces.map(({ agents }) => agents)),
      models: union(traces.map(({ models }) => models)).sort(),
      tools: union(traces.map(({ tools }) => tools)),
      toolsCalled: executions.flatMap(({ toolsCalled }) => toolsCalled.map((tool) => tool.name)).sort(),
    }).toEqual({
      agents: truth.agents,
      models: truth.models.toSorted(),
      tools: [...new Set(truth.tools)],
      toolsCalled: truth.tools.toSorted(),
    });
  });

  it('knows whose it was, as far as the spans say', () => {
    const ids = (read: (trace: TraceRows['trace']) => string | null): (string | null)[] => [
      ...new Set(traces.map(read).filter((id) => id !== null)),
    ];
    const wanted = (id: string | null | undefined): string[] => (id == null ? [] : [id]);
    expect(ids(({ sessionId }) => sessionId)).toEqual(wanted(observable.session_id));
    expect(ids(({ userId }) => userId)).toEqual(wanted(observable.user_id));
  });

  it('shows what was asked, answered and thought', () => {
    if (truth.input_contains !== undefined) {
      expect(traces.map(({ inputPreview }) => inputPreview).join('\n')).toContain(truth.input_contains);
      expect(JSON.stringify(executions.map(({ inputData }) => inputData))).toContain(truth.input_contains);
    }
    if (truth.output_contains !== undefined) {
      expect(traces.map(({ outputPreview }) => outputPreview).join('\n')).toContain(truth.output_contains);
      expect(JSON.stringify(executions.map(({ outputData }) => outputData))).toContain(truth.output_contains);
    }
    if (truth.thinking_contains !== undefined) {
      const thoughts = executions
        .flatMap(({ thinkingTraces }) => thinkingTraces)
        .map(({ content }) => content);
      expect(thoughts.join('\n')).toContain(truth.thinking_contains);
    }
  });

  it('the own usage of its executions is the total of each trace', () => {
    for (const { trace, executions: runs } of rows) {
      expect(sum(runs.map(({ own }) => own.inputTokens))).toBe(trace.totals.inputTokens ?? 0);
      expect(sum(runs.map(({ own }) => own.outputTokens))).toBe(trace.totals.outputTokens ?? 0);
      expect(trace).toMatchObject({ isComplete: true });
    }
    if (truth.observable['llm_calls'] === 0) expect(executions).toEqual([]);
  });
});
