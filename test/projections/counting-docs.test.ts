import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listCaptures, loadCapture } from '../support/captures.js';
import { loadTelemetry, projectTelemetry } from './projected-telemetry.js';

const DOCS = new URL('../../docs/counting.md', import.meta.url);
const HEADER = ['recording', 'sent by', 'calls', 'counted', 'naive', 'input', 'counted', 'output', 'counted'];
const FIRST_NUMBER = 2;

interface Truth {
  instrumentation: string;
  naive_input_tokens: number;
  observable: { llm_calls: number; input_tokens: number; output_tokens: number };
}

/** What is in a recording beside what is counted of it: calls, input and output tokens. */
interface Comparison {
  name: string;
  truth: Truth;
  counted: Truth['observable'];
}

it('the table of docs/counting.md is what the recordings hold and what is counted of them', async () => {
  const comparisons = listCaptures().map(compare);
  const table = renderTable([HEADER, ...comparisons.map(renderComparison)]);
  console.info(table);
  for (const { name, truth, counted } of comparisons) {
    const { llm_calls, input_tokens, output_tokens } = truth.observable;
    expect({ name, ...counted }).toEqual({ name, llm_calls, input_tokens, output_tokens });
  }
  const [before, rest = ''] = readFileSync(DOCS, 'utf8').split(/(?<=<!-- captures -->\n)/);
  const after = rest.slice(rest.indexOf('<!-- /captures -->'));
  await expect(`${before}\n${table}\n\n${after}`).toMatchFileSnapshot('../../docs/counting.md');
});

function compare(name: string): Comparison {
  const { traces, ledgers } = projectTelemetry(loadTelemetry(name));
  const counted = { llm_calls: 0, input_tokens: 0, output_tokens: 0 };
  for (const { trace } of [...traces, ...ledgers]) {
    counted.llm_calls += trace.llmCalls;
    counted.input_tokens += trace.totals.inputTokens ?? 0;
    counted.output_tokens += trace.totals.outputTokens ?? 0;
  }
  return { name, truth: loadCapture(name).expected as unknown as Truth, counted };
}

function renderComparison({ name, truth, counted }: Comparison): string[] {
  const { observable } = truth;
  const numbers = [
    observable.llm_calls,
    counted.llm_calls,
    truth.naive_input_tokens,
    observable.input_tokens,
    counted.input_tokens,
    observable.output_tokens,
    counted.output_tokens,
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
