import type { ClientBase } from 'pg';
import { limitIssues } from '../../../model/ingest-issue.js';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import type { Projector, WriteCounts } from '../../../model/write-batch.js';
import type { TimeWindow } from '../rows/time-window.js';
import { findTraceWindow, joinWindows } from '../rows/time-window.js';
import type { ContentStore } from '../contents/content-store.js';
import type { SharedContent } from '../contents/shared-content.js';
import { NO_DEFERRAL } from './deferral.js';
import type { DeferralLimits } from './deferral.js';
import { deferTraces, loadArrivedVersions, setDeferredAside, widenDeferred } from './deferred-traces.js';
import { deriveSessions } from './derived-sessions.js';
import { claimTraces, deriveTraces } from './derived-traces.js';
import type { LockedTraces } from './derived-traces.js';
import type { DictionaryWriter } from './dictionaries.js';
import { encodeIssue, insertIssues } from './issues.js';
import { insertLogs, listTraceRecords } from './logs.js';
import { upsertPoints } from './metrics.js';
import type { PreparedBatch } from './prepared-batch.js';
import { collectLedgers, collectSessionKeys, collectTouchedTraces, mergeSpans } from './span-merge.js';
import type { SpanChanges, TouchedTrace } from './span-merge.js';
import { copySpans, deleteSpans, listStoredVersions, toTraceSpan } from './spans.js';
import type { StoredVersion } from './spans.js';
import { listTraceSpans } from './trace-material.js';
import { listBystanders } from './traces.js';

export interface TransactionOptions {
  projector: Projector;
  dictionaries: DictionaryWriter;
  contents: ContentStore;
  /**
   * Set once a row turned out to be there that should not: retention may leave spans of traces that have no row, and
   * payloads of spans that have none. Both are then looked for.
   */
  expectsLeftovers: boolean;
  /** What is too large to be brought up to date with each write; nothing by default. */
  deferral?: DeferralLimits;
}

/** A receipt for each batch, and what is stored once the transaction has committed. */
export interface WrittenGroup {
  receipts: WriteCounts[];
  shared: readonly SharedContent[];
  /** Rows were marked as stale, for somebody to bring them up to date. */
  leavesStale: boolean;
}

/**
 * Writes batches of one project within the client's open transaction; answers with a receipt for each.
 *
 * Writers of the same trace wait for each other at its row in `traces`, those of the same session at its row in
 * `sessions`. Rows that several writers want are always taken in this order of statements, and in key order within
 * each, so that waiting never goes in a circle: dictionaries, traces (found, then new), contents, log records, metric points and
 * catalogue, sessions (found, then new), issues. Spans and executions belong to a locked trace, a ledger to its session.
 *
 * A record without a trace may belong to any trace of its session. So the traces of sessions that have a ledger are
 * locked with the others. Those that come up only once the session is locked are not waited for, and where another
 * writer has one the transaction is repeated. So it is after a short wait for rows that another one has just inserted;
 * a deadlock that is left (40P01) is repeated as well.
 */
export async function writeGroup(
  client: ClientBase,
  group: readonly PreparedBatch[],
  options: TransactionOptions,
): Promise<WrittenGroup> {
  const projectId = group[0]?.projectId ?? '';
  const nowMicros = splitMicros(nowUnixNano()).micros;
  const { projector, expectsLeftovers, deferral = NO_DEFERRAL } = options;
  let leavesStale = false;
  const onDeferred = () => (leavesStale = true);
  const derivation = {
    client,
    projectId,
    projector,
    nowMicros,
    isRerun: false,
    expectsLeftovers,
    deferral,
    onDeferred,
  };
  await options.dictionaries.insert(
    client,
    projectId,
    group.map((batch) => batch.dictionaries),
  );
  const traces = collectTouchedTraces(group);
  const ledgers = collectLedgers(group);
  const sessionKeys = [...collectSessionKeys(group)];
  const bystanders = await listBystanders(client, projectId, sessionKeys, [...ledgers.keys()], deferral);
  const locked = await claimTraces(derivation, traces, bystanders);
  await loadStored(client, projectId, traces, locked, expectsLeftovers);
  const changes = mergeSpans(group, traces);
  for (const trace of traces.values()) trace.window = findWindow(trace, locked);
  const leftovers = expectsLeftovers ? changes.inserted.map(toTraceSpan) : [];
  await deleteSpans(client, projectId, [...changes.replaced, ...leftovers]);
  const shared = changes.inserted.flatMap(({ contents }) => contents);
  await options.contents.insert(client, projectId, shared, nowMicros);
  await copySpans(client, changes.inserted);
  const newLedgers = await writeRecords(client, projectId, group, changes);
  const deferred = [...traces.values()].filter(({ isDeferred }) => isDeferred);
  await deferTraces(derivation, deferred, changes);
  const atHand = setDeferredAside(traces, locked);
  const records = await listTraceRecords(client, projectId, [...atHand.touched.values()]);
  const changed = [...atHand.touched.values()].filter(
    (trace) => trace.isNew || changes.changedTraceIds.has(trace.traceId),
  );
  const rows = await deriveTraces(derivation, changed, locked, records);
  const arrivals = new Map([...ledgers].filter(([key]) => newLedgers.has(key)));
  const rederived = await deriveSessions(derivation, { ...atHand, rows }, arrivals);
  const found = [...rows, ...rederived].flatMap(({ issues = [] }) => issues);
  await insertIssues(client, projectId, [
    ...group.flatMap((batch) => batch.issues),
    ...limitIssues(found).map((issue) => encodeIssue(issue, projectId, nowMicros)),
  ]);
  return { receipts: changes.receipts, shared, leavesStale };
}

/** A trace of which only reports are known lies between those at hand and those that its row was computed from. */
function findWindow(trace: TouchedTrace, { older }: LockedTraces): TimeWindow | undefined {
  const row = older.get(trace.traceId);
  if (trace.isDeferred) return widenDeferred(trace, row);
  return findTraceWindow(listTraceSpans(trace)) ?? joinWindows(trace.reportWindow, row?.window);
}

async function loadStored(
  client: ClientBase,
  projectId: string,
  traces: ReadonlyMap<string, TouchedTrace>,
  locked: LockedTraces,
  expectsLeftovers: boolean,
): Promise<void> {
  const deferred = [...traces.values()].filter(({ isDeferred }) => isDeferred);
  await loadArrivedVersions(client, projectId, deferred, locked, expectsLeftovers);
  const known = [...traces.values()].filter(
    ({ isNew, isDeferred }) => !isDeferred && (expectsLeftovers || !isNew),
  );
  const windows = known.flatMap(({ traceId }) => locked.older.get(traceId)?.window ?? []);
  const stored = await listStoredVersions(
    client,
    projectId,
    known.map((trace) => trace.traceId),
    expectsLeftovers ? undefined : windows,
  );
  for (const trace of known) trace.stored = stored.get(trace.traceId) ?? new Map<string, StoredVersion>();
}

/**
 * Writes log records and metric points, counts them, and notes the traces that new content or reports belong to; answers
 * with the sessions whose ledgers new records are entered in.
 */
async function writeRecords(
  client: ClientBase,
  projectId: string,
  group: readonly PreparedBatch[],
  { receipts, changedTraceIds }: SpanChanges,
): Promise<Set<string>> {
  const newLedgers = new Set<string>();
  const newLogs = await insertLogs(
    client,
    projectId,
    group.flatMap((batch) => batch.logs),
  );
  const written = await upsertPoints(
    client,
    projectId,
    group.flatMap((batch) => batch.points),
  );
  const newPoints = new Map(written);
  group.forEach((batch, index) => {
    const receipt = receipts[index];
    if (receipt === undefined) return;
    for (const log of batch.logs) {
      // The first of equal records is the one that was stored.
      const isNew = newLogs.delete(log.id);
      receipt[isNew ? 'stored' : 'duplicate'] += 1;
      if (isNew && log.derivedTraceId !== null) changedTraceIds.add(log.derivedTraceId);
      if (isNew && log.ledgerKey !== null) newLedgers.add(log.ledgerKey);
    }
    for (const point of batch.points) {
      receipt[newPoints.get(point.id) ?? 'duplicate'] += 1;
      newPoints.delete(point.id);
    }
  });
  return newLedgers;
}
