import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../../semconv.js';
import type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.js';

/** A schema under the name by which the collector knows it, such as `triage/v1`. */
export interface OutputSchema<Input = unknown, Output = Input> extends StandardSchema<Input, Output> {
  /** 1 to 200 characters, with the version in it. */
  readonly name: string;
}

/** What is wrong in an output. */
export interface OutputIssue {
  /** Where: a JSON pointer (RFC 6901), empty for the whole. */
  pointer: string;
  /** What is wrong there. */
  message: string;
}

/** Whether an output follows its schema. */
export type OutputCheck<Output> = ValidOutput<Output> | InvalidOutput;

/** An output that follows its schema. */
export interface ValidOutput<Output> {
  /** True: it follows the schema. */
  isValid: true;
  /** The output as the schema reads it, with its defaults. */
  value: Output;
}

/** An output that does not follow its schema. */
export interface InvalidOutput {
  /** False: it does not follow the schema. */
  isValid: false;
  /** What is wrong, at most 50 of them. */
  issues: readonly OutputIssue[];
}

/** An output does not follow its schema. Thrown only where that was asked for. */
export class OutputValidationError extends Error {
  /** The schema's name. */
  readonly schema: string;
  /** What is wrong, at most 50 of them. */
  readonly issues: readonly OutputIssue[];

  /** Made by the SDK alone. */
  constructor(schema: string, issues: readonly OutputIssue[]) {
    const first = issues[0];
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    super(`the output does not follow ${schema}: ${first?.pointer ?? ''} ${first?.message ?? ''}${more}`);
    this.name = 'OutputValidationError';
    this.schema = schema;
    this.issues = issues;
  }
}

/** More of them help nobody, and would make the span large. */
const MAX_ISSUES = 50;

/**
 * Gives a schema of any library that speaks Standard Schema the name by which the collector knows it:
 * `outputSchema('invoice/v2', z.object({ … }))`.
 */
export function outputSchema<Input, Output>(
  name: string,
  schema: StandardSchema<Input, Output>,
): OutputSchema<Input, Output> {
  return { name, '~standard': schema['~standard'] };
}

/** Checks an output, also with a schema that answers with a promise. Records nothing; rejects where the schema itself fails. */
export async function checkOutput<Output>(
  schema: StandardSchema<unknown, Output>,
  output: unknown,
): Promise<OutputCheck<Output>> {
  return toCheck(await schema['~standard'].validate(output));
}

/**
 * The verdict on an output, at once; undefined where the schema answers with a promise. Throws what the schema throws.
 * @internal
 */
export function judge<Output>(
  schema: StandardSchema<unknown, Output>,
  output: unknown,
): OutputCheck<Output> | undefined {
  const result = schema['~standard'].validate(output);
  if (!(result instanceof Promise)) return toCheck(result);
  result.catch(() => undefined);
  return undefined;
}

/** @internal */
export function toVerdictAttributes(check: OutputCheck<unknown> | undefined): Attributes {
  if (check === undefined) return {};
  if (check.isValid) return { [ATTR.outputValid]: true };
  return { [ATTR.outputValid]: false, [ATTR.outputErrors]: JSON.stringify(check.issues) };
}

function toCheck<Output>(result: StandardResult<Output>): OutputCheck<Output> {
  if (result.issues === undefined) return { isValid: true, value: result.value };
  return { isValid: false, issues: result.issues.slice(0, MAX_ISSUES).map(toIssue) };
}

function toIssue({ message, path = [] }: StandardIssue): OutputIssue {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  const pointer = keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { pointer, message };
}
