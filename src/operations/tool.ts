import { ATTR } from '../semconv.js';
import { KINDS } from './kinds.js';
import type { Operation } from './operation.js';
import { run, type OperationOptions, type Start } from './run.js';

/** What is known of a tool call when it starts. */
export interface ToolOptions extends OperationOptions {
  /** The tool's name, as the model knows it. */
  name: string;
  /** The id that the model gave the call. */
  callId?: string | undefined;
  /** What the tool does. */
  description?: string | undefined;
  /** `function`, `extension` or `datastore`. Default `function`. */
  type?: string | undefined;
}

/** What is known of a retrieval when it starts. */
export interface RetrievalOptions extends OperationOptions {
  /** The index, collection or other source that is searched. */
  name: string;
  /** The source's id, where it has one beside its name. */
  dataSourceId?: string | undefined;
  /** The embedding model of the search. */
  model?: string | undefined;
}

/** What is known of a guardrail, an evaluation or a step when it starts. */
export interface NamedOptions extends OperationOptions {
  /** Its name, the same each time. */
  name: string;
}

/**
 * Runs a function as a tool call: a span `execute_tool NAME`. Arguments are `input`, the result is what the
 * function gives. Results and errors are otherwise as those of `agent`.
 */
export function tool<R>(nameOrOptions: string | ToolOptions, fn: (operation: Operation) => R): R {
  return run(() => describeTool(nameOrOptions), fn);
}

/**
 * Runs a function as a search for documents: a span `retrieval NAME`. The query is `input`, the documents are what
 * the function gives. Results and errors are otherwise as those of `agent`.
 */
export function retrieval<R>(nameOrOptions: string | RetrievalOptions, fn: (operation: Operation) => R): R {
  return run(() => describeRetrieval(nameOrOptions), fn);
}

/**
 * Runs a function as a guardrail, a check that may refuse an input or an output: a span `guardrail NAME`. Results and
 * errors are as those of `agent`.
 */
export function guardrail<R>(nameOrOptions: string | NamedOptions, fn: (operation: Operation) => R): R {
  return run(() => describeNamed('guardrail', nameOrOptions), fn);
}

/**
 * Runs a function as an evaluation of what a model or agent said: a span `evaluate NAME`. A number that it gives is the
 * score, a boolean is `pass` or `fail`, an object may have `value`, `label` and `explanation`. Results and errors are
 * otherwise as those of `agent`.
 */
export function evaluation<R>(nameOrOptions: string | NamedOptions, fn: (operation: Operation) => R): R {
  return run(() => describeNamed('evaluation', nameOrOptions), fn);
}

/** Runs a function as a step, any other part of the work: a span NAME. Results and errors are as those of `agent`. */
export function step<R>(nameOrOptions: string | NamedOptions, fn: (operation: Operation) => R): R {
  return run(() => describeNamed('step', nameOrOptions), fn);
}

/** @internal */
export function describeTool(given: string | ToolOptions): Start {
  const options: ToolOptions = typeof given === 'string' ? { name: given } : given;
  return {
    kind: KINDS.tool,
    name: options.name,
    options,
    attributes: {
      [ATTR.toolName]: options.name,
      [ATTR.toolType]: options.type ?? 'function',
      [ATTR.toolCallId]: options.callId,
      [ATTR.toolDescription]: options.description,
    },
  };
}

/** @internal */
export function describeRetrieval(given: string | RetrievalOptions): Start {
  const options: RetrievalOptions = typeof given === 'string' ? { name: given } : given;
  return {
    kind: KINDS.retrieval,
    name: options.name,
    options,
    attributes: {
      [ATTR.dataSourceId]: options.dataSourceId ?? options.name,
      [ATTR.requestModel]: options.model,
    },
  };
}

/** @internal */
export function describeNamed(
  type: 'guardrail' | 'evaluation' | 'step',
  given: string | NamedOptions,
): Start {
  const options: NamedOptions = typeof given === 'string' ? { name: given } : given;
  return {
    kind: KINDS[type],
    name: options.name,
    options,
    attributes: { [ATTR.evaluationName]: type === 'evaluation' ? options.name : undefined },
    ...(type === 'step' && { spanName: options.name }),
  };
}
