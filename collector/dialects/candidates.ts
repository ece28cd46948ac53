import type { AttributeSource, DerivedSource, FactField, FactValues } from './dialect.js';
import { findPrefix, REGISTRY, type RankedSource } from './registry.js';
import type { SpanView } from './span-view.js';

type Candidate = RankedSource<AttributeSource<unknown>>;

const NO_KEYS: ReadonlySet<string> = new Set();
const NONE: readonly never[] = [];

/** A value with the key it came from; the key is null where it follows from more than one. */
export interface PickedFact<T> {
  value: T;
  key: string | null;
  dialect: string;
}

/** What a span's attributes may say, gathered in one pass, so that its cost does not grow with the tables. */
export class Candidates {
  readonly contentKeys: ReadonlySet<string>;
  readonly #view: SpanView;
  /** By the field's number; each list in order of rank. */
  readonly #byField: (Candidate[] | undefined)[] = new Array<Candidate[] | undefined>(REGISTRY.fieldCount);

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
  pick<F extends FactField>(field: F): PickedFact<FactValues[F]> | undefined {
    const number = REGISTRY.fieldNumbers.get(field);
    if (number === undefined) return undefined;
    const attributes = this.#byField[number] ?? NONE;
    const derived = REGISTRY.derived[number] ?? NONE;
    let nextAttribute = 0;
    let nextDerived = 0;
    for (;;) {
      const attribute = attributes[nextAttribute];
      const derivation = derived[nextDerived];
      const isAttribute =
        derivation === undefined || (attribute !== undefined && attribute.rank < derivation.rank);
      const ranked = isAttribute ? attribute : derivation;
      if (ranked === undefined) return undefined;
      if (isAttribute) nextAttribute++;
      else nextDerived++;
      const value = this.#evaluate(ranked.source);
      if (value !== undefined) {
        const key = 'key' in ranked.source ? ranked.source.key : null;
        return { value: value as FactValues[F], key, dialect: ranked.dialect };
      }
    }
  }

  /** Insertion keeps the order of rank; there are rarely more than three. */
  #add(candidate: Candidate): void {
    const list = this.#byField[candidate.fieldNumber];
    if (list === undefined) {
      this.#byField[candidate.fieldNumber] = [candidate];
      return;
    }
    let place = list.length;
    while (place > 0 && (list[place - 1]?.rank ?? 0) > candidate.rank) place--;
    list.splice(place, 0, candidate);
  }

  #evaluate(source: AttributeSource<unknown> | DerivedSource<unknown>): unknown {
    const view = this.#view;
    if (source.only?.includes(view.type) === false) return undefined;
    if ('derive' in source) return source.derive(view);
    return source.read(
      source.path === undefined ? view.attributes.get(source.key) : view.jsonAt(source.key, source.path),
    );
  }
}
