import { quietly } from '../quietly.js';
import type { StreamWatch } from './stream-watch.js';

/**
 * A web stream in place of another one: what reads it, also by `pipeTo`, `tee` or a reader, pulls from the other as
 * lazily as before. Bytes stay a stream of bytes, and properties that were added to the stream are kept.
 */
export function followReadableStream(
  source: ReadableStream<unknown>,
  watch: StreamWatch,
): ReadableStream | undefined {
  if (source.locked) return undefined;
  const isBytes = isByteStream(source);
  const reader = watch.within(() => source.getReader());
  const pull = async (controller: ReadableByteStreamController | ReadableStreamDefaultController) => {
    let item;
    try {
      item = await watch.within(() => reader.read());
    } catch (error) {
      watch.fail(error);
      throw error;
    }
    if (!item.done) {
      watch.chunk(item.value);
      (controller as ReadableStreamDefaultController<unknown>).enqueue(item.value);
      return;
    }
    watch.end();
    controller.close();
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  };
  const cancel = async (reason: unknown) => {
    watch.end();
    await watch.within(() => reader.cancel(reason));
  };
  const followed = isBytes
    ? new ReadableStream({ type: 'bytes', pull, cancel })
    : new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  quietly(() => {
    copyOwnProperties(source, followed);
  });
  return followed;
}

/** Only a stream of bytes gives a reader that brings its own buffer. */
function isByteStream(source: ReadableStream): boolean {
  try {
    source.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** Such as the iterator of the AI SDK's `textStream` (ai 6), which reads what it is called on. */
function copyOwnProperties(from: object, to: object): void {
  for (const key of Reflect.ownKeys(from)) {
    const property = Object.getOwnPropertyDescriptor(from, key);
    if (property !== undefined && !Object.hasOwn(to, key)) Object.defineProperty(to, key, property);
  }
}
