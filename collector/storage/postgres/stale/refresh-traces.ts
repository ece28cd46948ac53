import type { ClientBase } from 'pg';
import { findTraceWindow } from '../rows/time-window.js';
import { deriveSessions } from '../write/derived-sessions.js';
import { storeTraces } from '../write/derived-traces.js';
import type { Derivation, DerivedTraces } from '../write/derived-traces.js';
import { listTraceRecords } from '../write/logs.js';
import { createTouchedTrace } from '../write/span-merge.js';
import type { TouchedTrace } from '../write/span-merge.js';
import { listStoredVersions } from '../write/spans.js';
import type { MarkedTrace } from '../write/stale-traces.js';
import { clearStaleTraces, listMarkedTraces, restoreWindows } from '../write/stale-traces.js';
import { listTraceSpans, loadMaterials } from '../write/trace-material.js';
import { listBystanders, lockTraces } from '../write/traces.js';
import { noteIssues } from './note-issues.js';

/** What stale traces were when they were looked at, and what derives from that. */
export interface ReadTraces {
  marked: ReadonlyMap<string, MarkedTrace>;
  touched: ReadonlyMap<string, TouchedTrace>;
  derived: DerivedTraces;
}

/**
 * Derives those of these traces that are still stale, in a transaction that sees one moment and locks nothing: writers go
 * on, however much there is to read.
 */
export async function readTraces(derivation: Derivation, traceIds: readonly string[]): Promise<ReadTraces> {
  const { client, projectId, projector } = derivation;
  const marked = await listMarkedTraces(client, projectId, traceIds);
  const loadedTraces = await loadWhole(client, projectId, marked);
  const records = await listTraceRecords(client, projectId, loadedTraces);
  // Of one without anything, retention has deleted what there was: its row says what it said.
  const kept = loadedTraces.filter(
    ({ traceId, stored }) => stored.size > 0 || (records.get(traceId)?.reports.length ?? 0) > 0,
  );
  const loaded = await loadMaterials(client, projectId, kept, records);
  const projected = loaded.map(({ material }) => projector.projectTrace(projectId, material));
  const touched = new Map(kept.map((trace) => [trace.traceId, trace]));
  return { marked, touched, derived: { loaded, projected, settled: [] } };
}

/**
 * Stores what was derived, with what it makes of the sessions: the rows become what a write that defers nothing would
 * have left at the moment of {@link readTraces}. Those that were written to since then stay marked. The locks are taken in
 * the order of `writeGroup`; nobody else may refresh the project between the two.
 */
export async function saveTraces(derivation: Derivation, read: ReadTraces): Promise<void> {
  const { client, projectId } = derivation;
  const keys = [...new Set([...read.marked.values()].map(({ sessionKey }) => sessionKey))];
  const bystanders = await listBystanders(client, projectId, keys, [], derivation.deferral);
  const all = await lockTraces(client, projectId, [...new Set([...read.marked.keys(), ...bystanders])]);
  const now = await listMarkedTraces(client, projectId, [...read.marked.keys()]);
  const locked = {
    older: new Map([...all].filter(([traceId]) => now.has(traceId))),
    bystanders: new Map([...all].filter(([traceId]) => !now.has(traceId))),
    newRows: new Map<string, never>(),
  };
  const { touched, derived } = keepThose(read, now);
  const rows = await storeTraces(derivation, [...touched.values()], derived);
  const ofSessions = await deriveSessions(derivation, { touched, locked, rows }, new Map());
  const isSame = ([traceId, { version }]: [string, MarkedTrace]): boolean =>
    read.marked.get(traceId)?.version === version;
  await clearStaleTraces(
    client,
    projectId,
    [...now].filter(isSame).map(([traceId]) => traceId),
  );
  await restoreWindows(client, projectId, new Map([...now].filter((entry) => !isSame(entry))));
  await noteIssues(derivation, [...rows, ...ofSessions]);
}

/** Without the traces that have been deleted meanwhile. */
function keepThose({ touched, derived }: ReadTraces, now: ReadonlyMap<string, unknown>) {
  const places = derived.projected.flatMap(({ trace }, index) => (now.has(trace.traceId) ? [index] : []));
  return {
    touched: new Map([...touched].filter(([traceId]) => now.has(traceId))),
    derived: {
      loaded: places.flatMap((index) => derived.loaded[index] ?? []),
      projected: places.flatMap((index) => derived.projected[index] ?? []),
      settled: [],
    },
  };
}

async function loadWhole(
  client: ClientBase,
  projectId: string,
  marked: ReadonlyMap<string, MarkedTrace>,
): Promise<TouchedTrace[]> {
  const windows = [...marked.values()].map(({ window }) => window);
  const stored = await listStoredVersions(client, projectId, [...marked.keys()], windows);
  return [...marked].map(([traceId, { window }]) => {
    const trace = createTouchedTrace(traceId);
    trace.stored = stored.get(traceId) ?? trace.stored;
    trace.window = findTraceWindow(listTraceSpans(trace)) ?? window;
    return trace;
  });
}
