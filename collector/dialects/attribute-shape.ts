import type { AnyValue, KeyValue } from '../model/any-value.js';

/** The keys of a list of attributes in their order; one for all lists that have the same. */
export class AttributeShape {
  /** Where each key stands in the list; of equal keys the first. */
  readonly places: ReadonlyMap<string, number>;

  constructor(attributes: readonly KeyValue[]) {
    const places = new Map<string, number>();
    attributes.forEach(({ key }, place) => {
      if (!places.has(key)) places.set(key, place);
    });
    this.places = places;
  }
}

/** The attributes of one span by key; of equal keys the first. */
export class AttributeIndex {
  readonly #attributes: readonly KeyValue[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(attributes: readonly KeyValue[], { places }: AttributeShape) {
    this.#attributes = attributes;
    this.#places = places;
  }

  get(key: string): AnyValue | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#attributes[place]?.value;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  keys(): Iterable<string> {
    return this.#places.keys();
  }
}

/** Spans with more attributes, or with longer keys, have a shape of their own: they rarely come twice. */
const REMEMBERED_ATTRIBUTES = 256;
const REMEMBERED_KEY_LENGTH = 200;
/** Of all that is remembered, by these estimates (Node 20); then it begins anew. */
const REMEMBERED_BYTES = 32_000_000;
const STEP_BYTES = 300;
const BYTES_PER_CHARACTER = 2;
/** With what the tables know of it (`KnownShape`), which is most. */
const SHAPE_BYTES = 2_600;
const SHAPE_BYTES_PER_KEY = 100;

/** One key on the way from no attribute to all of a span's; the way that was gone last is tried first. */
class Step {
  shape: AttributeShape | undefined;
  lastKey: string | undefined;
  lastStep: Step | undefined;
  readonly #next = new Map<string, Step>();

  follow(key: string): Step {
    let step = this.#next.get(key);
    if (step === undefined) {
      step = new Step();
      this.#next.set(key, step);
      rememberedBytes += STEP_BYTES + key.length * BYTES_PER_CHARACTER;
    }
    this.lastKey = key;
    this.lastStep = step;
    return step;
  }
}

let start = new Step();
let rememberedBytes = 0;

/**
 * The shape of a list of attributes. An instrumentation sends few different ones, so that what follows
 * from the keys is found once for all of its spans (`knowShape`): that is most of what understanding a span would cost.
 * Keys are remembered: none should be a part of a longer text, which it would keep in memory.
 */
export function findShape(attributes: readonly KeyValue[]): AttributeShape {
  if (attributes.length > REMEMBERED_ATTRIBUTES) return new AttributeShape(attributes);
  if (rememberedBytes > REMEMBERED_BYTES) {
    start = new Step();
    rememberedBytes = 0;
  }
  let step = start;
  for (const { key } of attributes) {
    if (key === step.lastKey && step.lastStep !== undefined) step = step.lastStep;
    else if (key.length > REMEMBERED_KEY_LENGTH) return new AttributeShape(attributes);
    else step = step.follow(key);
  }
  return (step.shape ??= remember(attributes));
}

function remember(attributes: readonly KeyValue[]): AttributeShape {
  rememberedBytes += SHAPE_BYTES + attributes.length * SHAPE_BYTES_PER_KEY;
  return new AttributeShape(attributes);
}
