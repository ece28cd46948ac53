import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkpoint, init, worker, type Spanledger, type Work } from '../../../src/index.js';
import {
  startRecordServer,
  type ReceivedRecord,
  type RecordServer,
  type ServerAnswer,
  type ServerRequest,
} from '../../support/sdk-record-server.js';

let server: RecordServer;
let handle: Spanledger;
let queue: object[];
let finished: unknown[];
/** By key of the checkpoint. */
let decisions: Map<string, object>;
let leases: ServerAnswer[];

beforeEach(async () => {
  server = await startRecordServer((request) => answer(request));
  handle = init({ url: server.url, protocol: 'http/json', exitGuard: false });
  queue = [];
  finished = [];
  leases = [];
  decisions = new Map();
});
afterEach(async () => {
  await handle.shutdown();
  await server.close();
});

const SESSIONS = '/api/v1/projects/p-1/work-sessions';

function answer({ method, path, query, body }: ServerRequest): ServerAnswer | undefined {
  if (path.endsWith('/checkpoints')) {
    const data = server.records.filter(isCheckpoint).map(({ attributes }) => {
      const key = String(attributes['spanledger.checkpoint.key']);
      return { key, status: 'pending_review', ...decisions.get(key) };
    });
    return { status: 200, body: { data: data.filter(({ key }) => key === query['key']), next_cursor: null } };
  }
  if (method !== 'POST') return undefined;
  if (path === `${SESSIONS}/claim`) {
    const next = queue.shift();
    return next === undefined ? { status: 204 } : { status: 200, body: next };
  }
  if (path.endsWith('/lease')) return leases.shift() ?? { status: 200, body: { status: 'in_progress' } };
  if (path.endsWith('/finish')) {
    finished.push({ path, ...(body as object) });
    return { status: 200, body: {} };
  }
  return undefined;
}

const isCheckpoint = ({ type }: ReceivedRecord) => type === 'checkpoint.requested';

const session = (fields: object = {}) => ({
  id: 'ws-1',
  agent_type: 'research',
  task: 'Find a license',
  config: { depth: 2 },
  envelope: { repo: 'x' },
  attempt: 2,
  ...fields,
});

/** Runs a worker until it has said how so many sessions ended. */
async function workThrough(
  sessions: object[],
  handler: (work: Work) => unknown,
  options: { leaseMillis?: number } = {},
): Promise<void> {
  queue.push(...sessions);
  let left = sessions.length;
  const allDone = new Promise<void>((resolve) => {
    const running = worker({
      project: 'p-1',
      id: 'w-1',
      pollMillis: 10,
      agents: {
        research: async (work) => {
          try {
            return await handler(work);
          } finally {
            left -= 1;
            if (left === 0) void running.stop().then(resolve);
          }
        },
      },
      ...options,
    });
  });
  await allDone;
}

test('a queued session is done inside an agent, with its artifacts and its log, and said to be completed', async () => {
  const seen: unknown[] = [];
  await workThrough([session()], (work) => {
    const { id, task, config, envelope, attempt, agentType } = work;
    seen.push({ id, task, config, envelope, attempt, agentType });
    work.log('reading');
    const { id: artifact } = work.storeArtifact({ type: 'report', content: 'MIT' });
    return artifact;
  });
  expect(seen).toEqual([
    {
      id: 'ws-1',
      task: 'Find a license',
      config: { depth: 2 },
      envelope: { repo: 'x' },
      attempt: 2,
      agentType: 'research',
    },
  ]);
  expect(finished).toEqual([
    { path: `${SESSIONS}/ws-1/finish`, worker_id: 'w-1', lease_seconds: 60, attempt: 2, status: 'completed' },
  ]);
  expect(server.records.map(({ type }) => type)).toEqual(['log.added', 'artifact.stored']);
  for (const { attributes, parentSpanId } of server.records) {
    expect(attributes['spanledger.work_session.id']).toBe('ws-1');
    expect(parentSpanId).toMatch(/^[0-9a-f]{16}$/);
  }
  expect(server.requests[0]).toMatchObject({
    path: `${SESSIONS}/claim`,
    body: { worker_id: 'w-1', agent_types: ['research'], lease_seconds: 60 },
  });
});

test('work that fails is said to have failed, and the worker goes on', async () => {
  await workThrough([session(), session({ id: 'ws-2' })], ({ id }) => {
    if (id === 'ws-1') throw new TypeError('no such repository');
    return 'done';
  });
  expect(finished).toMatchObject([
    { status: 'failed', error: 'no such repository' },
    { path: `${SESSIONS}/ws-2/finish`, status: 'completed' },
  ]);
});

test('a worker whose lease is lost stops its work and says nothing of it', async () => {
  leases.push({ status: 409, body: { code: 'LEASE_LOST', detail: 'Another worker has it.' } });
  let reason: unknown;
  await workThrough(
    [session()],
    async ({ signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      reason = signal.reason;
      signal.throwIfAborted();
    },
    { leaseMillis: 1_000 },
  );
  expect(String(reason)).toMatch(
    /AbortError: the lease of the work session is lost: .*Another worker has it/,
  );
  expect(finished).toEqual([]);
});

test('a collector that does not answer for a moment does not end the lease', async () => {
  leases.push({ status: 503 });
  await workThrough(
    [session()],
    async () => {
      while (server.requests.filter(({ path }) => path.endsWith('/lease')).length < 2) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    { leaseMillis: 1_000 },
  );
  expect(finished).toMatchObject([{ status: 'completed' }]);
});

test('an agent waits at a checkpoint and goes on with what the person wrote', async () => {
  let decided: unknown;
  await workThrough([session()], async (work) => {
    const artifact = work.storeArtifact({ id: 'a-1', type: 'report', content: 'draft' });
    const waiting = work.checkpoint({ reason: 'publish?', risk: 'high', artifacts: [artifact] });
    while (!server.records.some(isCheckpoint)) await new Promise((resolve) => setImmediate(resolve));
    decisions.set('checkpoint 1', { status: 'approved', feedback: 'shorter', reviewed_by: 'ada' });
    decided = await waiting;
  });
  expect(decided).toEqual({
    status: 'approved',
    isApproved: true,
    feedback: 'shorter',
    reviewedBy: 'ada',
    reason: undefined,
  });
  expect(server.records.find(isCheckpoint)?.attributes).toMatchObject({
    'spanledger.work_session.id': 'ws-1',
    'spanledger.checkpoint.key': 'checkpoint 1',
    'spanledger.checkpoint.reason': 'publish?',
    'spanledger.checkpoint.risk': 'high',
    'spanledger.checkpoint.artifact_ids': ['a-1'],
  });
  const asked = server.requests.filter(({ path }) => path === `${SESSIONS}/ws-1/checkpoints`);
  expect(asked.length).toBeGreaterThan(1);
});

test('an agent that was started again finds its checkpoint and the decision, and asks nobody twice', async () => {
  decisions.set('checkpoint 1', { status: 'approved' });
  decisions.set('checkpoint 2', { status: 'rejected', feedback: 'no' });
  const runs: unknown[] = [];
  const handler = async (work: Work) => {
    const first = await work.checkpoint({ reason: 'outline' });
    const second = await work.checkpoint({ reason: 'text' });
    runs.push([first.isApproved, second.isApproved, second.feedback]);
  };
  await workThrough([session({ attempt: 1 }), session({ attempt: 2 })], handler);
  expect(runs).toEqual([
    [true, false, 'no'],
    [true, false, 'no'],
  ]);
  expect(server.records.filter(isCheckpoint)).toHaveLength(2);
});

test('outside of a session a checkpoint is found by its key', async () => {
  decisions.set('publish order 17', { status: 'expired' });
  const decided = await checkpoint({ key: 'publish order 17', reason: 'publish?' });
  expect(decided).toMatchObject({ status: 'expired', isApproved: false, reason: 'nobody decided in time' });
  expect(server.requests[0]).toMatchObject({
    path: '/api/v1/checkpoints',
    query: { key: 'publish order 17' },
  });
});

test('nothing is approved where no decision can be had', async () => {
  expect(await checkpoint({ reason: 'x', timeoutMillis: 20 })).toMatchObject({
    status: 'unavailable',
    isApproved: false,
  });
  server.api = () => ({ status: 403 });
  expect(await checkpoint({ key: 'k', reason: 'x' })).toMatchObject({
    status: 'unavailable',
    isApproved: false,
  });
  const off = new AbortController();
  off.abort();
  await expect(checkpoint({ reason: 'x', signal: off.signal })).rejects.toBe(off.signal.reason);
  await handle.shutdown();
  const before = server.requests.length;
  expect(await checkpoint({ reason: 'x' })).toMatchObject({ status: 'unavailable', isApproved: false });
  await worker({ project: 'p', agents: {} }).stop();
  expect(server.requests).toHaveLength(before);
});
