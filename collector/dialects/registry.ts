import type {
  AttributeSource,
  ContentField,
  ContentSource,
  ContentValues,
  DerivedSource,
  Dialect,
  FactField,
  FactSource,
  FailureSource,
  RoleSource,
} from './dialect.js';
import { openInference } from './openinference.js';
import { otelGenAi } from './otel-genai.js';
import { plain } from './plain.js';
import { spanledger } from './spanledger.js';
import { vercelAi } from './vercel-ai.js';

/** Every dialect that is understood. Where two say the same fact, the one further up is believed. */
export const DIALECTS: readonly Dialect[] = [spanledger, plain, otelGenAi, openInference, vercelAi];

/** A source with its place in the order of all sources of its field; the lowest rank is asked first. */
export interface RankedSource<S> {
  field: FactField;
  fieldNumber: number;
  dialect: string;
  rank: number;
  source: S;
}

interface RankedContentSource<F extends ContentField = ContentField> {
  field: ContentField;
  dialect: string;
  rank: number;
  source: ContentSource<ContentValues[F]>;
}

interface RankedRole extends RoleSource {
  dialect: Dialect;
}

/** What the tables know of one attribute key. */
interface KnownKey {
  facts: RankedSource<AttributeSource<unknown>>[];
  isContent: boolean;
  /** Content fields that are read from it, with the dialect. */
  content: { field: ContentField; dialect: string }[];
  /** It decides or helps to decide the role or the outcome. */
  marks: { field: 'type' | 'outcome'; dialect: string }[];
}

/** The tables of all dialects turned round: from keys and fields to sources. */
export interface Registry {
  roles: readonly RankedRole[];
  keys: ReadonlyMap<string, KnownKey>;
  /** Prefixes of flattened bodies by their first character. */
  prefixes: ReadonlyMap<string, readonly KnownPrefix[]>;
  /** Fields have numbers, so that a span's candidates can be kept in an array. */
  fieldNumbers: ReadonlyMap<FactField, number>;
  fieldCount: number;
  /** By the field's number; each list in order of rank. */
  derived: readonly (RankedSource<DerivedSource<unknown>>[] | undefined)[];
  content: ReadonlyMap<ContentField, RankedContentSource[]>;
  failures: readonly FailureSource[];
}

export interface KnownPrefix {
  prefix: string;
  content: { field: ContentField; dialect: string }[];
}

const LATE = 1_000_000;
const DIALECT_SPAN = 1_000;

class RegistryBuilder {
  readonly roles: RankedRole[] = [];
  readonly keys = new Map<string, KnownKey>();
  readonly prefixes = new Map<string, KnownPrefix[]>();
  readonly fieldNumbers = new Map<FactField, number>();
  readonly derived: (RankedSource<DerivedSource<unknown>>[] | undefined)[] = [];
  readonly content = new Map<ContentField, RankedContentSource[]>();
  readonly failures: FailureSource[] = [];

  add(dialect: Dialect, place: number): void {
    for (const role of dialect.roles ?? []) this.#addRole(dialect, role);
    for (const [field, sources] of Object.entries(dialect.facts ?? {})) {
      (sources as readonly FactSource<unknown>[]).forEach((source, index) => {
        const rank = place * DIALECT_SPAN + index + ('isLate' in source && source.isLate ? LATE : 0);
        this.#addFact(field as FactField, { dialect: dialect.name, rank, source });
      });
    }
    for (const [field, sources] of Object.entries(dialect.content ?? {})) {
      (sources as readonly ContentSource<never>[]).forEach((source, index) => {
        const rank = place * DIALECT_SPAN + index + (source.isLate === true ? LATE : 0);
        this.#addContent({ field: field as ContentField, dialect: dialect.name, rank, source });
      });
    }
    for (const failure of dialect.failures ?? []) {
      this.failures.push(failure);
      this.#know(failure.key).marks.push({ field: 'outcome', dialect: dialect.name });
    }
    for (const key of dialect.otherContentKeys ?? []) this.#know(key).isContent = true;
    for (const prefix of dialect.otherContentPrefixes ?? []) this.#knowPrefix(prefix);
  }

  build(): Registry {
    this.roles.sort((left, right) => left.order - right.order);
    for (const sources of this.content.values()) sources.sort((left, right) => left.rank - right.rank);
    for (const sources of this.derived) sources?.sort((left, right) => left.rank - right.rank);
    const { roles, keys, prefixes, fieldNumbers, derived, content, failures } = this;
    return { roles, keys, prefixes, fieldNumbers, fieldCount: fieldNumbers.size, derived, content, failures };
  }

  #addRole(dialect: Dialect, role: RoleSource): void {
    this.roles.push({ ...role, dialect });
    if (role.key !== undefined) this.#know(role.key).marks.push({ field: 'type', dialect: dialect.name });
  }

  #addFact(
    field: FactField,
    ranked: Pick<RankedSource<FactSource<unknown>>, 'dialect' | 'rank' | 'source'>,
  ): void {
    const { source, ...rest } = ranked;
    const fieldNumber = this.fieldNumbers.get(field) ?? this.fieldNumbers.size;
    this.fieldNumbers.set(field, fieldNumber);
    const numbered = { field, fieldNumber, ...rest };
    if ('key' in source) this.#know(source.key).facts.push({ ...numbered, source });
    else (this.derived[fieldNumber] ??= []).push({ ...numbered, source });
  }

  #addContent(ranked: RankedContentSource): void {
    const { field, dialect, source } = ranked;
    append(this.content, field, ranked);
    for (const key of source.keys ?? []) {
      const known = this.#know(key);
      known.isContent = true;
      known.content.push({ field, dialect });
    }
    if (source.prefix !== undefined) this.#knowPrefix(source.prefix).content.push({ field, dialect });
  }

  #know(key: string): KnownKey {
    let known = this.keys.get(key);
    if (known === undefined) {
      known = { facts: [], isContent: false, content: [], marks: [] };
      this.keys.set(key, known);
    }
    return known;
  }

  #knowPrefix(prefix: string): KnownPrefix {
    const bucket = this.prefixes.get(prefix.charAt(0)) ?? [];
    this.prefixes.set(prefix.charAt(0), bucket);
    let known = bucket.find((entry) => entry.prefix === prefix);
    if (known === undefined) {
      known = { prefix, content: [] };
      bucket.push(known);
    }
    return known;
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Turns tables round; the order of `dialects` is the order of belief. */
function createRegistry(dialects: readonly Dialect[]): Registry {
  const builder = new RegistryBuilder();
  dialects.forEach((dialect, place) => {
    builder.add(dialect, place);
  });
  return builder.build();
}

export const REGISTRY = createRegistry(DIALECTS);

/** The flattened family that a key belongs to. */
export function findPrefix(key: string): KnownPrefix | undefined {
  const bucket = REGISTRY.prefixes.get(key.charAt(0));
  if (bucket === undefined) return undefined;
  for (const known of bucket) if (key.startsWith(known.prefix)) return known;
  return undefined;
}
