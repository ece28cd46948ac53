import { context, type Attributes, type Context, type Link, type TimeInput } from '@opentelemetry/api';
import { quietly } from '../quietly.js';
import { ATTR } from '../semconv.js';
import { isContentCaptured } from '../setup/tracer.js';
import { state } from '../setup/state.js';
import { getIdentity, setIdentity, type Identity } from './identity.js';
import { followApiPromise, isApiPromise } from './api-promise.js';
import type { OperationKind } from './kinds.js';
import { NO_OPERATION, Operation } from './operation.js';
import { followStream } from './streams.js';

/** What any operation may be given at its start. */
export interface OperationOptions extends Identity {
  /** What it works on: see `setInput` of the operation. */
  input?: unknown;
  /** Attributes of any name, set when the span starts. */
  attributes?: Attributes | undefined;
  /** Links to other spans, such as that of an earlier attempt or of an agent that handed over. */
  links?: Link[] | undefined;
  /** The OTel context to start in, such as one extracted from a request. Default: the active one. */
  parent?: Context | undefined;
  /** When the work started, where that is not now. */
  startTime?: TimeInput | undefined;
  /** For streams: looks at each chunk that passes, to pick up output, usage and the like. What it throws is ignored. */
  onChunk?: ((chunk: unknown, operation: Operation) => void) | undefined;
}

/** A span to be started, as the functions of the single operations describe it. */
export interface Start {
  kind: OperationKind;
  /** Of the agent, model, tool …; empty where it has none. */
  name: string;
  options: OperationOptions;
  /** Those of the kind itself; undefined values are left out. */
  attributes: Record<string, Attributes[string] | undefined>;
  /** The span's name, where it is not the operation's with the name behind it. */
  spanName?: string;
}

/**
 * Runs a function inside a span and gives what the function gives. The span ends with the function, with its promise,
 * or with its stream, whichever it returns. Without `init` the function is just called.
 */
export function run<R>(describe: () => Start, fn: (operation: Operation) => R): R {
  if (state.tracer === undefined) return fn(NO_OPERATION);
  const start = quietly(describe);
  const operation = start && quietly(() => open(start));
  if (operation === undefined) return fn(NO_OPERATION);
  let result: R;
  try {
    result = context.with(operation.context, fn, undefined, operation);
  } catch (error) {
    operation.fail(error);
    throw error;
  }
  return settle(result, operation, start?.options.onChunk);
}

/** Starts a span of which the caller sees to the end. Undefined where nothing is recorded. */
export function open({ kind, name, options, attributes, spanName }: Start): Operation | undefined {
  const parent = setIdentity(options.parent ?? context.active(), options);
  const all: Attributes = { [ATTR.operationName]: kind.operation };
  for (const key in attributes) if (attributes[key] !== undefined) all[key] = attributes[key];
  Object.assign(all, getIdentity(parent), options.attributes);
  if (options.input !== undefined && isContentCaptured()) {
    Object.assign(
      all,
      quietly(() => kind.input(options.input)),
    );
  }
  const span = state.tracer?.startSpan(
    spanName ?? (name === '' ? kind.operation : `${kind.operation} ${name}`),
    {
      kind: kind.spanKind,
      attributes: all,
      ...(options.links !== undefined && { links: options.links }),
      ...(options.startTime !== undefined && { startTime: options.startTime }),
    },
    parent,
  );
  return span && new Operation(span, parent, kind);
}

/** Lets the operation end when its result is there. Gives the result, or what stands for it. */
export function settle<R>(result: R, operation: Operation, onChunk?: OperationOptions['onChunk']): R {
  if ((typeof result !== 'object' || result === null) && typeof result !== 'function') {
    operation.complete(result);
    return result;
  }
  if (result instanceof Promise && result.constructor === Promise) {
    const followed = result.then(
      (value: unknown) => settle(value, operation, onChunk),
      (error: unknown) => {
        operation.fail(error);
        throw error;
      },
    );
    quietly(() => {
      copyAdditions(result, followed);
    });
    return followed as R;
  }
  const followed = quietly(
    () => followThenable(result, operation, onChunk) ?? followStream(result, operation, onChunk),
  );
  if (followed !== undefined) return followed as R;
  operation.complete(result);
  return result;
}

/**
 * Such as the `kill` of a child process's promise (execa 9). Properties under symbols stay behind: they are those of
 * Node's async hooks.
 */
function copyAdditions(from: object, to: object): void {
  for (const name of Object.getOwnPropertyNames(from)) {
    const property = Object.getOwnPropertyDescriptor(from, name);
    if (property !== undefined && !(name in Promise.prototype)) Object.defineProperty(to, name, property);
  }
}

type Then = (
  fulfilled?: ((value: unknown) => unknown) | null,
  rejected?: ((error: unknown) => unknown) | null,
) => unknown;

/**
 * Thenables of others' classes stay what they are, and as lazy: some start their work when `then` is called (query
 * builders, `APIPromise` of openai 6), so it is called only when the user calls it.
 */
function followThenable(
  result: object,
  operation: Operation,
  onChunk: OperationOptions['onChunk'],
): object | undefined {
  const then = (result as { then?: unknown }).then;
  if (typeof then !== 'function') return undefined;
  if (!Object.isExtensible(result)) return undefined;
  // Whoever awaits it a second time gets the same stream, which can be followed only once.
  let first: { value: unknown; settled: unknown } | undefined;
  const take = (value: unknown) => {
    first ??= { value, settled: settle(value, operation, onChunk) };
    return first.value === value ? first.settled : value;
  };
  if (isApiPromise(result)) return followApiPromise(result, operation, take);
  const follow: Then = function (this: unknown, fulfilled, rejected) {
    return (then as Then).call(
      this,
      (value) => {
        const settled = take(value);
        return typeof fulfilled === 'function' ? fulfilled(settled) : settled;
      },
      (error) => {
        operation.fail(error);
        if (typeof rejected === 'function') return rejected(error);
        throw error;
      },
    );
  };
  Object.defineProperty(result, 'then', { value: follow, configurable: true, writable: true });
  return result;
}
