import { describeEmbedding, describeGeneration } from '../operations/generation.js';
import type { Operation } from '../operations/operation.js';
import { settle } from '../operations/run.js';
import { quietly } from '../quietly.js';
import { ATTR } from '../semconv.js';
import { isActive } from '../setup/tracer.js';
import { AiStreamReader, toPromptMessages, writeAnswer } from './ai-sdk-messages.js';
import { readFields, readList, readNumber, readText, type Fields } from './fields.js';
import { recordModelCall } from './model-call.js';
import type { ModelPatchOptions } from './openai.js';

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Words that providers of the AI SDK begin with, in the conventions' words (`gen_ai.provider.name`). */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  'amazon-bedrock': 'aws.bedrock',
  google: 'gcp.gemini',
  'google-vertex': 'gcp.vertex_ai',
  xai: 'x_ai',
  mistral: 'mistral_ai',
};

/**
 * Makes a model of the AI SDK (`ai` 5 to 7) whose calls are recorded as generations, and those of an embedding model as
 * embeddings. The given model stays as it is; the new one can stand wherever it could.
 *
 * ```ts
 * const result = await generateText({ model: wrapModel(openai('gpt-4o')), prompt });
 * ```
 *
 * The AI SDK's own telemetry says more (steps and tool calls), and goes to the tracer provider that `init` registers:
 * `experimental_telemetry: { isEnabled: true }` in `ai` 5 and 6, an integration of `@ai-sdk/otel` in 7. Where it
 * records a call, the wrapped model steps aside. Calls of a model that is frozen, with methods of its own, are not
 * recorded. Does nothing before `init`. Never throws.
 */
export function wrapModel<Model extends object>(model: Model, options: ModelPatchOptions = {}): Model {
  const methods: Readonly<Record<string, (method: Method) => Method>> = {
    doGenerate: (method) => createCall(model, method, options, followAnswer),
    doStream: (method) => createCall(model, method, options, followStreamResult),
    doEmbed: (method) => createEmbedding(model, method, options),
  };
  return new Proxy(model, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function' || key === 'constructor' || isFixed(target, key)) return value;
      const wrap = typeof key === 'string' && Object.hasOwn(methods, key) ? methods[key] : undefined;
      if (wrap !== undefined) return wrap(value as Method);
      // A method of a class may have private fields to read, which the proxy has not.
      return Object.hasOwn(target, key) ? value : (value as Method).bind(target);
    },
  });
}

/** A proxy must give what a frozen object has, and throws otherwise (ECMAScript, 10.5.8). */
function isFixed(target: object, key: PropertyKey): boolean {
  const own = Object.getOwnPropertyDescriptor(target, key);
  return own?.configurable === false && own.writable === false;
}

function createCall(
  model: object,
  method: Method,
  options: ModelPatchOptions,
  follow: (result: unknown, operation: Operation) => unknown,
): Method {
  return (...given) => {
    const proceed = () => Reflect.apply(method, model, given);
    if (!isActive()) return proceed();
    const { modelId } = readFields(model);
    return recordModelCall({
      model: readText(modelId),
      describe: () => describeCall(model, readFields(given[0]), options, follow === followStreamResult),
      proceed,
      follow: (result, operation) => followResult(result, operation, follow),
    });
  };
}

/** All methods of a model give promises; some of those who write models give the answer itself. */
async function followResult(
  result: unknown,
  operation: Operation,
  follow: (answer: unknown, operation: Operation) => unknown,
): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await result;
  } catch (error) {
    operation.fail(error);
    throw error;
  }
  const followed = quietly(() => ({ answer: follow(answer, operation) }));
  if (followed !== undefined) return followed.answer;
  operation.end();
  return answer;
}

function describeCall(model: object, call: Fields, { provider }: ModelPatchOptions, isStream: boolean) {
  const stops = readList(call['stopSequences']).filter((item) => typeof item === 'string');
  return describeGeneration({
    model: readText(readFields(model)['modelId']) ?? '',
    provider: provider ?? readProvider(model),
    input: toPromptMessages(call['prompt']),
    tools: call['tools'],
    outputType: readText(readFields(call['responseFormat'])['type']),
    parameters: {
      temperature: readNumber(call['temperature']),
      topP: readNumber(call['topP']),
      topK: readNumber(call['topK']),
      maxTokens: readNumber(call['maxOutputTokens']),
      seed: readNumber(call['seed']),
      stopSequences: stops.length === 0 ? undefined : stops,
      frequencyPenalty: readNumber(call['frequencyPenalty']),
      presencePenalty: readNumber(call['presencePenalty']),
    },
    ...(isStream && { attributes: { [ATTR.requestStream]: true } }),
  });
}

/** `openai.responses` is OpenAI, `amazon-bedrock` Bedrock. */
function readProvider(model: object): string | undefined {
  const name = readText(readFields(model)['provider'])?.split('.')[0];
  return name === undefined ? undefined : (PROVIDERS[name] ?? name);
}

function followAnswer(answer: unknown, operation: Operation): unknown {
  const { content, usage, finishReason, response } = readFields(answer);
  writeAnswer(operation, { content: readList(content), usage, finishReason, response });
  operation.end();
  return answer;
}

/** The answer holds the stream: the span ends with that. */
function followStreamResult(answer: unknown, operation: Operation): unknown {
  const { stream } = readFields(answer);
  if (!(stream instanceof ReadableStream)) {
    operation.end();
    return answer;
  }
  const reader = new AiStreamReader();
  operation.beforeEnd(() => {
    reader.finish(operation);
  });
  const followed = settle(stream, operation, (chunk) => {
    reader.read(chunk);
  });
  return { ...readFields(answer), stream: followed };
}

function createEmbedding(model: object, method: Method, { provider }: ModelPatchOptions): Method {
  return (...given) => {
    const proceed = () => Reflect.apply(method, model, given);
    if (!isActive()) return proceed();
    const name = readText(readFields(model)['modelId']);
    return recordModelCall({
      model: name,
      describe: () =>
        describeEmbedding({
          model: name ?? '',
          provider: provider ?? readProvider(model),
          input: readFields(given[0])['values'],
        }),
      proceed,
      follow: (result, operation) => followResult(result, operation, followEmbeddings),
    });
  };
}

function followEmbeddings(answer: unknown, operation: Operation): unknown {
  const { usage, response } = readFields(answer);
  operation.setUsage({ inputTokens: readNumber(readFields(usage)['tokens']) });
  operation.setResponse({ model: readText(readFields(readFields(response)['body'])['model']) });
  operation.end();
  return answer;
}
