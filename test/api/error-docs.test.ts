import { describe, expect, it } from 'vitest';
import { renderErrorDocs } from '../../collector/api/error-docs.js';
import { ERRORS } from '../../collector/errors.js';

describe('docs/errors.md', () => {
  it('is what the table of errors says', async () => {
    await expect(renderErrorDocs()).toMatchFileSnapshot('../../docs/errors.md');
  });

  it('has a heading for every code', () => {
    const headings = [...renderErrorDocs().matchAll(/^## (\w+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(Object.keys(ERRORS));
  });
});
