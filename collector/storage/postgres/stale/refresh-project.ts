import type { Pool, PoolClient } from 'pg';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import type { Projector } from '../../../model/write-batch.js';
import { isConflict, pauseBefore } from '../write/conflicts.js';
import type { DeferralLimits } from '../write/deferral.js';
import type { Derivation } from '../write/derived-traces.js';
import { listStaleSessions } from '../write/sessions.js';
import { listStaleTraces } from '../write/stale-traces.js';
import { isDivisible } from '../write/write-failure.js';
import { refreshSessions, refreshTraces } from './refresh-rows.js';

export interface RefreshOptions {
  pool: Pool;
  projector: Projector;
  /** Of sessions only: a stale trace is derived whatever its size. */
  deferral: DeferralLimits;
  /** Traces and sessions that can't be brought up to date, by {@link nameTrace} and {@link nameSession}. */
  isGivenUp: (name: string) => boolean;
  /** Then it stops before the next transaction, and rejects. */
  signal: AbortSignal;
  /** Told of one that can't: it stays as it is. */
  onGivenUp: (name: string, error: unknown) => void;
}

/** Listed at once; and locked in one transaction as long as they have no more records or traces than this together. */
const LISTED = 1_000;
const RECORDS_AT_ONCE = 5_000;
const TRACES_AT_ONCE = 5_000;
const MAX_ATTEMPTS = 12;
/** Records that leave a trace for another make that one stale in turn, and so on a few times at most. */
const MAX_ROUNDS = 8;
/** It holds many rows and bodies; nobody's request can wait for longer. */
const TIMEOUT = '2min';

/** Brings up to date what is stale in a project when this is called. */
export async function refreshProject(projectId: string, options: RefreshOptions): Promise<void> {
  let isLeft = true;
  const noteLeft = () => (isLeft = true);
  for (let round = 0; isLeft && round < MAX_ROUNDS; round += 1) {
    const traces = await listStaleTraces(options.pool, projectId, LISTED);
    const namedTraces = traces.map((trace) => ({ ...trace, name: nameTrace(trace.traceId) }));
    const traceParts = cutParts(namedTraces, options, ({ recordCount }) => recordCount / RECORDS_AT_ONCE);
    await refreshEach(projectId, traceParts, options, refreshTraces);
    const sessions = await listStaleSessions(options.pool, projectId, LISTED);
    const namedSessions = sessions.map((session) => ({ ...session, name: nameSession(session.sessionId) }));
    const sessionParts = cutParts(namedSessions, options, ({ traceCount }) => traceCount / TRACES_AT_ONCE);
    isLeft = traces.length === LISTED || sessions.length === LISTED;
    await refreshEach(projectId, sessionParts, options, (derivation, part) =>
      refreshSessions({ ...derivation, onDeferred: noteLeft }, part),
    );
  }
}

export function nameTrace(traceId: string): string {
  return `trace ${traceId}`;
}

export function nameSession(sessionId: string): string {
  return `session ${sessionId}`;
}

/** In order, each part of a weight of one at most, or one alone. */
function cutParts<Item extends { name: string }>(
  items: readonly Item[],
  { isGivenUp }: RefreshOptions,
  weigh: (item: Item) => number,
): Item[][] {
  const parts: Item[][] = [];
  let weight = Infinity;
  for (const item of items) {
    if (isGivenUp(item.name)) continue;
    const own = weigh(item);
    weight += own;
    const last = parts.at(-1);
    if (last !== undefined && weight <= 1) {
      last.push(item);
      continue;
    }
    parts.push([item]);
    weight = own;
  }
  return parts;
}

/** A part that can't be brought up to date is tried one by one, so that a bad one holds up no other. */
async function refreshEach<Item extends { name: string }>(
  projectId: string,
  parts: readonly Item[][],
  options: RefreshOptions,
  refresh: (derivation: Derivation, items: readonly Item[]) => Promise<void>,
): Promise<void> {
  for (const part of parts) {
    options.signal.throwIfAborted();
    try {
      await runRepeatedly(options, projectId, (derivation) => refresh(derivation, part));
    } catch (error) {
      if (!isDivisible(error)) throw error;
      const [only, other] = part;
      if (only !== undefined && other === undefined) options.onGivenUp(only.name, error);
      else {
        const singles = part.map((item) => [item]);
        await refreshEach(projectId, singles, options, refresh);
      }
    }
  }
}

async function runRepeatedly(
  { pool, projector, deferral }: RefreshOptions,
  projectId: string,
  run: (derivation: Derivation) => Promise<void>,
): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      await runAlone(pool, (client) => {
        const nowMicros = splitMicros(nowUnixNano()).micros;
        return run({ client, projectId, projector, nowMicros, isRerun: true, deferral });
      });
      return;
    } catch (error) {
      if (count === MAX_ATTEMPTS || !isConflict(error)) throw error;
      await pauseBefore(count);
    }
  }
}

async function runAlone(pool: Pool, run: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query(
      `begin; set local statement_timeout = '${TIMEOUT}';
       set local idle_in_transaction_session_timeout = '${TIMEOUT}'`,
    );
    try {
      await run(client);
      await client.query('commit');
      isBroken = false;
    } catch (error) {
      await client.query('rollback');
      isBroken = false;
      throw error;
    }
  } finally {
    client.release(isBroken);
  }
}
