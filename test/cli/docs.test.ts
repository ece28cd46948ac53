import { describe, expect, it } from 'vitest';
import { renderCliDocs } from '../../collector/cli/docs.js';
import { RECORDED_OUTPUTS } from './recorded-outputs.js';

describe('docs/cli.md', () => {
  it('is what the commands say of themselves', async () => {
    await expect(renderCliDocs(RECORDED_OUTPUTS)).toMatchFileSnapshot('../../docs/cli.md');
  });

  it('shows an output of every command', () => {
    const headings = [...renderCliDocs({}).matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(headings.filter((heading) => heading !== 'Settings').sort()).toEqual(
      Object.keys(RECORDED_OUTPUTS).sort(),
    );
  });
});
