import type { Operation } from './operation.js';
import { followReadableStream } from './readable-stream.js';
import { StreamWatch } from './stream-watch.js';

interface Steps {
  next: (...given: unknown[]) => unknown;
  return?: ((value?: unknown) => unknown) | undefined;
  throw?: ((error?: unknown) => unknown) | undefined;
}

/**
 * Lets the operation end with a stream: when it is drained, when its reader stops and when it fails. The stream stays
 * the same object with all that it can do; only a `ReadableStream` is another of its kind. Undefined where the value is
 * no stream, or can't be followed because it is frozen.
 */
export function followStream(
  value: object,
  operation: Operation,
  onChunk?: (chunk: unknown, operation: Operation) => void,
): object | undefined {
  const watch = new StreamWatch(operation, onChunk);
  if (value instanceof ReadableStream) return followReadableStream(value, watch);
  const source = value as Partial<AsyncIterable<unknown>> & { on?: unknown; pipe?: unknown; next?: unknown };
  const isAsync = typeof source[Symbol.asyncIterator] === 'function';
  const isIterator = typeof source.next === 'function' && (isAsync || Symbol.iterator in value);
  if ((!isAsync && !isIterator) || !Object.isExtensible(value)) return undefined;
  if (typeof source.on === 'function') followEvents(value, watch);
  // A stream of Node's is mostly read by its events; iterating over it must not set it flowing twice.
  if (typeof source.pipe === 'function') return value;
  if (isIterator) defineSteps(source as Steps, watch, isAsync);
  if (isAsync) defineAsyncIterator(value as AsyncIterable<unknown>, watch, isIterator);
  return value;
}

interface Emitter {
  once?: (event: string, listener: () => void) => unknown;
  /** The error of a stream of Node's; of an `EventStream` (openai 6 lib/EventStream.ts) whether there was one. */
  errored?: unknown;
  /** Of an `EventStream`, whether its reader has called it off. */
  aborted?: unknown;
}

/** Streams that are also event emitters may be read without being iterated over (`MessageStream` of @anthropic-ai/sdk 1). */
function followEvents(source: Emitter, watch: StreamWatch): void {
  const finish = () => {
    const { errored, aborted } = source;
    if (aborted === true) watch.fail(new DOMException('The stream was aborted', 'AbortError'));
    // Whoever iterates over it gets the error itself, but only after this event.
    else if (errored === true)
      setImmediate(() => {
        watch.fail(new Error('The stream failed'));
      });
    else if (errored instanceof Error) watch.fail(errored);
    else watch.end();
  };
  source.once?.('end', finish);
  source.once?.('close', finish);
}

type Open = () => AsyncIterator<unknown>;

/** What was done to an iterable that is followed, or was. */
interface Following {
  /** What it opened with before. */
  original: Open;
  /** What it opens with now. */
  current: Open;
  watches: readonly StreamWatch[];
}

const following = new WeakMap<object, Following>();

/** An iterable that is given again when those who followed it have done with it is followed as if it was new. */
function defineAsyncIterator(source: AsyncIterable<unknown>, watch: StreamWatch, isIterator: boolean): void {
  const key = findOpening(source);
  const found = (source as Record<typeof key, Open>)[key];
  const earlier = following.get(source);
  const ours = earlier?.current === found ? earlier : undefined;
  const isDone = ours?.watches.every(({ hasEnded }) => hasEnded) === true;
  const open = (ours !== undefined && isDone ? ours.original : found).bind(source);
  const value: Open = () => {
    let iterator: AsyncIterator<unknown>;
    try {
      iterator = watch.within(open);
    } catch (error) {
      watch.fail(error);
      throw error;
    }
    if (isIterator && (iterator as unknown) === source) return iterator;
    return createIterator(iterator as unknown as Steps, watch);
  };
  Object.defineProperty(source, key, { value, configurable: true, writable: true });
  const watches = ours === undefined || isDone ? [watch] : [...ours.watches, watch];
  following.set(source, { original: ours?.original ?? found, current: value, watches });
}

/** All ways to read a `Stream` of openai 4 to 6 and @anthropic-ai/sdk begin with `iterator` (core/streaming.ts), `tee` too. */
function findOpening(source: object): 'iterator' | typeof Symbol.asyncIterator {
  const { iterator, tee } = source as Record<string, unknown>;
  return typeof iterator === 'function' && typeof tee === 'function' ? 'iterator' : Symbol.asyncIterator;
}

function createIterator(inner: Steps, watch: StreamWatch): AsyncIterator<unknown> {
  const steps = {
    [Symbol.asyncIterator]() {
      return steps;
    },
  };
  copySteps(steps, inner, watch, true);
  return steps as unknown as AsyncIterator<unknown>;
}

/** For generators and other iterators, which are their own iterables. */
function defineSteps(iterator: Steps, watch: StreamWatch, isAsync: boolean): void {
  copySteps(iterator, iterator, watch, isAsync);
}

function copySteps(onto: object, inner: Steps, watch: StreamWatch, isAsync: boolean): void {
  const define = (name: keyof Steps, value: unknown) => {
    Object.defineProperty(onto, name, { value, configurable: true, writable: true });
  };
  const { next, return: finish, throw: fail } = inner;
  define('next', (...given: unknown[]) => step(watch, () => next.apply(inner, given)));
  // Called when a reader breaks off: without one of its own, the stream would never be known to have ended.
  define('return', (value?: unknown) => {
    if (finish !== undefined) return step(watch, () => finish.call(inner, value), true);
    watch.end();
    return isAsync ? Promise.resolve({ done: true, value }) : { done: true, value };
  });
  if (fail !== undefined) define('throw', (error?: unknown) => step(watch, () => fail.call(inner, error)));
}

function step(watch: StreamWatch, work: () => unknown, isLast = false): unknown {
  let result: unknown;
  try {
    result = watch.within(work);
  } catch (error) {
    watch.fail(error);
    throw error;
  }
  if (!isThenable(result)) return look(watch, result, isLast);
  return result.then(
    (item: unknown) => look(watch, item, isLast),
    (error: unknown) => {
      watch.fail(error);
      throw error;
    },
  );
}

/** Also promises of other classes and realms. */
function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

/** A generator that yields in its `finally` goes on after `return`, so only what says that it is done ends the span. */
function look(watch: StreamWatch, item: unknown, isLast: boolean): unknown {
  const { done, value } = item as IteratorResult<unknown, unknown>;
  if (done === true) watch.end(isLast ? undefined : value);
  else watch.chunk(value);
  return item;
}
