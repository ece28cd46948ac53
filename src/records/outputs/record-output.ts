import { current, type Operation } from '../../operations/operation.js';
import { quietly } from '../../quietly.js';
import { ATTR } from '../../semconv.js';
import { judge, OutputValidationError, toVerdictAttributes, type OutputSchema } from './output-schema.js';

/** How an output is recorded. */
export interface RecordOutputOptions {
  /**
   * `record`, the default: an output that does not follow the schema is recorded with what is wrong in it. `throw`: it is
   * recorded, and thrown as {@link OutputValidationError}.
   */
  validate?: 'record' | 'throw' | undefined;
  /** Whose output it is. Default: the active operation's. */
  operation?: Operation | undefined;
}

/**
 * Checks an output, which is thrown where it does not follow its schema, and records it as that of the active operation. Gives
 * the output as the schema reads it, with its defaults.
 */
export function recordOutput<Input, Output>(
  schema: OutputSchema<Input, Output>,
  output: unknown,
  options: RecordOutputOptions & { validate: 'throw' },
): Output;
/**
 * Checks an output and records it, with the schema's name and the verdict, as that of the active operation. Gives the output
 * as it is. Never throws; of a schema that answers with a promise only the name is recorded, and the collector checks.
 */
export function recordOutput<Input, Given extends Input>(
  schema: OutputSchema<Input>,
  output: Given,
  options?: RecordOutputOptions,
): Given;
export function recordOutput(
  schema: OutputSchema,
  output: unknown,
  { validate = 'record', operation = current() }: RecordOutputOptions = {},
): unknown {
  const isStrict = validate === 'throw';
  const check = isStrict ? judge(schema, output) : quietly(() => judge(schema, output));
  operation
    .setOutput(output)
    .setAttributes({ [ATTR.outputSchema]: schema.name, ...toVerdictAttributes(check) });
  if (!isStrict) return output;
  if (check === undefined) {
    throw new TypeError(
      `${schema.name} answers with a promise: await checkOutput before, and record without throw`,
    );
  }
  if (!check.isValid) throw new OutputValidationError(schema.name, check.issues);
  return check.value;
}
