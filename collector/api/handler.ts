import type { Rerun, RerunInput } from '../contract/rerun-shapes.js';
import type { Route, RouteInput, RouteOutput } from '../contract/route.js';
import { SpanledgerError } from '../errors.js';
import { cutIdentifier } from '../model/ids.js';
import type { TraceSpan, UsageVerdict } from '../model/rows.js';
import type { Understanding } from '../model/understanding.js';
import type { Page, Storage, StoredReport, TraceSpanWithKind } from '../storage/storage.js';

/** Answers one route for one project. */
export type Handler<R extends Route> = (input: RouteInput<R>, projectId: string) => Promise<RouteOutput<R>>;

/** One handler for each verb of a group of the contract. */
export type GroupHandlers<Group> = {
  [Verb in keyof Group]: Group[Verb] extends Route ? Handler<Group[Verb]> : never;
};

export interface HandlerOptions {
  storage: Storage;
  understanding: Understanding;
  startRerun: StartRerun;
  describeSpool?: DescribeSpool | undefined;
}

/** The requests that wait on disk for the database, and when the oldest was received. */
export type DescribeSpool = () => { requests: number; oldestMillis: number | null };

/** Makes a rerun and sees to it that it begins. */
export type StartRerun = (projectId: string, kind: Rerun['kind'], over: RerunInput) => Promise<Rerun>;

/** The answer of a list. */
export function presentPage<Row, Presented>(
  page: Page<Row>,
  present: (row: Row) => Presented,
): { data: Presented[]; next_cursor: string | null } {
  return { data: page.rows.map(present), next_cursor: page.nextCursor };
}

/** What was found, or `API_NOT_FOUND` that names what was not. */
export function requireFound<Found>(found: Found | undefined, what: string): Found {
  if (found !== undefined) return found;
  throw new SpanledgerError('API_NOT_FOUND', `There is no ${what} in this project.`);
}

/** Filters as the columns hold them: long identifiers are stored cut. */
export function cutFilter<Filter extends object>(filter: Filter): Filter {
  return Object.fromEntries(
    Object.entries(filter).map(([key, value]) => [
      key,
      typeof value === 'string' ? cutIdentifier(value) : value,
    ]),
  ) as Filter;
}

/** A whole trace: its spans, and for each whether its usage enters the totals, log records considered. */
export async function readWholeTrace(
  { storage, understanding }: HandlerOptions,
  projectId: string,
  traceId: string,
): Promise<WholeTrace> {
  const [spans, reports] = await Promise.all([
    storage.listTraceSpans(projectId, traceId),
    storage.listTraceReports(projectId, traceId),
  ]);
  const reported = reports.map(({ span }) => span);
  return { spans, reports, reported, verdicts: understanding.judgeUsage(spans, reported) };
}

/** The same for the ledger of a session: what its log records report that belongs to no trace. */
export async function readLedger(
  { storage, understanding }: HandlerOptions,
  projectId: string,
  sessionId: string,
): Promise<Pick<WholeTrace, 'reports' | 'reported' | 'verdicts'>> {
  const reports = await storage.listLedgerReports(projectId, sessionId);
  const reported = reports.map(({ span }) => span);
  return { reports, reported, verdicts: understanding.judgeUsage([], reported) };
}

export interface WholeTrace {
  spans: TraceSpanWithKind[];
  reports: StoredReport[];
  /** The reports, read as spans. */
  reported: TraceSpan[];
  verdicts: ReadonlyMap<string, UsageVerdict>;
}
