import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Execution, IngestIssue, Session, Trace } from '../../collector/contract/shapes.js';
import { readLog } from '../../collector/dialects/normalize.js';
import { decodeCapture } from '../dialects/decoded-captures.js';
import { listCaptures, loadCapture, sendCapture, type Capture } from '../support/captures.js';
import { startTestCollector, type TestCollector } from '../support/collector.js';
import { SHOWN_OTHERWISE, type Truth } from '../support/capture-truth.js';

const CAPTURES = listCaptures().map(loadCapture);

/** Senders that name sessions of their own, of which the truth says nothing. */
const WITH_OWN_SESSIONS = ['codex-cli-exec', 'gemini-cli-tool-error'];

/** The root, an agent, was overwritten with its last model call: it comes as that call, and names the agent. */
const AGENTS_IN_CALLS = ['langsmith-traceable-openai'];

/** What of a capture tells it from the others in one database. */
interface Identity {
  traceIds: ReadonlySet<string>;
  /** Sessions of which log records without a trace report something. */
  sessionIds: ReadonlySet<string>;
}

const IDENTITIES = new Map(CAPTURES.map(({ name }) => [name, identify(name)]));

const ORDERS: { title: string; send: (collector: TestCollector) => Promise<void> }[] = [
  { title: 'as recorded', send: (target) => sendAll(target, CAPTURES) },
  { title: 'in reverse', send: (target) => sendAll(target, CAPTURES.toReversed(), { reverse: true }) },
  { title: 'twice', send: (target) => sendAll(target, CAPTURES, { times: 2 }) },
  {
    title: 'two at a time, with their requests in turn',
    send: (target) => sendAll(target, pairUp(CAPTURES)),
  },
];

it('no two captures share a trace or a session', () => {
  const identities = [...IDENTITIES.values()];
  const traceIds = identities.flatMap((identity) => [...identity.traceIds]);
  const sessionIds = identities.flatMap((identity) => [...identity.sessionIds]);
  expect(new Set(traceIds).size).toBe(traceIds.length);
  expect(new Set(sessionIds).size).toBe(sessionIds.length);
});

describe.each(ORDERS)('all captures, sent $title', ({ send }) => {
  let collector: TestCollector;
  let stored: Stored;

  beforeAll(async () => {
    collector = await startTestCollector({ grpcPort: 'free' });
    await send(collector);
    stored = await readStored(collector);
  });
  afterAll(async () => {
    await collector.close();
  });

  it.each(CAPTURES.map(({ name }) => name))('%s: gives the numbers that its bodies hold', (name) => {
    const truth = readTruth(name);
    const shown = selectCapture(stored, name);
    expectFigures(truth, shown);
    expectOwners(name, truth, shown);
    expectExecutions(name, truth, shown);
    expectContents(truth, shown);
  });

  it('shows in each session as many entries as it counts', async () => {
    for (const { session_id, entry_count, trace_count } of stored.sessions) {
      const path = `/api/v1/sessions/${encodeURIComponent(session_id)}/entries`;
      const entries = await listAll<{ trace_id: string | null }>(collector, path);
      const traceIds = new Set(entries.map(({ trace_id }) => trace_id).filter((id) => id !== null));
      expect([session_id, entries.length, traceIds.size]).toEqual([session_id, entry_count, trace_count]);
    }
  });

  it('finds nothing that a sender should mend', () => {
    expect(stored.issues).toEqual([]);
  });
});

function identify(name: string): Identity {
  const { spans, logs } = decodeCapture(name);
  const reports = logs.map((log) => readLog(log)).filter(({ report }) => report?.data.traceId === '');
  return {
    traceIds: new Set(spans.map(({ traceId }) => traceId)),
    sessionIds: new Set(reports.flatMap(({ sessionId }) => sessionId ?? [])),
  };
}

async function sendAll(
  { url, grpcUrl }: TestCollector,
  captures: readonly Capture[],
  options: { reverse?: boolean; times?: number } = {},
): Promise<void> {
  for (const capture of captures) await sendCapture(url, capture, { ...options, grpcUrl });
}

/** Captures in pairs of about as many requests, each pair's requests in turn. */
function pairUp(captures: readonly Capture[]): Capture[] {
  const bySize = captures.toSorted((left, right) => right.requests.length - left.requests.length);
  return bySize.flatMap((capture, index) => {
    if (index % 2 === 1) return [];
    const other = bySize[index + 1];
    const requests = capture.requests.flatMap((request, place) => [
      request,
      ...(other?.requests.slice(place, place + 1) ?? []),
    ]);
    return [{ ...capture, requests }];
  });
}

interface Stored {
  traces: Trace[];
  sessions: Session[];
  executions: Execution[];
  issues: IngestIssue[];
}

async function readStored(collector: TestCollector): Promise<Stored> {
  return {
    traces: await listAll(collector, '/api/v1/traces'),
    sessions: await listAll(collector, '/api/v1/sessions'),
    executions: await listAll(collector, '/api/v1/executions'),
    issues: await listAll(collector, '/api/v1/ingest/issues'),
  };
}

async function listAll<Row>(collector: TestCollector, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await collector.get<{ data: Row[]; next_cursor: string | null }>(
      `${path}?limit=500${query}`,
    );
    rows.push(...page.data);
    cursor = page.next_cursor;
  }
  return rows;
}

function readTruth(name: string): Truth {
  return { ...(loadCapture(name).expected as unknown as Truth), ...SHOWN_OTHERWISE[name] };
}

interface Shown {
  traces: Trace[];
  executions: Execution[];
  /** What the capture adds up to: its sessions, and its traces without one. */
  units: (Trace | Session)[];
}

function selectCapture(stored: Stored, name: string): Shown {
  const identity = IDENTITIES.get(name) ?? { traceIds: new Set(), sessionIds: new Set() };
  const traces = stored.traces.filter(({ trace_id }) => identity.traceIds.has(trace_id));
  const sessionIds = new Set([
    ...identity.sessionIds,
    ...traces.flatMap(({ session_id }) => session_id ?? []),
  ]);
  const sessions = stored.sessions.filter(({ session_id }) => sessionIds.has(session_id));
  expect(sessions).toHaveLength(sessionIds.size);
  const executions = stored.executions.filter(({ trace_id, session_id }) =>
    trace_id === null ? sessionIds.has(session_id ?? '') : identity.traceIds.has(trace_id),
  );
  return {
    traces,
    executions,
    units: [...sessions, ...traces.filter(({ session_id }) => session_id === null)],
  };
}

type Figure = 'llm_calls' | 'failed_llm_calls' | 'tool_calls' | 'error_count' | 'cost_usd' | Tokens;
type Tokens =
  'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'cache_write_tokens' | 'reasoning_tokens';

function expectFigures(truth: Truth, { traces, units }: Shown): void {
  const { observable } = truth;
  const sum = (key: Figure) => units.reduce((total, unit) => total + (unit[key] ?? 0), 0);
  const distinct = (key: 'agents' | 'models' | 'tools') =>
    [...new Set(units.flatMap((unit) => unit[key]))].sort();
  expect({
    spans: traces.reduce((total, { span_count }) => total + span_count, 0),
    traces: traces.length,
    complete: traces.every(({ complete }) => complete),
    llm_calls: sum('llm_calls'),
    failed_calls: sum('failed_llm_calls'),
    input_tokens: sum('input_tokens'),
    output_tokens: sum('output_tokens'),
    cached_input_tokens: sum('cached_input_tokens'),
    cache_creation_tokens: sum('cache_write_tokens'),
    reasoning_tokens: sum('reasoning_tokens'),
    errors: sum('error_count'),
    tool_calls: sum('tool_calls'),
    agents: distinct('agents'),
    models: distinct('models'),
    tools: distinct('tools'),
  }).toEqual({
    spans: truth.spans - (truth.pending_spans ?? 0),
    traces: truth.traces,
    complete: true,
    llm_calls: observable.llm_calls,
    failed_calls: observable.failed_calls,
    input_tokens: observable.input_tokens,
    output_tokens: observable.output_tokens,
    cached_input_tokens: observable.cached_input_tokens,
    cache_creation_tokens: observable.cache_creation_tokens,
    reasoning_tokens: observable.reasoning_tokens,
    errors: observable.errors ?? truth.errors,
    tool_calls: truth.tools.length,
    agents: [...new Set(truth.agents)].sort(),
    models: [...new Set(truth.models)].sort(),
    tools: [...new Set(truth.tools)].sort(),
  });
  if (truth.cost !== undefined) expect(sum('cost_usd')).toBeCloseTo(truth.cost, 8);
  if (truth.dialect !== 'none') expect(units.flatMap(({ dialects }) => dialects)).toContain(truth.dialect);
}

function expectOwners(name: string, truth: Truth, { units }: Shown): void {
  const observable: Truth['observable'] & Pick<Truth, 'session_id' | 'user_id'> = {
    ...truth,
    ...truth.observable,
  };
  const idsOf = (key: 'session_id' | 'user_id') => [
    ...new Set(units.map((unit) => unit[key]).filter((id) => id !== null)),
  ];
  const wanted = (id: string | null | undefined) => (typeof id === 'string' ? [id] : []);
  expect(idsOf('user_id')).toEqual(wanted(observable.user_id));
  if (WITH_OWN_SESSIONS.includes(name)) return;
  expect(idsOf('session_id')).toEqual(wanted(observable.session_id ?? truth.conversation_id));
}

function expectExecutions(name: string, truth: Truth, { units, executions }: Shown): void {
  const named = executions.map(({ agent_name }) => agent_name).filter((name) => name !== null);
  expect([...new Set(named)].sort()).toEqual(
    AGENTS_IN_CALLS.includes(name) ? [] : [...new Set(truth.agents)].sort(),
  );
  const own = (key: `own_${Tokens}`) => executions.reduce((total, run) => total + (run[key] ?? 0), 0);
  const total = (key: Tokens) => units.reduce((sum, unit) => sum + (unit[key] ?? 0), 0);
  expect(own('own_input_tokens')).toBe(total('input_tokens'));
  expect(own('own_output_tokens')).toBe(total('output_tokens'));
  expect(own('own_cached_input_tokens')).toBe(total('cached_input_tokens'));
  const ids = new Set(executions.map(({ id }) => id));
  for (const { parent_execution_id } of executions) {
    if (parent_execution_id !== null) expect(ids).toContain(parent_execution_id);
  }
  if (truth.observable.llm_calls === 0) expect(executions).toEqual([]);
  else {
    const toolsCalled = executions.flatMap((run) => run.tools_called.map(({ name }) => name));
    expect(toolsCalled.sort()).toEqual(truth.tools.toSorted());
  }
}

function expectContents(truth: Truth, { executions }: Shown): void {
  if (executions.length === 0) return;
  const inputs = JSON.stringify(executions.map(({ input_data }) => input_data));
  const outputs = JSON.stringify(executions.map(({ output_data }) => output_data));
  const thoughts = executions.flatMap((run) => run.thinking_traces.map(({ content }) => content)).join('\n');
  if (truth.input_contains !== undefined) expect(inputs).toContain(truth.input_contains);
  if (truth.output_contains !== undefined) expect(outputs).toContain(truth.output_contains);
  if (truth.thinking_contains !== undefined) expect(thoughts).toContain(truth.thinking_contains);
}
