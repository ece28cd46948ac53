import { describe, expect, it } from 'vitest';
import { renderDialectDocs } from '../../collector/dialects/docs.js';
import { DIALECTS, REGISTRY } from '../../collector/dialects/registry.js';

describe('docs/dialects.md', () => {
  it('is what the tables of the dialects say', async () => {
    await expect(renderDialectDocs()).toMatchFileSnapshot('../../docs/dialects.md');
  });

  it('names every dialect, every field and every key that a field is read from', () => {
    const docs = renderDialectDocs();
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

  it('says of every role rule what it means', () => {
    const silent = REGISTRY.roles.filter(({ values, about }) => values === undefined && about === undefined);
    expect(silent).toEqual([]);
  });
});
