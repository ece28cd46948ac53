import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Execution } from '../../collector/contract/shapes.js';
import { createPool } from '../../collector/storage/postgres/pool.js';
import { createReader } from '../../collector/storage/postgres/read/reader.js';
import type { StorageReader } from '../../collector/storage/storage.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import { SeededRandom } from '../support/random.js';
import { OTHER_PROJECT_ID, PROJECT_ID, makeUuid, timeAt } from '../support/read-fixture.js';
import { EXECUTION_ROW, insertRows } from '../support/stored-rows.js';

let database: TestDatabase;
let pool: pg.Pool;
let reader: StorageReader;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.connection);
  reader = createReader({ pool });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const random = new SeededRandom(5);
const uuids = (count: number): string[] => Array.from({ length: count }, () => makeUuid(random));

describe('an execution tree', () => {
  test('has every descendant once, parents before children', async () => {
    const [root = '', left = '', right = '', leaf = '', stranger = ''] = uuids(5);
    const parents: [string, string | null, number][] = [
      [leaf, right, 0],
      [right, root, 2],
      [left, root, 3],
      [root, stranger, 1],
      [stranger, null, 0],
    ];
    await insertRows(pool, 'agent_executions', parents.map(makeExecution));
    const tree = await reader.listExecutionTree(PROJECT_ID, root);
    const ids = tree.map((execution) => execution.id);
    expect(ids[0]).toBe(root);
    expect(new Set(ids)).toEqual(new Set([root, left, right, leaf]));
    expect(ids.indexOf(right)).toBeLessThan(ids.indexOf(leaf));
    expect(tree.map((execution) => Execution.parse(execution))).toEqual(tree);
  });

  test('that is a cycle ends', async () => {
    const [first = '', second = '', third = '', alone = ''] = uuids(4);
    const parents: [string, string | null, number][] = [
      [first, third, 0],
      [second, first, 0],
      [third, second, 0],
      [alone, alone, 0],
    ];
    await insertRows(pool, 'agent_executions', parents.map(makeExecution));
    const tree = await reader.listExecutionTree(PROJECT_ID, second);
    expect(tree.map((execution) => execution.id)).toEqual([second, third, first]);
    expect((await reader.listExecutionTree(PROJECT_ID, alone)).map((execution) => execution.id)).toEqual([
      alone,
    ]);
  });

  test('of an unknown id, or of another project, is empty', async () => {
    const [id = '', unknown = ''] = uuids(2);
    await insertRows(pool, 'agent_executions', [makeExecution([id, null, 0])]);
    expect(await reader.listExecutionTree(PROJECT_ID, unknown)).toEqual([]);
    expect(await reader.listExecutionTree(PROJECT_ID, 'none')).toEqual([]);
    expect(await reader.listExecutionTree(OTHER_PROJECT_ID, id)).toEqual([]);
    expect(await reader.findExecution(OTHER_PROJECT_ID, id)).toBeUndefined();
    expect(await reader.findExecution(PROJECT_ID, 'none')).toBeUndefined();
  });

  test('keeps the JSON of what went in and out', async () => {
    const [id = ''] = uuids(1);
    const call = {
      span_id: '01'.repeat(8),
      name: 'search',
      call_id: null,
      arguments: { q: ['x'] },
      result: 5,
    };
    const toolCalled = { ...call, error: null, started_at: '2026-01-01T00:00:00.000Z', duration_ms: 2.5 };
    await insertRows(pool, 'agent_executions', [
      {
        ...makeExecution([id, null, 0]),
        input_data: '{"question": "why?", "odd": {"$text": "a\\\\u0000b"}}',
        output_data: '[1, 2.5, null]',
        tools_called: JSON.stringify([toolCalled]),
        completed_at: null,
        completed_nanos: null,
        duration_micros: null,
        status: 'running',
      },
    ]);
    const execution = await reader.findExecution(PROJECT_ID, id);
    expect(execution).toMatchObject({
      output_data: [1, 2.5, null],
      tools_called: [toolCalled],
      thinking_traces: [],
      completed_at: null,
      duration_ms: null,
    });
    expect({ ...(execution?.input_data as object) }).toEqual({ question: 'why?', odd: 'a\u0000b' });
  });

  function makeExecution([id, parent, second]: [string, string | null, number]) {
    const started = timeAt(second * 1_000_000);
    return { project_id: PROJECT_ID, id, ...EXECUTION_ROW, parent_execution_id: parent, started_at: started };
  }
});
