import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../semconv.js';
import { isContentCaptured } from '../setup/tracer.js';
import { KINDS } from './kinds.js';
import { toParts } from './messages.js';
import type { Operation } from './operation.js';
import { renderJson } from './render-json.js';
import { run, type OperationOptions, type Start } from './run.js';

/** How a model was asked, in the conventions' words; what is not given is not recorded. */
export interface RequestParameters {
  /** `gen_ai.request.temperature`. */
  temperature?: number | undefined;
  /** `gen_ai.request.top_p`. */
  topP?: number | undefined;
  /** `gen_ai.request.top_k`. */
  topK?: number | undefined;
  /** The most tokens that the answer may have. */
  maxTokens?: number | undefined;
  /** `gen_ai.request.seed`. */
  seed?: number | undefined;
  /** Texts at which the model is to stop. */
  stopSequences?: readonly string[] | undefined;
  /** `gen_ai.request.frequency_penalty`. */
  frequencyPenalty?: number | undefined;
  /** `gen_ai.request.presence_penalty`. */
  presencePenalty?: number | undefined;
  /** How many answers are asked for. */
  choiceCount?: number | undefined;
}

/** What is known of a model call when it starts. */
export interface GenerationOptions extends OperationOptions {
  /** The model that is asked. */
  model: string;
  /** Who serves it, in the conventions' words: `openai`, `anthropic`, `aws.bedrock`, `gcp.gemini` … */
  provider?: string | undefined;
  /** The system prompt, where it is not among the input's messages. */
  system?: unknown;
  /** Temperature and the like. */
  parameters?: RequestParameters | undefined;
  /** The tools that the model may call, as they are sent to it. */
  tools?: unknown;
  /** `text`, `json`, `image` or `speech`. */
  outputType?: string | undefined;
  /** The server's host, where it is of interest. */
  serverAddress?: string | undefined;
  /** The server's port. */
  serverPort?: number | undefined;
}

/** What is known of an embedding when it starts. */
export interface EmbeddingOptions extends OperationOptions {
  /** The model that is asked. */
  model: string;
  /** Who serves it, in the conventions' words. */
  provider?: string | undefined;
  /** How many dimensions the vectors have. */
  dimensions?: number | undefined;
  /** Formats that are asked for, such as `float`. */
  encodingFormats?: readonly string[] | undefined;
}

/**
 * Runs a function as a call of a chat model: a span `chat MODEL`. A text or messages that it gives are the output;
 * of another answer say what it says by `setOutput`, `setUsage` and `setResponse`. A stream that it gives keeps
 * the span open until it is drained, broken off or failed, and its first chunk sets the time to it; chunks of text are put
 * together as output. Results and errors are otherwise as those of `agent`.
 */
export function generation<R>(
  modelOrOptions: string | GenerationOptions,
  fn: (operation: Operation) => R,
): R {
  return run(() => describeGeneration(modelOrOptions), fn);
}

/**
 * Runs a function as a call of an embedding model: a span `embeddings MODEL`. The vectors are not recorded. Results and
 * errors are as those of `agent`.
 */
export function embedding<R>(modelOrOptions: string | EmbeddingOptions, fn: (operation: Operation) => R): R {
  return run(() => describeEmbedding(modelOrOptions), fn);
}

/** @internal */
export function describeGeneration(given: string | GenerationOptions): Start {
  const options: GenerationOptions = typeof given === 'string' ? { model: given } : given;
  const attributes: Start['attributes'] = {
    [ATTR.providerName]: options.provider,
    [ATTR.requestModel]: options.model,
    [ATTR.outputType]: options.outputType,
    [ATTR.serverAddress]: options.serverAddress,
    [ATTR.serverPort]: options.serverPort,
    ...(options.parameters && listParameters(options.parameters)),
  };
  if (isContentCaptured()) {
    attributes[ATTR.systemInstructions] = renderJson(toParts(options.system));
    attributes[ATTR.toolDefinitions] = renderJson(options.tools);
  }
  return { kind: KINDS.generation, name: options.model, options, attributes };
}

/** @internal */
export function describeEmbedding(given: string | EmbeddingOptions): Start {
  const options: EmbeddingOptions = typeof given === 'string' ? { model: given } : given;
  return {
    kind: KINDS.embedding,
    name: options.model,
    options,
    attributes: {
      [ATTR.providerName]: options.provider,
      [ATTR.requestModel]: options.model,
      [ATTR.embeddingsDimensionCount]: options.dimensions,
      [ATTR.requestEncodingFormats]: copy(options.encodingFormats),
    },
  };
}

function listParameters(given: RequestParameters): Record<string, Attributes[string] | undefined> {
  return {
    [ATTR.requestTemperature]: given.temperature,
    [ATTR.requestTopP]: given.topP,
    [ATTR.requestTopK]: given.topK,
    [ATTR.requestMaxTokens]: given.maxTokens,
    [ATTR.requestSeed]: given.seed,
    [ATTR.requestStopSequences]: copy(given.stopSequences),
    [ATTR.requestFrequencyPenalty]: given.frequencyPenalty,
    [ATTR.requestPresencePenalty]: given.presencePenalty,
    [ATTR.requestChoiceCount]: given.choiceCount,
  };
}

function copy(list: readonly string[] | undefined): string[] | undefined {
  return list && [...list];
}
