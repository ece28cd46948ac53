import { randomInt } from 'node:crypto';

/** Prints of pieces that are remembered in each of two generations. */
const GENERATION_SIZE = 250_000;
/** Of the places of a set, so that few prints find theirs taken. */
const MAX_LOAD = 0.5;

/**
 * Remembers which pieces of text have been seen lately, by their prints. Two texts of one print are rare, and harmless:
 * the second is then stored by its content hash although it has not been seen.
 */
export class RepeatFilter {
  private young = new PrintSet();
  private old = new PrintSet();

  constructor(private readonly generationSize = GENERATION_SIZE) {}

  /** Whether it has been seen before; from now on it has. */
  see(print: number): boolean {
    if (this.young.has(print)) return true;
    if (this.young.size >= this.generationSize) {
      this.old = this.young;
      this.young = new PrintSet();
    }
    this.young.add(print);
    return this.old.has(print);
  }
}

const TWO_TO_31 = 2 ** 31;
const TWO_TO_32 = 2 ** 32;

/** A set of integers from 0 to 2^53 - 1: several times faster than a `Set`, which takes large numbers for objects. */
class PrintSet {
  size = 0;
  /** Each print, or -1, in the first free place from the one that its bits say. */
  private places = new Float64Array(1024).fill(-1);
  /** Unknown to senders, who could otherwise send texts whose prints all want one place. */
  private readonly lowFactor = randomInt(TWO_TO_31) * 2 + 1;
  private readonly highFactor = randomInt(TWO_TO_31) * 2 + 1;

  has(print: number): boolean {
    return this.places[this.find(print)] === print;
  }

  /** Adds what is not in it. */
  add(print: number): void {
    if (this.size >= this.places.length * MAX_LOAD) this.grow();
    this.places[this.find(print)] = print;
    this.size += 1;
  }

  private find(print: number): number {
    const { places } = this;
    const mask = places.length - 1;
    const hash = Math.imul(print, this.lowFactor) + Math.imul(print / TWO_TO_32, this.highFactor);
    // The upper bits depend on all of the print.
    let place = (hash ^ (hash >>> 15)) & mask;
    while (places[place] !== -1 && places[place] !== print) place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    const { places } = this;
    this.places = new Float64Array(places.length * 2).fill(-1);
    for (const print of places) if (print !== -1) this.places[this.find(print)] = print;
  }
}
