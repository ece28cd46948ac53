import type { ClientBase } from 'pg';
import { nowUnixNano, splitMicros } from '../../../model/time.js';
import type { Projector, WriteReceipt } from '../../../model/write-batch.js';
import { findTraceWindow } from '../rows/time-window.js';
import { deriveSessions } from './derived-sessions.js';
import { claimTraces, deriveTraces } from './derived-traces.js';
import type { LockedTraces } from './derived-traces.js';
import type { DictionaryWriter } from './dictionaries.js';
import { insertIssues } from './issues.js';
import { insertLogs, listContentLogs } from './logs.js';
import { upsertPoints } from './metrics.js';
import type { PreparedBatch } from './prepared-batch.js';
import { collectTouchedTraces, mergeSpans } from './span-merge.js';
import type { SpanChanges, TouchedTrace } from './span-merge.js';
import { copySpans, deleteSpans, listStoredVersions, toTraceSpan } from './spans.js';
import type { StoredVersion } from './spans.js';
import { listTraceSpans } from './trace-material.js';

export interface TransactionOptions {
  projector: Projector;
  dictionaries: DictionaryWriter;
  /**
   * Set once a row turned out to be there that should not: retention may leave spans of traces that have no row, and
   * payloads of spans that have none. Both are then looked for.
   */
  expectsLeftovers: boolean;
}

/**
 * Writes batches of one project within the client's open transaction; answers with a receipt for each.
 *
 * Writers of the same trace wait for each other at its row in `traces`, those of the same session at its row in
 * `sessions`. Rows that several writers want are always taken in this order of statements, and in key order within
 * each, so that waiting never goes in a circle: dictionaries, traces (found, then new), log records, metric points and
 * catalogue, sessions (found, then new). Spans and executions belong to a locked trace.
 */
export async function writeGroup(
  client: ClientBase,
  group: readonly PreparedBatch[],
  options: TransactionOptions,
): Promise<WriteReceipt[]> {
  const projectId = group[0]?.projectId ?? '';
  const nowMicros = splitMicros(nowUnixNano()).micros;
  const derivation = { client, projectId, projector: options.projector, nowMicros };
  await options.dictionaries.insert(
    client,
    projectId,
    group.map((batch) => batch.dictionaries),
  );
  const traces = collectTouchedTraces(group);
  const locked = await claimTraces(derivation, traces);
  await loadStored(client, projectId, traces, locked, options.expectsLeftovers);
  const changes = mergeSpans(group, traces);
  for (const trace of traces.values()) trace.window = findTraceWindow(listTraceSpans(trace));
  const leftovers = options.expectsLeftovers ? changes.inserted.map(toTraceSpan) : [];
  await deleteSpans(client, projectId, [...changes.replaced, ...leftovers]);
  await copySpans(client, changes.inserted);
  await writeRecords(client, projectId, group, changes);
  const contentLogs = await listContentLogs(client, projectId, [...traces.values()]);
  const changed = [...traces.values()].filter(
    (trace) => trace.isNew || changes.changedTraceIds.has(trace.traceId),
  );
  const traceRows = await deriveTraces(derivation, changed, locked, contentLogs);
  await deriveSessions(derivation, traceRows, locked.older);
  await insertIssues(
    client,
    projectId,
    group.flatMap((batch) => batch.issues),
  );
  return changes.receipts;
}

async function loadStored(
  client: ClientBase,
  projectId: string,
  traces: ReadonlyMap<string, TouchedTrace>,
  { older }: LockedTraces,
  expectsLeftovers: boolean,
): Promise<void> {
  const known = [...traces.values()].filter((trace) => expectsLeftovers || !trace.isNew);
  const stored = await listStoredVersions(
    client,
    projectId,
    known.map((trace) => trace.traceId),
    expectsLeftovers ? undefined : [...older.values()].map((trace) => trace.window),
  );
  for (const trace of known) trace.stored = stored.get(trace.traceId) ?? new Map<string, StoredVersion>();
}

/** Writes log records and metric points, counts them, and notes the traces that new content belongs to. */
async function writeRecords(
  client: ClientBase,
  projectId: string,
  group: readonly PreparedBatch[],
  { receipts, changedTraceIds }: SpanChanges,
): Promise<void> {
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
      if (isNew && log.contentTraceId !== null) changedTraceIds.add(log.contentTraceId);
    }
    for (const point of batch.points) {
      receipt[newPoints.get(point.id) ?? 'duplicate'] += 1;
      newPoints.delete(point.id);
    }
  });
}
