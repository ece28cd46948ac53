import { describe, expect, it } from 'vitest';
import { renderDialectDocs } from '../../collector/dialects/docs.js';
import { listTableKeys } from '../../collector/dialects/table-keys.js';
import { DIALECTS, REGISTRY } from '../../collector/dialects/registry.js';
import { readRecordedKeys } from './recorded-keys.js';

const recorded = readRecordedKeys();

describe('docs/dialects.md', () => {
  it('is what the tables of the dialects say', async () => {
    await expect(renderDialectDocs(recorded)).toMatchFileSnapshot('../../docs/dialects.md');
  });

  it('names every dialect, every field and every key that a field is read from', () => {
    const docs = renderDialectDocs(recorded);
    const headings = [...docs.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(headings.slice(-DIALECTS.length)).toEqual(DIALECTS.map(({ name }) => name));
    const missing = [...REGISTRY.keys.keys()].filter((key) => !docs.includes(`\`${key}\``));
    expect(missing).toEqual([]);
    const unlisted = DIALECTS.flatMap(({ name, facts = {} }) => {
      const section = docs.slice(docs.indexOf(`\n## ${name}\n`)).split('\n## ')[1] ?? '';
      const lines = [...section.slice(section.indexOf('Fields:')).matchAll(/^- \*\*/gm)].length;
      return lines < Object.keys(facts).length ? [name] : [];
    });
    expect(unlisted).toEqual([]);
  });

  it('lists for each dialect the keys of its table that no recording has, and no others', () => {
    const docs = renderDialectDocs({ sent: new Set(), handMade: new Set(['ai.toolCall.name']) });
    const [, section = ''] = docs.split('\n## vercel-ai\n');
    expect(section).toContain('In hand-made recordings only: `ai.toolCall.name`.');
    const missing = /Not in a recording yet: (.*)\.\n/.exec(section)?.[1]?.split(', ') ?? [];
    const keys = DIALECTS.find(({ name }) => name === 'vercel-ai');
    expect(missing).toHaveLength(listTableKeys(keys ?? { name: '' }).length - 1);
    const seen = renderDialectDocs({ sent: new Set(DIALECTS.flatMap(listTableKeys)), handMade: new Set() });
    expect(seen).not.toContain('in a recording');
  });

  it('says in words what the functions of each table do', () => {
    const silent = DIALECTS.flatMap(({ name, about = {}, isSpeaker, findCountingRule, readAnnounced }) => [
      ...(isSpeaker !== undefined && about.speaker === undefined ? [`${name}: speaker`] : []),
      ...(findCountingRule !== undefined && about.counting === undefined ? [`${name}: counting`] : []),
      ...(readAnnounced !== undefined && about.announced === undefined ? [`${name}: announced`] : []),
    ]);
    expect(silent).toEqual([]);
  });

  it('says of every log record that counts only at times when it does', () => {
    const logs = DIALECTS.flatMap(({ logs: sources = [] }) => sources);
    expect(logs.filter(({ isOwn, about }) => isOwn !== undefined && about === undefined)).toEqual([]);
  });

  it('says of every role rule what it means', () => {
    const silent = REGISTRY.roles.filter(({ values, about }) => values === undefined && about === undefined);
    expect(silent).toEqual([]);
  });
});
