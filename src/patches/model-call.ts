import { context } from '@opentelemetry/api';
import type { Operation } from '../operations/operation.js';
import { open, type Start } from '../operations/run.js';
import { quietly } from '../quietly.js';
import { borrowActiveOperation } from './borrowed-operation.js';
import { isDescribedByActiveSpan } from './others.js';

/** What one kind of model call says of itself. */
export interface ModelCall {
  /** The model that is asked. */
  model: string | undefined;
  describe: () => Start;
  /** Makes the call itself. */
  proceed: () => unknown;
  /** Lets the operation end with the answer. Gives the result, or what stands for it. */
  follow: (result: unknown, operation: Operation) => unknown;
}

/** Makes a call and records it: in a span of its own, unless the active span is that very call. */
export function recordModelCall(call: ModelCall): unknown {
  const { model, describe, proceed } = call;
  if (quietly(() => isDescribedByActiveSpan(model)) === true) {
    const borrowed = quietly(() => borrowActiveOperation(describe));
    const result = proceed();
    return borrowed === undefined ? result : followOrEnd(result, borrowed, call);
  }
  const operation = quietly(() => open(describe()));
  if (operation === undefined) return proceed();
  let result: unknown;
  try {
    result = context.with(operation.context, proceed);
  } catch (error) {
    operation.fail(error);
    throw error;
  }
  return operation.isRecording ? followOrEnd(result, operation, call) : result;
}

function followOrEnd(result: unknown, operation: Operation, { follow }: ModelCall): unknown {
  const followed = quietly(() => ({ result: follow(result, operation) }));
  if (followed !== undefined) return followed.result;
  operation.end();
  return result;
}
