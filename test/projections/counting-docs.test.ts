import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadCapture } from '../support/captures.js';
import { UNDERSTOOD_CAPTURES } from '../support/understood-captures.js';

const DOCS = new URL('../../docs/counting.md', import.meta.url);
const HEADER = ['recording', 'sent by', 'model calls', 'naive', 'counted', 'output', 'errors'];
const FIRST_NUMBER = 2;

interface Truth {
  instrumentation: string;
  errors: number;
  naive_input_tokens: number;
  observable: { llm_calls: number; input_tokens: number; output_tokens: number; errors?: number };
}

it('the table of docs/counting.md is what the recordings hold', async () => {
  const [before, rest = ''] = readFileSync(DOCS, 'utf8').split(/(?<=<!-- captures -->\n)/);
  const after = rest.slice(rest.indexOf('<!-- /captures -->'));
  const table = renderTable([HEADER, ...UNDERSTOOD_CAPTURES.map(renderCapture)]);
  await expect(`${before}\n${table}\n\n${after}`).toMatchFileSnapshot('../../docs/counting.md');
});

function renderCapture(name: string): string[] {
  const truth = loadCapture(name).expected as unknown as Truth;
  const { observable } = truth;
  const numbers = [
    observable.llm_calls,
    truth.naive_input_tokens,
    observable.input_tokens,
    observable.output_tokens,
    observable.errors ?? truth.errors,
  ];
  return [name, truth.instrumentation, ...numbers.map((number) => number.toLocaleString('en-US'))];
}

/** As Prettier aligns it. */
function renderTable(rows: readonly string[][]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (row: readonly string[]): string[] =>
    row.map((cell, column) =>
      column < FIRST_NUMBER ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  const rule = widths.map((width, column) =>
    column < FIRST_NUMBER ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [header = [], ...body] = rows.map(align);
  return [header, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
