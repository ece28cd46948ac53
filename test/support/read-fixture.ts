import type { Page } from '../../collector/storage/storage.js';
import { SeededRandom } from './random.js';
import type { RowValues } from './stored-rows.js';
import { EXECUTION_ROW, TRACE_ROW } from './stored-rows.js';

export const PROJECT_ID = '00000000-0000-7000-8000-000000000001';
export const OTHER_PROJECT_ID = '00000000-0000-7000-8000-000000000002';

const EPOCH_SECONDS = Date.UTC(2026, 0, 1) / 1000;

/** The text of a time so many microseconds after the fixture's first. */
export function timeAt(micros: number): string {
  const seconds = new Date((EPOCH_SECONDS + Math.floor(micros / 1e6)) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1e6).padStart(6, '0')}Z`;
}

function pickOrNull<Item>(random: SeededRandom, items: readonly Item[]): Item | null {
  return random.next() < 0.25 ? null : random.pick(items);
}

/** Rows of `traces` with few different values in each column, so that ties and hits abound. */
export function makeTraceRows(count: number, seed = 1): RowValues[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => {
    const traceId = random.bytes(16);
    const sessionId = pickOrNull(random, ['s1', 's2', 's3']);
    return {
      project_id: PROJECT_ID,
      trace_id: traceId,
      ...TRACE_ROW,
      started_at: timeAt(random.below(40) * 250_000),
      start_nanos: random.pick([0, 1, 999]),
      duration_micros: random.below(12) * 500,
      total_tokens: random.below(8) * 10,
      error_count: random.below(3),
      cost_usd: pickOrNull(random, ['0', '0.1', '0.30000000000000000001', '0.3', '12.5']),
      session_key: sessionId ?? traceId.toString('hex'),
      session_id: sessionId,
      conversation_id: pickOrNull(random, ['c1', 'c2']),
      user_id: pickOrNull(random, ['ada', 'bob']),
      environment: pickOrNull(random, ['prod', 'dev']),
      name: random.pick(['checkout', 'answer', "it's; drop table traces --"]),
      status: random.pick(['completed', 'failed', 'waiting', 'cancelled']),
      is_complete: random.next() < 0.7,
      last_seen_at: random.pick([timeAt(0), timeAt(7_200_000_000)]),
      agents: random.some(['planner', 'writer']),
      models: random.some(['m-small', 'm-large']),
      providers: random.some(['p1', 'p2']),
      tools: random.some(['search', 'calc']),
      services: random.some(['api', 'worker']),
      dialects: random.some(['d1', 'd2']),
      tags: random.some(['t1', 't2']),
    };
  });
}

/** Rows of `agent_executions` with few different values in each column. */
export function makeExecutionRows(count: number, seed = 2): RowValues[] {
  const random = new SeededRandom(seed);
  const parents = Array.from({ length: 3 }, () => makeUuid(random));
  return Array.from({ length: count }, () => {
    const isRunning = random.next() < 0.2;
    return {
      project_id: PROJECT_ID,
      id: makeUuid(random),
      ...EXECUTION_ROW,
      trace_id: Buffer.alloc(16, 1 + random.below(3)),
      started_at: timeAt(random.below(40) * 250_000),
      start_nanos: random.pick([0, 1, 999]),
      completed_at: isRunning ? null : timeAt(60_000_000),
      completed_nanos: isRunning ? null : 0,
      duration_micros: isRunning ? null : random.below(12) * 500,
      total_tokens: random.below(8) * 10,
      cost_usd: pickOrNull(random, ['0', '0.1', '0.30000000000000000001', '0.3', '12.5']),
      case_id: pickOrNull(random, ['case-1', 'case-2']),
      workflow_id: pickOrNull(random, ['w1', 'w2']),
      agent_name: pickOrNull(random, ['planner', 'writer']),
      agent_type: pickOrNull(random, ['implicit', 'LlmAgent']),
      models: random.some(['m-small', 'm-large']),
      provider: pickOrNull(random, ['p1', 'p2']),
      status: random.pick(['completed', 'failed', 'running']),
      session_id: pickOrNull(random, ['s1', 's2']),
      user_id: pickOrNull(random, ['ada', 'bob']),
      parent_execution_id: pickOrNull(random, parents),
      error_type: pickOrNull(random, ['timeout', 'refused']),
    };
  });
}

export function makeUuid(random: SeededRandom): string {
  const hex = random.bytes(16).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `9${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

/** All rows of a list, page by page. */
export async function walkPages<Row>(
  readPage: (cursor: string | undefined) => Promise<Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    rows.push(...page.rows);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}
