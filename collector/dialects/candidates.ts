import type { SpanType } from '../model/normalized-span.js';
import type { AttributeSource, DerivedSource, FactField, FactValues } from './dialect.js';
import { findPrefix, REGISTRY, type RankedSource } from './registry.js';
import type { SpanView } from './span-view.js';

type Candidate = RankedSource<AttributeSource<unknown>>;

const NO_KEYS: ReadonlySet<string> = new Set();

/** A value with the key it came from; the key is null where it follows from more than one. */
export interface Pick<T> {
  value: T;
  key: string | null;
  dialect: string;
}

/** What a span's attributes may say, gathered in one pass, so that its cost does not grow with the tables. */
export class Candidates {
  readonly contentKeys: ReadonlySet<string>;
  readonly #view: SpanView;
  readonly #byField = new Map<FactField, Candidate[]>();

  constructor(view: SpanView) {
    this.#view = view;
    let contentKeys: Set<string> | undefined;
    for (const key of view.attributes.keys()) {
      const known = REGISTRY.keys.get(key);
      if (known !== undefined) for (const candidate of known.facts) this.#add(candidate);
      if (known === undefined ? findPrefix(key) !== undefined : known.isContent) {
        (contentKeys ??= new Set()).add(key);
      }
    }
    this.contentKeys = contentKeys ?? NO_KEYS;
  }

  /** The value of a field by the first source in order that has one. Needs the view's type. */
  read<F extends FactField>(field: F): FactValues[F] | undefined {
    return this.pick(field)?.value;
  }

  /** The same with where it came from. */
  pick<F extends FactField>(field: F): Pick<FactValues[F]> | undefined {
    const derived = REGISTRY.derived.get(field);
    const attributes = this.#byField.get(field);
    const sources = merge(attributes, derived);
    if (sources === undefined) return undefined;
    for (const { source, dialect } of sources) {
      if (!isFor(source.only, this.#view.type)) continue;
      const value = 'derive' in source ? source.derive(this.#view) : this.#read(source);
      if (value !== undefined) {
        return { value: value as FactValues[F], key: 'derive' in source ? null : source.key, dialect };
      }
    }
    return undefined;
  }

  #add(candidate: Candidate): void {
    const list = this.#byField.get(candidate.field);
    if (list === undefined) this.#byField.set(candidate.field, [candidate]);
    else list.push(candidate);
  }

  #read(source: AttributeSource<unknown>): unknown {
    const view = this.#view;
    return source.read(
      source.path === undefined ? view.attributes.get(source.key) : view.jsonAt(source.key, source.path),
    );
  }
}

function isFor(only: readonly SpanType[] | undefined, type: SpanType): boolean {
  return only?.includes(type) ?? true;
}

type AnySource = RankedSource<AttributeSource<unknown> | DerivedSource<unknown>>;

function merge(
  attributes: readonly Candidate[] | undefined,
  derived: readonly RankedSource<DerivedSource<unknown>>[] | undefined,
): readonly AnySource[] | undefined {
  if (derived === undefined && (attributes === undefined || attributes.length === 1)) return attributes;
  if (attributes === undefined) return derived;
  return [...attributes, ...(derived ?? [])].sort((left, right) => left.rank - right.rank);
}
