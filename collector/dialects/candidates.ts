import { knowShape, type Candidate, type KnownShape } from './known-shape.js';
import type { AttributeSource, DerivedSource, FactField, FactSource, FactValues } from './dialect.js';
import type { Readable } from './readers/scalars.js';
import type { SpanView } from './span-view.js';

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

/** What a span's attributes may say: of its shape's sources those that have a value on this span. */
export class Candidates {
  readonly #view: SpanView;
  readonly #known: KnownShape;
  #unread: UnreadFact[] | undefined;

  constructor(view: SpanView) {
    this.#view = view;
    this.#known = knowShape(view.shape);
  }

  /** The keys that hold message bodies. Needs the view's dialect. */
  get contentKeys(): ReadonlySet<string> {
    return this.#known.contentKeysOf(this.#view.dialect);
  }

  /** Of the sources asked so far. */
  get unread(): readonly UnreadFact[] {
    return this.#unread ?? NONE;
  }

  /** The value of a field by the first source in order that has one. Needs the view's type. */
  read<F extends FactField>(field: F): FactValues[F] | undefined {
    const sources = this.#known.sources.get(field);
    if (sources === undefined) return undefined;
    for (const candidate of sources) {
      const value = this.#evaluate(candidate);
      if (value !== undefined) return value as FactValues[F];
    }
    return undefined;
  }

  /** The same with where it came from. */
  pick<F extends FactField>(field: F): PickedFact<FactValues[F]> | undefined {
    for (const candidate of this.#known.sources.get(field) ?? NONE) {
      const value = this.#evaluate(candidate);
      if (value !== undefined) {
        return { value: value as FactValues[F], source: candidate.source, dialect: candidate.dialect };
      }
    }
    return undefined;
  }

  #evaluate({ field, source, dialect }: Candidate): unknown {
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
