import { parseTime } from '../../../model/time.js';
import type { Columns, ColumnType, RecordOf } from '../write/record-set.js';
import { CopyBuffer } from './copy-buffer.js';

type Value = RecordOf<Columns>[string];

/** Encodes rows, given as `insertRows` takes them, in the format of COPY: `project_id` first, then the columns in order. */
export function encodeRecords<Set extends Columns>(
  columns: Set,
  projectId: string,
  records: readonly RecordOf<Set>[],
): Buffer[] {
  const buffer = new CopyBuffer(16 * 1024);
  const entries = Object.entries<ColumnType>(columns);
  const ends = records.map((record) => {
    buffer.beginRow(entries.length + 1);
    buffer.putUuid(projectId);
    for (const [name, type] of entries) putValue(buffer, type, record[name] ?? null);
    return buffer.length;
  });
  return ends.map((end, index) => buffer.view(ends[index - 1] ?? 0, end));
}

function putValue(buffer: CopyBuffer, type: ColumnType, value: Value): void {
  switch (type) {
    case 'text[]':
      buffer.putTextArray(Array.isArray(value) ? value : []);
      return;
    case 'boolean':
      buffer.putBoolean(typeof value === 'boolean' ? value : null);
      return;
    case 'smallint':
      buffer.putInt2(value === null ? null : Number(value));
      return;
    case 'integer':
      buffer.putInt4(value === null ? null : Number(value));
      return;
    case 'bigint':
      buffer.putInt8(value === null ? null : BigInt(value as string | number));
      return;
    default:
      putText(buffer, type, value === null ? null : String(value));
  }
}

function putText(buffer: CopyBuffer, type: ColumnType, text: string | null): void {
  if (type === 'uuid') buffer.putUuid(text);
  else if (type === 'bytea') buffer.putHex(text?.slice(2) ?? null);
  else if (type === 'timestamptz')
    buffer.putTimestamp(text === null ? null : (parseTime(text) ?? 0n) / 1000n);
  else if (type === 'numeric') buffer.putNumeric(text);
  else if (type === 'jsonb') buffer.putJsonb(text);
  else buffer.putText(text);
}
