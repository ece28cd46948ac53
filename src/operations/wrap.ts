import { quietly } from '../quietly.js';
import {
  describeAgent,
  describeHandoff,
  describeWorkflow,
  type AgentOptions,
  type HandoffOptions,
  type WorkflowOptions,
} from './agent.js';
import {
  describeEmbedding,
  describeGeneration,
  type EmbeddingOptions,
  type GenerationOptions,
} from './generation.js';
import type { OperationType } from './kinds.js';
import { run, type Start } from './run.js';
import {
  describeNamed,
  describeRetrieval,
  describeTool,
  type NamedOptions,
  type RetrievalOptions,
  type ToolOptions,
} from './tool.js';

/** Says what a function is. */
export interface As<Type extends OperationType> {
  /** The operation that each call of the function is. */
  as: Type;
}

/** What a wrapped function is, with the options of that operation; without a name, the function's own is taken. */
export type WrappedOperation =
  | (Partial<As<'step'>> & Partial<NamedOptions>)
  | (As<'guardrail' | 'evaluation'> & Partial<NamedOptions>)
  | (As<'agent'> & Partial<AgentOptions>)
  | (As<'workflow'> & Partial<WorkflowOptions>)
  | (As<'handoff'> & Partial<HandoffOptions>)
  | (As<'tool'> & Partial<ToolOptions>)
  | (As<'retrieval'> & Partial<RetrievalOptions>)
  | (As<'generation'> & GenerationOptions)
  | (As<'embedding'> & EmbeddingOptions);

/** What of a call is recorded. */
export interface WrapCapture<Arguments extends readonly unknown[]> {
  /**
   * What is recorded as input, made of the arguments; what it throws is ignored. Default: the only argument, or the list of
   * them. False records none.
   */
  captureInput?: ((...given: Arguments) => unknown) | false | undefined;
  /** False records no result; default true. */
  captureOutput?: boolean | undefined;
}

/** How a function is wrapped: what it is, and what of its calls is recorded. */
export type WrapOptions<Arguments extends readonly unknown[]> = WrappedOperation & WrapCapture<Arguments>;

/**
 * Makes a function that runs as an operation each time it is called, with the same parameters, `this`, result and name.
 * Generators stay lazy: their span starts with the call and ends when they are drained.
 */
export function wrap<This, Arguments extends unknown[], R>(
  fn: (this: This, ...given: Arguments) => R,
  options: WrapOptions<Arguments> = {},
): (this: This, ...given: Arguments) => R {
  return wrapNamed(fn, fn.name, options);
}

function wrapNamed<This, Arguments extends unknown[], R>(
  fn: (this: This, ...given: Arguments) => R,
  name: string,
  options: WrapOptions<Arguments>,
): (this: This, ...given: Arguments) => R {
  const wrapped = function (this: This, ...given: Arguments): R {
    return run(
      () => describe(options, name, given),
      (operation) => {
        if (options.captureOutput === false) operation.omitOutput();
        return fn.apply(this, given);
      },
    );
  };
  Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true });
  return wrapped;
}

/**
 * A decorator (TC39, stage 3) that makes a method run as an operation: `@traced({ as: 'tool' })`. Also for static and
 * private methods; the name is the method's own unless one is given.
 */
export function traced<This, Arguments extends unknown[], R>(options: WrapOptions<Arguments> = {}) {
  return (
    method: (this: This, ...given: Arguments) => R,
    context: ClassMethodDecoratorContext<This, (this: This, ...given: Arguments) => R>,
  ): ((this: This, ...given: Arguments) => R) =>
    wrapNamed(method, String(context.name).replace(/^#/, ''), options);
}

function describe<Arguments extends readonly unknown[]>(
  options: WrapOptions<Arguments>,
  ownName: string,
  given: Arguments,
): Start {
  const input = 'input' in options ? options.input : readInput(options, given);
  const name = ('name' in options ? options.name : undefined) ?? (ownName === '' ? 'anonymous' : ownName);
  switch (options.as) {
    case 'agent':
      return describeAgent({ ...options, name, input });
    case 'workflow':
      return describeWorkflow({ ...options, name, input });
    case 'handoff':
      return describeHandoff({ ...options, name, input });
    case 'tool':
      return describeTool({ ...options, name, input });
    case 'retrieval':
      return describeRetrieval({ ...options, name, input });
    case 'generation':
      return describeGeneration({ ...options, input });
    case 'embedding':
      return describeEmbedding({ ...options, input });
    default:
      return describeNamed(options.as ?? 'step', { ...options, name, input });
  }
}

function readInput<Arguments extends readonly unknown[]>(
  { captureInput }: WrapCapture<Arguments>,
  given: Arguments,
): unknown {
  if (captureInput === false) return undefined;
  if (captureInput !== undefined) return quietly(() => captureInput(...given));
  return given.length <= 1 ? given[0] : given;
}
