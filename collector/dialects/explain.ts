import type { SpanData } from '../model/span-data.js';
import { Candidates } from './candidates.js';
import { pickContent, type ContentPick } from './content.js';
import type { ContentField, FactField } from './dialect.js';
import { readFacts } from './facts.js';
import { findPrefix, REGISTRY } from './registry.js';
import { SpanView } from './span-view.js';

/** That a dialect reads a field from a key, and whether the field's value came from there this time. */
interface ConsumedKey {
  key: string;
  field: FactField | ContentField | 'type' | 'outcome';
  dialect: string;
  /** Always true for `type` and `outcome`, which weigh all their marks. */
  isUsed: boolean;
}

export interface KeyExplanation {
  consumed: ConsumedKey[];
  /** Keys that no table knows, in the order in which they were sent. */
  unmapped: string[];
}

/** Which attribute of a span became what, so that every column can be explained. */
export function explainKeys(data: SpanData): KeyExplanation {
  const view = new SpanView(data);
  const candidates = new Candidates(view);
  readFacts(view, candidates);
  const bodies = pickBodies(view);
  const consumed: ConsumedKey[] = [];
  const unmapped: string[] = [];
  for (const key of view.attributes.keys()) {
    const entries = [...explainFacts(candidates, key), ...explainBodies(bodies, key)];
    if (entries.length === 0) unmapped.push(key);
    else consumed.push(...entries);
  }
  return { consumed, unmapped };
}

type Bodies = ReadonlyMap<ContentField, ContentPick<unknown> | undefined>;

function pickBodies(view: SpanView): Bodies {
  return new Map([...REGISTRY.content.keys()].map((field) => [field, pickContent(view, field)]));
}

function explainFacts(candidates: Candidates, key: string): ConsumedKey[] {
  const known = REGISTRY.keys.get(key);
  if (known === undefined) return [];
  return [
    ...known.marks.map(({ field, dialect }) => ({ key, field, dialect, isUsed: true })),
    ...known.facts.map(({ field, dialect }) => {
      const picked = candidates.pick(field);
      return { key, field, dialect, isUsed: picked?.key === key && picked.dialect === dialect };
    }),
  ];
}

function explainBodies(bodies: Bodies, key: string): ConsumedKey[] {
  const prefix = findPrefix(key);
  return (REGISTRY.keys.get(key)?.content ?? prefix?.content ?? []).map(({ field, dialect }) => {
    const source = bodies.get(field)?.source;
    const isUsed = source?.keys?.includes(key) ?? (prefix !== undefined && source?.prefix === prefix.prefix);
    return { key, field, dialect, isUsed };
  });
}
