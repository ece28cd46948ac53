import { quietly } from '../quietly.js';
import type { Operation } from './operation.js';

/** `APIPromise` of openai 4 to 6 and @anthropic-ai/sdk 0 and 1 (core/api-promise.ts). */
export interface ApiPromise {
  responsePromise: Promise<unknown>;
  parseResponse: (...given: unknown[]) => unknown;
  asResponse: () => Promise<unknown>;
  _thenUnwrap?: (...given: unknown[]) => ApiPromise;
}

/** Told by its form: each version of each package has a class of its own. */
export function isApiPromise(value: object): value is ApiPromise {
  const { responsePromise, parseResponse, asResponse } = value as Partial<ApiPromise>;
  return (
    responsePromise instanceof Promise &&
    typeof parseResponse === 'function' &&
    typeof asResponse === 'function'
  );
}

/**
 * The promise stays the same object, as lazy as it was: its response is parsed when the user asks for it, by `then`,
 * `withResponse` or a helper, and all of them go through `parseResponse`. `take` is given the answer, ends the operation
 * with it, and gives what the user gets.
 */
export function followApiPromise(
  promise: ApiPromise,
  operation: Operation,
  take: (answer: unknown) => unknown,
): ApiPromise {
  const { parseResponse, responsePromise } = promise;
  let isParsing = false;
  // Taken in place of the other, so that a rejection is as handled or unhandled as before.
  promise.responsePromise = responsePromise.then(undefined, (error: unknown) => {
    operation.fail(error);
    throw error;
  });
  promise.parseResponse = async function (this: unknown, ...given: unknown[]) {
    isParsing = true;
    let answer: unknown;
    try {
      answer = await Reflect.apply(parseResponse, this, given);
    } catch (error) {
      operation.fail(error);
      throw error;
    }
    return take(answer);
  };
  endWithRawResponse(promise, () => {
    if (!isParsing) operation.complete();
  });
  return promise;
}

/** Who takes the raw response alone reads its body unseen: the call is then over with the response's head. */
function endWithRawResponse(promise: ApiPromise, end: () => void): void {
  const { asResponse, _thenUnwrap: unwrap } = promise;
  promise.asResponse = async function () {
    const response = await Reflect.apply(asResponse, promise, []);
    end();
    return response;
  };
  if (unwrap === undefined) return;
  promise._thenUnwrap = function (...given) {
    const derived = Reflect.apply(unwrap, promise, given);
    quietly(() => {
      endWithRawResponse(derived, end);
    });
    return derived;
  };
}
