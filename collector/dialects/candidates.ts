import type { AttributeSource, DerivedSource, FactField, FactSource, FactValues } from './dialect.js';
import type { Readable } from './readers/scalars.js';
import { findPrefix, REGISTRY, type RankedSource } from './registry.js';
import type { SpanView } from './span-view.js';

type Candidate = RankedSource<AttributeSource<unknown>>;

const NO_KEYS: ReadonlySet<string> = new Set();
const NONE: readonly never[] = [];

/** A value with where it came from. */
export interface PickedFact<T> {
  value: T;
  source: AttributeSource<unknown> | DerivedSource<unknown>;
  dialect: string;
}

/** An attribute from which a field should have come, but whose value its source can't read. */
export interface UnreadFact {
  field: FactField;
  source: AttributeSource<unknown>;
  value: Readable;
}

/** What a span's attributes may say, gathered in one pass, so that its cost does not grow with the tables. */
export class Candidates {
  readonly #contentKeys: Set<string> | undefined;
  /** Keys that are content on the spans of some dialects alone. */
  readonly #ownContent: { key: string; dialects: readonly string[] }[] = [];
  readonly #view: SpanView;
  #unread: UnreadFact[] | undefined;
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
      } else if (known !== undefined && known.contentOf.length > 0) {
        this.#ownContent.push({ key, dialects: known.contentOf });
      }
    }
    this.#contentKeys = contentKeys;
  }

  /** The keys that hold message bodies. Needs the view's dialect. */
  get contentKeys(): ReadonlySet<string> {
    const { dialect } = this.#view;
    const own = this.#ownContent.filter(({ dialects }) => dialect !== null && dialects.includes(dialect));
    if (own.length === 0) return this.#contentKeys ?? NO_KEYS;
    return new Set([...(this.#contentKeys ?? NO_KEYS), ...own.map(({ key }) => key)]);
  }

  /** Of the sources asked so far. */
  get unread(): readonly UnreadFact[] {
    return this.#unread ?? NONE;
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
      const value = this.#evaluate(ranked);
      if (value !== undefined) {
        return { value: value as FactValues[F], source: ranked.source, dialect: ranked.dialect };
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

  #evaluate({
    field,
    source,
    dialect,
  }: RankedSource<AttributeSource<unknown> | DerivedSource<unknown>>): unknown {
    const view = this.#view;
    if (isBarred(view, source, dialect)) return undefined;
    if ('derive' in source) return source.derive(view);
    const sent =
      source.path === undefined ? view.attributes.get(source.key) : view.jsonAt(source.key, source.path);
    const value = source.read(sent);
    if (value === undefined && sent !== undefined && sent !== null) {
      (this.#unread ??= []).push({ field, source, value: sent });
    }
    return value;
  }
}

/** That a source is not asked on this span: another dialect decided its role, or it is of another type. */
export function isBarred(view: SpanView, source: FactSource<unknown>, dialect: string): boolean {
  return (source.isOwn === true && view.dialect !== dialect) || source.only?.includes(view.type) === false;
}
