/**
 * A schema of any library that speaks Standard Schema (https://standardschema.dev, version 1): zod from 3.24, valibot,
 * arktype and others. As `@standard-schema/spec` 1.1 declares it, so that no package is needed.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** What the standard asks of a schema. */
  readonly '~standard': StandardProperties<Input, Output>;
}

/** What the standard asks of a schema. */
export interface StandardProperties<Input, Output> {
  /** The standard's version. */
  readonly version: 1;
  /** The library's name. */
  readonly vendor: string;
  /** Reads a value, at once or later. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  /** For types alone: there is nothing in it. */
  readonly types?: StandardTypes<Input, Output> | undefined;
}

/** What a schema takes and gives, for types alone. */
export interface StandardTypes<Input, Output> {
  /** What it takes. */
  readonly input: Input;
  /** What it gives. */
  readonly output: Output;
}

/** What a schema says of a value. */
export type StandardResult<Output> = StandardSuccess<Output> | StandardFailure;

/** The value follows the schema. */
export interface StandardSuccess<Output> {
  /** The value as the schema reads it. */
  readonly value: Output;
  /** Undefined: nothing is wrong. */
  readonly issues?: undefined;
}

/** The value does not follow the schema. */
export interface StandardFailure {
  /** What is wrong. */
  readonly issues: readonly StandardIssue[];
}

/** One thing that is wrong. */
export interface StandardIssue {
  /** What is wrong. */
  readonly message: string;
  /** Keys from the outside in, plain or as objects with a key. */
  readonly path?: readonly (PropertyKey | StandardPathSegment)[] | undefined;
}

/** A key on the way to what is wrong. */
export interface StandardPathSegment {
  /** The key itself. */
  readonly key: PropertyKey;
}
