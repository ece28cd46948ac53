import { limitIssues } from '../../../model/ingest-issue.js';
import type { TraceRows } from '../../../model/rows.js';
import type { Derivation } from '../write/derived-traces.js';
import { encodeIssue, insertIssues } from '../write/issues.js';

/** Lists what the sender should change, as far as the derived traces showed it. */
export async function noteIssues(
  { client, projectId, nowMicros }: Derivation,
  rows: readonly TraceRows[],
): Promise<void> {
  const found = limitIssues(rows.flatMap(({ issues = [] }) => issues));
  const encoded = found.map((issue) => encodeIssue(issue, projectId, nowMicros));
  await insertIssues(client, projectId, encoded);
}
