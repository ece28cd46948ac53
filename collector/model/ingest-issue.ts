import type { Signal } from './span-data.js';

/** Something that was refused, repaired or not understood; listed at `/api/v1/ingest/issues`. */
export interface IngestIssue {
  /** Stable code, `UPPER_SNAKE`. */
  code: string;
  message: string;
  signal: Signal;
  serviceName: string | null;
  scopeName: string | null;
  traceId: string | null;
  spanId: string | null;
  /** The attribute that it is about; null where it is about none. */
  key: string | null;
  /** Tells records apart that name neither trace nor span; equal for the same record sent again. Not stored. */
  recordKey?: string;
}

/** Of one request, issues of one kind that are listed one by one. */
const LISTED_OF_A_KIND = 100;

/**
 * The issues of one request to be listed: of those with the same code, service and scope the first hundred, the last of
 * which says how many more there are. A sender that gets every span wrong then fills neither the list nor the disk.
 */
export function limitIssues(issues: readonly IngestIssue[]): IngestIssue[] {
  const kinds = new Map<string, { listed: IngestIssue[]; count: number }>();
  for (const issue of issues) {
    const name = JSON.stringify([issue.code, issue.serviceName, issue.scopeName]);
    const kind = kinds.get(name) ?? { listed: [], count: 0 };
    kinds.set(name, kind);
    kind.count += 1;
    if (kind.count <= LISTED_OF_A_KIND) kind.listed.push(issue);
  }
  return [...kinds.values()].flatMap(({ listed, count }) => {
    const last = listed.at(-1);
    if (last === undefined || count === listed.length) return listed;
    const rest = `and ${count - listed.length} more of this kind in the same request`;
    return [...listed.slice(0, -1), { ...last, message: `${last.message} (${rest})` }];
  });
}
