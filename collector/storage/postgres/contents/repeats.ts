/** Prints of pieces that are remembered in each of two generations: some 20 MB where both are full. */
const GENERATION_SIZE = 250_000;

/**
 * Remembers which pieces of text have been seen lately, by their prints. Two texts of one print are rare, and harmless:
 * the second is then stored by its content hash although it has not been seen.
 */
export class RepeatFilter {
  private young = new Set<number>();
  private old = new Set<number>();

  constructor(private readonly generationSize = GENERATION_SIZE) {}

  /** Whether it has been seen before; from now on it has. */
  see(print: number): boolean {
    if (this.young.has(print)) return true;
    if (this.young.size >= this.generationSize) {
      this.old = this.young;
      this.young = new Set();
    }
    this.young.add(print);
    return this.old.has(print);
  }
}
