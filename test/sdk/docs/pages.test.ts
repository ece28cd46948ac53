import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { readSettings } from '../../../src/config/settings.js';
import { checkExamples, listExamples } from '../../support/doc-examples.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGES = ['docs/sdk.md', 'docs/instrumenting.md', 'README.md'];

const readText = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** Rows of the table below a heading, cell by cell. */
function readTable(page: string, heading: string): string[][] {
  const [, section = ''] = readText(page).split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const readNames = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

test('every example in TypeScript compiles against the sources', { timeout: 240_000 }, () => {
  const examples = PAGES.flatMap(listExamples);
  for (const page of PAGES) expect(examples.map((example) => example.page)).toContain(page);
  expect(checkExamples(examples)).toEqual([]);
});

test('an example that calls what does not exist is told with its page and line', { timeout: 240_000 }, () => {
  const code = "\nimport { agent } from 'spanledger';\nagent('a');\n";
  const problems = checkExamples([{ page: 'README.md', line: 7, code }]);
  expect(problems).toEqual([expect.stringMatching(/^README\.md:8: Expected 2 arguments/)]);
});

test('the table of variables has each that the SDK reads, and no others', () => {
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readText(path.join('src', file)))
    .join('\n');
  const read = [...sources.matchAll(/'((?:OTEL|SPANLEDGER)_[A-Z_]+)'/g)].map(([, name = '']) => name);
  const listed = readTable('docs/sdk.md', 'Environment').flatMap(([names]) => readNames(names));
  expect(listed.toSorted()).toEqual([...new Set(read)].toSorted());
});

test('the table of variables says the defaults that are in force', () => {
  const { settings } = readSettings({}, {});
  const { batch, spanLimits, propagators, sampler, exporters, otlp } = settings;
  const defaults: Record<string, string | number | undefined> = {
    OTEL_SDK_DISABLED: `\`${settings.isDisabled}\``,
    OTEL_TRACES_EXPORTER: `\`${exporters.join(',')}\``,
    OTEL_EXPORTER_OTLP_PROTOCOL: `\`${otlp.protocol}\``,
    OTEL_PROPAGATORS: `\`${propagators.join(',')}\``,
    OTEL_TRACES_SAMPLER: `\`${sampler.name}\``,
    OTEL_TRACES_SAMPLER_ARG: sampler.ratio,
    OTEL_BSP_SCHEDULE_DELAY: batch.scheduledDelayMillis,
    OTEL_BSP_EXPORT_TIMEOUT: batch.exportTimeoutMillis,
    OTEL_BSP_MAX_QUEUE_SIZE: batch.maxQueueSize,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: batch.maxExportBatchSize,
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: spanLimits.attributeCountLimit,
    OTEL_SPAN_EVENT_COUNT_LIMIT: spanLimits.eventCountLimit,
    OTEL_SPAN_LINK_COUNT_LIMIT: spanLimits.linkCountLimit,
    OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: spanLimits.attributePerEventCountLimit,
    OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: spanLimits.attributePerLinkCountLimit,
  };
  const rows = readTable('docs/sdk.md', 'Environment');
  for (const [name, value] of Object.entries(defaults)) {
    const row = rows.find(([names]) => readNames(names).includes(name));
    expect(row?.[2], name).toBe(typeof value === 'number' ? value.toLocaleString('en-US') : value);
  }
});

test('the table of options has each that init takes, and no others', () => {
  const file = 'src/config/options.ts';
  const source = ts.createSourceFile(file, readText(file), ts.ScriptTarget.ES2023);
  const options = source.statements
    .filter(ts.isInterfaceDeclaration)
    .flatMap(({ members }) => members.map((member) => member.name?.getText(source) ?? ''));
  const listed = readTable('docs/sdk.md', 'Options').flatMap(([name]) => readNames(name));
  expect(options).toContain('serviceName');
  expect(listed.toSorted()).toEqual(options.toSorted());
});

test('the table of operations names each function that makes one', () => {
  const kinds = readText('src/operations/kinds.ts');
  const [, types = ''] = /export type OperationType =([^;]*);/.exec(kinds) ?? [];
  const operations = [...types.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
  const listed = readTable('docs/sdk.md', 'Operations').map(([name]) => readNames(name)[0] ?? '');
  expect(operations).toHaveLength(10);
  expect(listed).toEqual(expect.arrayContaining(operations));
});

test('links between the pages lead to files and headings that are there', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-');
  const headings = (page: string) =>
    [...readText(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading));
  for (const page of [...PAGES, 'docs/sending.md']) {
    const links = [...readText(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    expect(links.length, page).toBeGreaterThan(0);
    for (const [, file = '', anchor] of links) {
      const target = file === '' ? page : path.join(path.dirname(page), file);
      expect(existsSync(path.join(ROOT, target)), `${page}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(headings(target), `${page}: ${target}#${anchor}`).toContain(anchor);
    }
  }
});
