import { cpus, totalmem } from 'node:os';

/** A table for documents: the first column to the left, figures to the right. */
export function renderTable(head, rows) {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(cells[0]), `| ${rule.join(' | ')} |`, ...cells.slice(1).map(line)].join('\n');
}

/** Whole numbers with thousands apart, others with `digits` behind the point; null where nothing could be measured. */
export function number(value, digits = 0) {
  if (value === null || !Number.isFinite(value)) return 'n/a';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const mebibytes = (bytes) => (Number.isFinite(bytes) ? `${number(bytes / 2 ** 20, 1)} MiB` : 'n/a');
export const millis = (value) => `${number(value, value < 10 ? 1 : 0)} ms`;

/** In one line; without a version of PostgreSQL where none takes part. */
export function describeMachine(postgresVersion) {
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${cpus().length} cores of ${cpus()[0].model}, ${memory} GiB, Node ${process.versions.node}` +
    (postgresVersion === undefined ? '' : `, PostgreSQL ${postgresVersion}`)
  );
}
