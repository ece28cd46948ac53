/** The values of one statement, numbered as they are bound, so that no value is ever part of its text. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** The placeholder that stands for the value. */
  bind(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
