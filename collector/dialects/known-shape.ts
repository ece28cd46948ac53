import type { AttributeShape } from './attribute-shape.js';
import type { AttributeSource, DerivedSource, FactField, FailureSource } from './dialect.js';
import { findPrefix, REGISTRY, type RankedRole, type RankedSource } from './registry.js';

/** Of how many scopes the speaker is remembered for a shape, and how long their names may be. */
const SPEAKERS_LIMIT = 16;
const SCOPE_NAME_LIMIT = 200;

/** A source of a field that may have a value on spans of one shape. */
export type Candidate = RankedSource<AttributeSource<unknown> | DerivedSource<unknown>>;

/** What the tables know of a span by its attribute keys alone: the same for all spans with these keys in this order. */
export class KnownShape {
  /** The marks that may decide the role, in their order. */
  readonly roles: readonly RankedRole[];
  readonly failures: readonly (FailureSource & { dialect: string })[];
  /** For each field that may have a value its sources in order of rank. */
  readonly sources: ReadonlyMap<FactField, readonly Candidate[]>;
  readonly #contentKeys: ReadonlySet<string>;
  /** Keys that are content on the spans of some dialects alone. */
  readonly #ownContent: { key: string; dialects: readonly string[] }[] = [];
  readonly #contentKeysByDialect = new Map<string | null, ReadonlySet<string>>();
  readonly #speakers = new Map<string, string | null>();

  constructor({ places }: AttributeShape) {
    this.roles = REGISTRY.roles.filter(({ key }) => key === undefined || places.has(key));
    this.failures = REGISTRY.failures.filter(({ key }) => places.has(key));
    this.sources = listSources(places);
    this.#contentKeys = new Set([...places.keys()].filter((key) => this.#isContent(key)));
  }

  /** The keys that hold message bodies on spans of a dialect; the same set for all spans of this shape. */
  contentKeysOf(dialect: string | null): ReadonlySet<string> {
    if (this.#ownContent.length === 0) return this.#contentKeys;
    let keys = this.#contentKeysByDialect.get(dialect);
    if (keys === undefined) {
      const own = this.#ownContent.filter(({ dialects }) => dialect !== null && dialects.includes(dialect));
      keys = new Set([...this.#contentKeys, ...own.map(({ key }) => key)]);
      this.#contentKeysByDialect.set(dialect, keys);
    }
    return keys;
  }

  /** The answer of `find` to which dialect speaks on spans of this shape in a scope, asked once for each of most scopes. */
  recallSpeaker(scopeName: string, find: () => string | null): string | null {
    let speaker = this.#speakers.get(scopeName);
    if (speaker === undefined) {
      speaker = find();
      const isKept = this.#speakers.size < SPEAKERS_LIMIT && scopeName.length <= SCOPE_NAME_LIMIT;
      if (isKept) this.#speakers.set(scopeName, speaker);
    }
    return speaker;
  }

  #isContent(key: string): boolean {
    const known = REGISTRY.keys.get(key);
    if (known === undefined) return findPrefix(key) !== undefined;
    if (!known.isContent && known.contentOf.length > 0)
      this.#ownContent.push({ key, dialects: known.contentOf });
    return known.isContent;
  }
}

/** A derived source that names the attributes it looks at can say nothing where none of them is there. */
function listSources(places: ReadonlyMap<string, number>): ReadonlyMap<FactField, readonly Candidate[]> {
  const sources = new Map<FactField, Candidate[]>();
  const add = (candidate: Candidate): void => {
    const list = sources.get(candidate.field);
    if (list === undefined) sources.set(candidate.field, [candidate]);
    else list.push(candidate);
  };
  for (const key of places.keys()) REGISTRY.keys.get(key)?.facts.forEach(add);
  for (const derived of REGISTRY.derived) {
    for (const candidate of derived) {
      const { keys, isAlwaysAsked } = candidate.source;
      if (keys === undefined || isAlwaysAsked === true || keys.some((key) => places.has(key))) add(candidate);
    }
  }
  for (const list of sources.values()) list.sort((left, right) => left.rank - right.rank);
  return sources;
}

const knownShapes = new WeakMap<AttributeShape, KnownShape>();

/** Looked up in the tables once for each shape. */
export function knowShape(shape: AttributeShape): KnownShape {
  let known = knownShapes.get(shape);
  if (known === undefined) {
    known = new KnownShape(shape);
    knownShapes.set(shape, known);
  }
  return known;
}
