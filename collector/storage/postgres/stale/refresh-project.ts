import type { Pool, PoolClient } from 'pg';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import type { Projector } from '../../../model/write-batch.js';
import { isConflict, pauseBefore } from '../write/conflicts.js';
import type { DeferralLimits } from '../write/deferral.js';
import type { Derivation } from '../write/derived-traces.js';
import { listStaleSessions } from '../write/sessions.js';
import { listStaleTraces } from '../write/stale-traces.js';
import { isDivisible } from '../write/write-failure.js';
import { readSessions, saveSessions } from './refresh-sessions.js';
import { readTraces, saveTraces } from './refresh-traces.js';

export interface RefreshOptions {
  pool: Pool;
  projector: Projector;
  /** Of sessions only: a stale trace is derived whatever its size. */
  deferral: DeferralLimits;
  /** Traces and sessions that can't be brought up to date, as `trace …` and `session …`. */
  isGivenUp: (name: string) => boolean;
  /** Told how long a part took that was brought up to date in one transaction. */
  onPart: (millis: number) => void;
  /** Told of one that can't: it stays as it is. */
  onGivenUp: (name: string, error: unknown) => void;
  /** Aborted, it stops before the next part, and rejects. */
  signal: AbortSignal;
}

/** Listed at once; and in one transaction as long as they have no more records or traces than this together. */
const LISTED = 1_000;
const RECORDS_AT_ONCE = 5_000;
const TRACES_AT_ONCE = 5_000;
const MAX_ATTEMPTS = 8;
/** Records that leave a trace for another make that one stale in turn, and so on a few times at most. */
const MAX_ROUNDS = 8;
/** It reads many rows and bodies; nobody's request can wait for longer. */
const TIMEOUT = '2min';
const BEGIN = `set local statement_timeout = '${TIMEOUT}'; set local idle_in_transaction_session_timeout = '${TIMEOUT}'`;

/** What is marked, by the name it has in messages. */
interface Item {
  id: string;
  name: string;
  /** 1 is as much as fits in one transaction. */
  weight: number;
}

/**
 * Derives some rows from one moment without locks, and stores them with as few as there are rows. What was written in
 * between stays marked: whoever asked before that moment finds what there was.
 */
interface Refresh<Read> {
  read(derivation: Derivation, ids: readonly string[]): Promise<Read>;
  save(derivation: Derivation, read: Read): Promise<void>;
}

/**
 * Brings up to date what is stale in a project when this is called. One process at a time does: another waits, and mostly
 * finds nothing left to do.
 */
export async function refreshProject(projectId: string, options: RefreshOptions): Promise<void> {
  await runAlone(projectId, options, async (client) => {
    let isLeft = true;
    const noteLeft = () => (isLeft = true);
    for (let round = 0; isLeft && round < MAX_ROUNDS; round += 1) {
      const traces = (await listStaleTraces(client, projectId, LISTED)).map(({ traceId, recordCount }) => ({
        id: traceId,
        name: `trace ${traceId}`,
        weight: recordCount / RECORDS_AT_ONCE,
      }));
      const run = { client, projectId, ...options };
      await refreshEach(run, cutParts(traces, options), { read: readTraces, save: saveTraces });
      const sessions = (await listStaleSessions(client, projectId, LISTED)).map((session) => ({
        id: session.sessionId,
        name: `session ${session.sessionId}`,
        weight: session.traceCount / TRACES_AT_ONCE,
      }));
      isLeft = traces.length === LISTED || sessions.length === LISTED;
      await refreshEach(run, cutParts(sessions, options), {
        read: readSessions,
        save: (derivation, read) => saveSessions({ ...derivation, onDeferred: noteLeft }, read),
      });
    }
  });
}

/** In order, each part of a weight of one at most, or one alone. */
function cutParts(items: readonly Item[], { isGivenUp }: RefreshOptions): Item[][] {
  const parts: Item[][] = [];
  let sum = Infinity;
  for (const item of items) {
    if (isGivenUp(item.name)) continue;
    sum += item.weight;
    if (sum <= 1) parts.at(-1)?.push(item);
    else {
      parts.push([item]);
      sum = item.weight;
    }
  }
  return parts;
}

interface Run extends RefreshOptions {
  client: PoolClient;
  projectId: string;
}

/** A part that can't be brought up to date is tried one by one, so that a bad one holds up no other. */
async function refreshEach<Read>(run: Run, parts: readonly Item[][], refresh: Refresh<Read>): Promise<void> {
  for (const part of parts) {
    run.signal.throwIfAborted();
    const startedAt = performance.now();
    try {
      await refreshPart(
        run,
        part.map(({ id }) => id),
        refresh,
      );
      run.onPart(performance.now() - startedAt);
    } catch (error) {
      if (!isDivisible(error)) throw error;
      const [only, other] = part;
      const isAlone = only !== undefined && other === undefined;
      if (isAlone) run.onGivenUp(only.name, error);
      else {
        const singles = part.map((item) => [item]);
        await refreshEach(run, singles, refresh);
      }
    }
  }
}

async function refreshPart<Read>(run: Run, ids: readonly string[], refresh: Refresh<Read>): Promise<void> {
  const read = await transact(run, 'begin isolation level repeatable read read only', (derivation) =>
    refresh.read(derivation, ids),
  );
  for (let count = 1; ; count += 1) {
    try {
      await transact(run, 'begin', (derivation) => refresh.save(derivation, read));
      return;
    } catch (error) {
      if (count === MAX_ATTEMPTS || !isConflict(error)) throw error;
      await pauseBefore(count);
    }
  }
}

async function transact<Result>(
  { client, projectId, projector, deferral }: Run,
  begin: string,
  work: (derivation: Derivation) => Promise<Result>,
): Promise<Result> {
  await client.query(`${begin}; ${BEGIN}`);
  try {
    const nowMicros = splitMicros(nowUnixNano()).micros;
    const result = await work({ client, projectId, projector, nowMicros, isRerun: true, deferral });
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** With a connection that holds the project's lock; writers do not take this one. */
async function runAlone(
  projectId: string,
  { pool }: RefreshOptions,
  work: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    const lock = `hashtextextended('spanledger refresh ' || $1, 0)`;
    await client.query(`begin; ${BEGIN}`);
    await client.query(`select pg_advisory_lock(${lock})`, [projectId]);
    await client.query('commit');
    try {
      await work(client);
    } finally {
      await client.query(`select pg_advisory_unlock(${lock})`, [projectId]);
      isBroken = false;
    }
  } finally {
    client.release(isBroken);
  }
}
