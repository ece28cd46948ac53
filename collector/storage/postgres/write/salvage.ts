import { limitIssues } from '../../../model/ingest-issue.js';
import type { IngestIssue } from '../../../model/ingest-issue.js';
import type { WriteBatch, WriteCounts, WriteReceipt } from '../../../model/write-batch.js';
import { bisect } from './bisect.js';
import { gatherRecords, listRecords, noteNotTried, noteRefused } from './refused-record.js';
import type { BatchRecord } from './refused-record.js';
import { findCopiedSpan } from './copied-row.js';
import { isRefusal } from './write-failure.js';

/**
 * Transactions that one batch may take to tell its good records from the bad ones, a second or two of one writer. What
 * is not settled then is rejected for good: sent again, it would take as long and come as far.
 */
const MAX_TRANSACTIONS = 200;

/**
 * Stores what can be stored of a batch that was refused as a whole with `failure`, in several transactions, and last the
 * issues, with one for each record that is rejected. Rejects where the database fails meanwhile: part of the batch is
 * stored then, and sent again it is a duplicate.
 */
export async function salvageBatch(
  batch: WriteBatch,
  failure: unknown,
  commit: (part: WriteBatch) => Promise<WriteCounts>,
): Promise<WriteReceipt> {
  const receipt = { stored: 0, updated: 0, duplicate: 0 };
  const options = { isRefusal, maxAttempts: MAX_TRANSACTIONS };
  const { refused, untried } = await bisect(listRecords(batch), failure, {
    ...options,
    findCulprit: findRefused,
    attempt: async (records) => {
      const { stored, updated, duplicate } = await commit(gatherRecords(batch.projectId, records));
      receipt.stored += stored;
      receipt.updated += updated;
      receipt.duplicate += duplicate;
    },
  });
  const rejected = [
    ...refused.map(({ item, failure: reason }) => noteRefused(item, reason)),
    ...untried.map(({ item, failure: reason }) => noteNotTried(item, reason)),
  ];
  const commitIssues = async (issues: readonly IngestIssue[]) => {
    await commit({ ...gatherRecords(batch.projectId, []), issues: [...issues] });
  };
  const issues = [...batch.issues, ...limitIssues(rejected)];
  try {
    if (issues.length > 0) await commitIssues(issues);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // An issue that is refused itself could only be told of by another issue.
    await bisect(issues, error, { ...options, attempt: commitIssues });
  }
  return { ...receipt, rejected };
}

function findRefused(failure: unknown, records: readonly BatchRecord[]): number | undefined {
  const data = findCopiedSpan(failure);
  const place = data === undefined ? -1 : records.findIndex(({ row }) => row.data === data);
  return place === -1 ? undefined : place;
}
