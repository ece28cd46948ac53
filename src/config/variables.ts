/** The environment as it is read: by name, undefined where a variable is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables by the rules of the specification (configuration/sdk-environment-variables.md): what is empty is not
 * set, words are compared without regard to case, and what can't be understood is ignored and listed in `problems`.
 */
export class Variables {
  readonly problems: string[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The first of several variables that is set. */
  string(...names: string[]): string | undefined {
    const name = this.#find(names);
    return name === undefined ? undefined : this.#environment[name]?.trim();
  }

  list(name: string): string[] | undefined {
    return this.string(name)
      ?.split(',')
      .map((word) => word.trim().toLowerCase())
      .filter((word) => word !== '');
  }

  /** Only `true` is true. */
  flag(name: string): boolean {
    const value = this.string(name)?.toLowerCase();
    if (value !== undefined && value !== 'true' && value !== 'false') {
      this.#reject(name, 'neither true nor false');
    }
    return value === 'true';
  }

  oneOf<T extends string>(allowed: readonly T[], ...names: string[]): T | undefined {
    const name = this.#find(names);
    const value = name === undefined ? undefined : this.#environment[name]?.trim().toLowerCase();
    const found = allowed.find((word) => word === value);
    if (name !== undefined && found === undefined) this.#reject(name, `none of ${allowed.join(', ')}`);
    return found;
  }

  /** A number of `least` or more; a whole one unless `isFraction`. */
  number(least: number, names: string[], isFraction = false): number | undefined {
    const name = this.#find(names);
    if (name === undefined) return undefined;
    const value = Number(this.#environment[name]);
    if (value >= least && (isFraction || Number.isSafeInteger(value))) return value;
    this.#reject(name, `no ${isFraction ? '' : 'whole '}number of ${least} or more`);
    return undefined;
  }

  /** An URL that an exporter can be given. */
  url(name: string): URL | undefined {
    const value = this.string(name);
    if (value === undefined) return undefined;
    const url = parseUrl(value);
    if (url === undefined) this.#reject(name, 'no http or https URL');
    return url;
  }

  #find(names: readonly string[]): string | undefined {
    return names.find((name) => (this.#environment[name] ?? '').trim() !== '');
  }

  #reject(name: string, because: string): void {
    this.problems.push(`${name}=${this.#environment[name] ?? ''} is ${because} and is ignored`);
  }
}

/** Undefined for what is no http or https URL. */
export function parseUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}
