import { describe, expect, it } from 'vitest';
import type { FactSource } from '../../collector/dialects/dialect.js';
import { DIALECTS, REGISTRY } from '../../collector/dialects/registry.js';

describe('the tables', () => {
  it('name no source of a field twice', () => {
    const sources = DIALECTS.flatMap(({ name, facts = {} }) =>
      Object.entries(facts).flatMap(([field, list]) =>
        (list as readonly FactSource<unknown>[]).flatMap((source) =>
          'key' in source ? [[name, field, source.key, ...(source.path ?? [])].join(' ')] : [],
        ),
      ),
    );
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((source, place) => sources.indexOf(source) !== place)).toEqual([]);
  });

  it('ask for fallbacks of any dialect after the first choices of all', () => {
    const rankOf = (key: string) => REGISTRY.keys.get(key)?.facts[0]?.rank ?? Number.NaN;
    expect(rankOf('gen_ai.agent.name')).toBeLessThan(rankOf('agent.name'));
    expect(rankOf('agent.name')).toBeLessThan(rankOf('ai.telemetry.functionId'));
    expect(rankOf('ai.response.finishReason')).toBeLessThan(rankOf('anthropic.message.stop_reason'));
  });

  it('give every flattened family a dot at its end where indices follow', () => {
    const families = [...REGISTRY.prefixes.values()].flat().filter(({ content }) => content.length > 0);
    expect(families.length).toBeGreaterThan(4);
    expect(families.every(({ prefix }) => prefix.endsWith('.'))).toBe(true);
  });
});
