import { followApiPromise, isApiPromise } from '../operations/api-promise.js';
import type { Operation } from '../operations/operation.js';
import { settle } from '../operations/run.js';
import { quietly } from '../quietly.js';
import { readFields } from './fields.js';

/** Puts the answers of one API into an operation. */
export interface AnswerReader {
  /** A whole answer. */
  readAnswer: (answer: unknown, operation: Operation) => void;
  /** Something that puts one stream's chunks together; absent where the API has no streams. */
  createStreamReader?: () => StreamReader;
}

/** Puts the chunks of one stream together. */
export interface StreamReader {
  read: (chunk: unknown) => void;
  /** Puts what has come so far into the operation, also where the stream broke off. */
  finish: (operation: Operation) => void;
}

/** `Stream` of openai 4 to 6 and @anthropic-ai/sdk 0 and 1 (core/streaming.ts): all ways to read it begin with `iterator`, `tee` too. */
interface ApiStream {
  iterator: () => Partial<AsyncIterator<unknown>>;
  controller?: { signal?: AbortSignal };
}

/** Lets an operation end with the answer of an API client, whichever way the user takes it. Gives what the user gets. */
export function followApiCall(result: unknown, operation: Operation, reader: AnswerReader): unknown {
  const take = (answer: unknown) => takeAnswer(answer, operation, reader);
  if (typeof result === 'object' && result !== null && isApiPromise(result)) {
    return followApiPromise(result, operation, take);
  }
  if (result instanceof Promise) return settle(result.then(take), operation);
  return take(result);
}

function takeAnswer(answer: unknown, operation: Operation, reader: AnswerReader): unknown {
  const stream = reader.createStreamReader?.();
  if (stream !== undefined && isApiStream(answer)) {
    quietly(() => {
      followApiStream(answer, operation, stream);
    });
    return answer;
  }
  quietly(() => {
    reader.readAnswer(answer, operation);
  });
  operation.end();
  return answer;
}

function followApiStream(stream: ApiStream, operation: Operation, reader: StreamReader): void {
  const { iterator } = stream;
  let isBegun = false;
  let isLeft = false;
  operation.beforeEnd(() => {
    reader.finish(operation);
  });
  stream.iterator = () => {
    isBegun = true;
    const steps = iterator.call(stream);
    const leave = steps.return;
    if (leave !== undefined) {
      steps.return = (value?: unknown) => {
        isLeft = true;
        return leave.call(steps, value);
      };
    }
    return settle(steps, operation, (chunk) => {
      reader.read(chunk);
    });
  };
  // An aborted stream ends without an error (openai 6 core/streaming.ts), and one that its reader leaves is aborted.
  const onAbort = () => {
    if (isLeft) return;
    const error = new DOMException('The stream was aborted', 'AbortError');
    if (isBegun) operation.recordError(error);
    else operation.fail(error);
  };
  stream.controller?.signal?.addEventListener('abort', onAbort, { once: true });
}

function isApiStream(value: unknown): value is ApiStream {
  const { iterator } = readFields(value);
  return typeof iterator === 'function' && Symbol.asyncIterator in (value as object);
}
