import { describe, expect, it } from 'vitest';
import type { TraceRows } from '../../collector/model/rows.js';
import { listCaptures, loadCapture } from '../support/captures.js';
import { SHOWN_OTHERWISE, type Truth } from '../support/capture-truth.js';
import { loadTelemetry, projectTelemetry } from './projected-telemetry.js';

/** Senders that name sessions of their own, of which the truth says nothing. */
const WITH_OWN_SESSIONS = ['codex-cli-exec', 'gemini-cli-tool-error'];

/** Projects all traces of a capture and what belongs to none, in order of their start. */
function projectCapture(name: string) {
  const { traces, ledgers, sessions } = projectTelemetry(loadTelemetry(name));
  const rows = [...traces, ...ledgers];
  rows.sort((left, right) => (left.trace.startTimeUnixNano < right.trace.startTimeUnixNano ? -1 : 1));
  const truth = { ...(loadCapture(name).expected as unknown as Truth), ...SHOWN_OTHERWISE[name] };
  return { truth, rows, sessions };
}

describe.each(listCaptures())('%s', (name) => {
  const { truth, rows, sessions } = projectCapture(name);
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

  it('is in the dialect that sent it', () => {
    const { dialect } = truth;
    if (dialect !== 'none') expect(traces.flatMap(({ dialects }) => dialects)).toContain(dialect);
  });

  it('costs what its sender says', () => {
    if (truth.cost === undefined) return;
    expect(sum(traces.map(({ totals }) => Number(totals.costUsd)))).toBeCloseTo(truth.cost, 8);
  });

  it('adds up to its sessions', () => {
    const inSession = traces.filter(({ sessionId }) => sessionId !== null);
    expect(sum(sessions.map(({ llmCalls }) => llmCalls))).toBe(
      sum(inSession.map(({ llmCalls }) => llmCalls)),
    );
    expect(sum(sessions.map(({ traceCount }) => traceCount))).toBe(
      inSession.filter(({ isLedger }) => !isLedger).length,
    );
  });

  it('knows whose it was, as far as the spans say', () => {
    const ids = (read: (trace: TraceRows['trace']) => string | null): (string | null)[] => [
      ...new Set(traces.map(read).filter((id) => id !== null)),
    ];
    const wanted = (id: string | null | undefined): string[] => (id == null ? [] : [id]);
    const sessionId = observable.session_id ?? observable.conversation_id;
    if (!WITH_OWN_SESSIONS.includes(name)) expect(ids((trace) => trace.sessionId)).toEqual(wanted(sessionId));
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
