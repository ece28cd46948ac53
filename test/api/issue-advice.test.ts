import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../collector/errors.js';
import { adviseIssue, ISSUE_ADVICE, renderIssueDocs } from '../../collector/api/issue-advice.js';

/** Where issues are made: every code that stands there as a text. */
const SOURCES = [
  'otlp/decoded-request.ts',
  'dialects/issues.ts',
  'projections/issues.ts',
  'spool/rejected-requests.ts',
  'storage/postgres/maintenance/missing-parents.ts',
  'storage/postgres/write/refused-record.ts',
  'spool/rejected-requests.ts',
];

function listCodes(): string[] {
  return SOURCES.flatMap((source) => {
    const text = readFileSync(new URL(`../../collector/${source}`, import.meta.url), 'utf8');
    const codes = [...text.matchAll(/'([A-Z]+(?:_[A-Z0-9]+)+)'/g)].map((match) => match[1] ?? '');
    // Environment variables of the SDKs, and codes of errors.
    return codes.filter((code) => !code.startsWith('OTEL_') && !Object.hasOwn(ERRORS, code));
  });
}

describe('docs/ingest-issues.md', () => {
  it('is what the table of advice says', async () => {
    await expect(renderIssueDocs()).toMatchFileSnapshot('../../docs/ingest-issues.md');
  });

  it('has every code that is ever noted, and no other', () => {
    const codes = [...new Set(listCodes())].sort();
    expect(codes.length).toBeGreaterThan(10);
    expect(codes).toEqual(Object.keys(ISSUE_ADVICE).sort());
  });
});

describe('advice', () => {
  it('of a code that nobody knows is empty, and its title the code', () => {
    expect(adviseIssue('FROM_THE_FUTURE')).toEqual({ title: 'FROM_THE_FUTURE', advice: '' });
    expect(adviseIssue('constructor')).toEqual({ title: 'constructor', advice: '' });
  });
});
