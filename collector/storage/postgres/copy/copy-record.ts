import { renderTimestamp } from '../rows/timestamp.js';
import { hexBytes } from '../write/record-set.js';
import type { Columns, RecordOf } from '../write/record-set.js';
import { CopyBuffer } from './copy-buffer.js';

interface ColumnValues {
  bigint: number | string;
  boolean: boolean;
  bytea: string;
  integer: number;
  jsonb: string;
  numeric: string;
  smallint: number;
  text: string;
  'text[]': string[];
  timestamptz: bigint;
  uuid: string;
}

/** One row for {@link encodeRecords}: binary as hex digits, jsonb as its text, times in microseconds since the epoch. */
export type CopyRecord<Set extends Columns> = { [Name in keyof Set]: ColumnValues[Set[Name]] | null };

/** Encodes rows in the format of COPY: `project_id` first, then the columns in order. */
export function encodeRecords<Set extends Columns>(
  columns: Set,
  projectId: string,
  records: readonly CopyRecord<Set>[],
): Buffer[] {
  const buffer = new CopyBuffer(16 * 1024);
  const names = Object.keys(columns);
  const ends = records.map((record) => {
    buffer.beginRow(names.length + 1);
    buffer.putUuid(projectId);
    for (const name of names) putValue(buffer, columns, record, name);
    return buffer.length;
  });
  return ends.map((end, index) => buffer.view(ends[index - 1] ?? 0, end));
}

function putValue<Set extends Columns>(
  buffer: CopyBuffer,
  columns: Set,
  record: CopyRecord<Set>,
  name: keyof Set,
): void {
  const type = columns[name];
  const value = record[name];
  switch (type) {
    case 'bigint':
      buffer.putInt8(typeof value === 'string' ? BigInt(value) : (value as number | null));
      return;
    case 'boolean':
      buffer.putBoolean(value as boolean | null);
      return;
    case 'integer':
      buffer.putInt4(value as number | null);
      return;
    case 'smallint':
      buffer.putInt2(value as number | null);
      return;
    case 'text[]':
      buffer.putTextArray((value as string[] | null) ?? []);
      return;
    case 'timestamptz':
      buffer.putTimestamp(value as bigint | null);
      return;
    default:
      putText(buffer, type, value as string | null);
  }
}

function putText(buffer: CopyBuffer, type: Columns[string] | undefined, text: string | null): void {
  if (type === 'uuid') buffer.putUuid(text);
  else if (type === 'bytea') buffer.putHex(text);
  else if (type === 'numeric') buffer.putNumeric(text);
  else if (type === 'jsonb') buffer.putJsonb(text);
  else buffer.putText(text);
}

/** The same row as the statements of `record-set.ts` take it. */
export function toStatementRecord<Set extends Columns>(columns: Set, record: CopyRecord<Set>): RecordOf<Set> {
  const rendered: [string, unknown][] = [];
  for (const [name, type] of Object.entries(columns)) {
    const value = record[name];
    if (value === null) rendered.push([name, null]);
    else if (type === 'timestamptz') rendered.push([name, renderTimestamp(value as bigint)]);
    else rendered.push([name, type === 'bytea' ? hexBytes(value as string) : value]);
  }
  return Object.fromEntries(rendered) as RecordOf<Set>;
}
