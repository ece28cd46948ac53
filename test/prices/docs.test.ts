import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { renderUnpricedReasons } from '../../collector/prices/unpriced.js';

const DOCS = new URL('../../docs/prices.md', import.meta.url);

it('the table of docs/prices.md is that of the reasons', async () => {
  const [before, rest = ''] = readFileSync(DOCS, 'utf8').split(/(?<=<!-- reasons -->\n)/);
  const after = rest.slice(rest.indexOf('<!-- /reasons -->'));
  await expect(`${before ?? ''}\n${renderUnpricedReasons()}\n\n${after}`).toMatchFileSnapshot(
    '../../docs/prices.md',
  );
});
