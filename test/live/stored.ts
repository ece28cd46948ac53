import type { Session, Span, Trace } from '../../collector/contract/shapes.js';
import type { TestCollector } from '../support/collector.js';

/** The truth of a run; test/live/truth.mjs makes it. */
export interface Truth {
  input_contains?: string;
  output_contains?: string;
  thinking_contains?: string;
  observable: Observable;
}

/** What a correct reader gets from what a run sends. */
interface Observable {
  llm_calls: number;
  failed_calls: number;
  input_tokens: number;
  output_tokens: number;
  cached_input_tokens: number;
  cache_creation_tokens: number;
  reasoning_tokens: number;
  errors: number;
  tools: string[];
  agents: string[];
  models: string[];
  session_id: string | null;
  user_id: string | null;
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort();

const sum = <Row>(rows: readonly Row[], key: keyof Row): number =>
  rows.reduce((total, row) => total + Number(row[key] ?? 0), 0);

/** What the traces and the sessions of a collector say of the run that it received. */
export async function readStored(collector: TestCollector): Promise<Record<string, unknown>> {
  const { data: traces } = await collector.get<{ data: Trace[] }>('/api/v1/traces?limit=500');
  const { data: sessions } = await collector.get<{ data: Session[] }>('/api/v1/sessions?limit=500');
  const told = (key: 'session_id' | 'user_id') =>
    distinct(traces.map((trace) => trace[key]).filter((id) => id !== null));
  return {
    llm_calls: sum(traces, 'llm_calls'),
    failed_calls: sum(traces, 'failed_llm_calls'),
    input_tokens: sum(traces, 'input_tokens'),
    output_tokens: sum(traces, 'output_tokens'),
    cached_input_tokens: sum(traces, 'cached_input_tokens'),
    cache_creation_tokens: sum(traces, 'cache_write_tokens'),
    reasoning_tokens: sum(traces, 'reasoning_tokens'),
    errors: sum(traces, 'error_count'),
    tools: distinct(traces.flatMap((trace) => trace.tools)),
    agents: distinct(traces.flatMap((trace) => trace.agents)),
    models: distinct(traces.flatMap((trace) => trace.models)),
    session_id: told('session_id'),
    user_id: told('user_id'),
    sessions: {
      llm_calls: sum(sessions, 'llm_calls'),
      input_tokens: sum(sessions, 'input_tokens'),
      output_tokens: sum(sessions, 'output_tokens'),
    },
  };
}

/** The same of a run's truth. */
export function describeExpected({ observable }: Truth): Record<string, unknown> {
  const { session_id: sessionId, user_id: userId } = observable;
  return {
    ...observable,
    tools: distinct(observable.tools),
    agents: distinct(observable.agents),
    models: distinct(observable.models),
    session_id: sessionId === null ? [] : [sessionId],
    user_id: userId === null ? [] : [userId],
    sessions: {
      llm_calls: observable.llm_calls,
      input_tokens: observable.input_tokens,
      output_tokens: observable.output_tokens,
    },
  };
}

/** Which of the texts of a run are among the understood messages of its spans. */
export async function findTexts(collector: TestCollector, truth: Truth): Promise<Record<string, boolean>> {
  const { data: traces } = await collector.get<{ data: Trace[] }>('/api/v1/traces?limit=500');
  const spans: Span[] = [];
  for (const { trace_id } of traces) {
    const whole = await collector.get<{ spans: Span[] }>(`/api/v1/traces/${trace_id}?payloads=full`);
    spans.push(...whole.spans);
  }
  const has = (text: string | undefined, read: (span: Span) => unknown): boolean =>
    text === undefined || JSON.stringify(spans.map(read)).includes(text);
  return {
    input: has(truth.input_contains, (span) => span.input_messages),
    output: has(truth.output_contains, (span) => span.output_messages),
    thinking: has(truth.thinking_contains, (span) => span.thinking),
  };
}
