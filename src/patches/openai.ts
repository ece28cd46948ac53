import { describeEmbedding, describeGeneration, type GenerationOptions } from '../operations/generation.js';
import { ATTR } from '../semconv.js';
import { followApiCall, type AnswerReader } from './api-call.js';
import { readClientAddress } from './client-address.js';
import { readFields, readNumber, readText, type Fields } from './fields.js';
import { recordModelCall } from './model-call.js';
import { CHAT_READER, describeChatRequest } from './openai-chat.js';
import { describeResponsesRequest, RESPONSES_READER } from './openai-responses.js';
import { patchMethods, type MethodCall, type Patch } from './patch.js';

/** How calls of an API client are recorded. */
export interface ModelPatchOptions {
  /**
   * Who serves the models, in the conventions' words (`gen_ai.provider.name`). Default: what the client's address says,
   * else the maker of the client.
   */
  provider?: string | undefined;
}

/**
 * Records the calls of an `openai` client (4 to 6), or of all clients of the class where that is given, as generations
 * and embeddings: `chat.completions`, `responses` and `embeddings`, streamed or not, and the helpers that use them
 * (`parse`, `stream`, `runTools`). Answers, promises, streams and errors are those of the client itself.
 *
 * ```ts
 * const openai = new OpenAI();
 * patchOpenAI(openai);
 * ```
 *
 * Requests are sent as they are given, so a stream of `chat.completions` has token counts only where the request says
 * `stream_options: { include_usage: true }`. Of a call that is taken by `asResponse` alone, the answer is not seen.
 * Steps aside where another instrumentation wraps the client: OpenTelemetry, OpenInference, OpenLLMetry, LangSmith, and
 * Langfuse where the client that it observes is given here (not the one below, nor the class). A call within a span that
 * is that very call gets none of its own; a `generation` of the same model is filled in with the answer. Does nothing
 * before `init`. Never throws.
 */
export function patchOpenAI(client: object, options: ModelPatchOptions = {}): Patch {
  const target = readFields(client);
  const classes = typeof client === 'function';
  const chat = readFields(classes ? target['Chat'] : target['chat'])[classes ? 'Completions' : 'completions'];
  const find = (found: unknown) => (classes ? readFields(found)['prototype'] : found);
  return patchMethods('patchOpenAI', 'client or class of the package openai', [
    {
      owner: find(chat),
      name: 'create',
      around: (call) => recordGeneration(call, options, describeChatRequest, CHAT_READER),
    },
    {
      owner: find(target[classes ? 'Responses' : 'responses']),
      name: 'create',
      around: (call) => recordGeneration(call, options, describeResponsesRequest, RESPONSES_READER),
    },
    {
      owner: find(target[classes ? 'Embeddings' : 'embeddings']),
      name: 'create',
      around: (call) => recordEmbedding(call, options),
    },
  ]);
}

function recordGeneration(
  { self, given, proceed }: MethodCall,
  { provider }: ModelPatchOptions,
  describeRequest: (body: Fields) => Omit<GenerationOptions, 'provider'>,
  reader: AnswerReader,
): unknown {
  const body = readFields(given[0]);
  return recordModelCall({
    model: readText(body['model']),
    describe: () =>
      describeGeneration({
        ...readClientAddress(self, 'openai'),
        ...(provider !== undefined && { provider }),
        ...describeRequest(body),
        ...(body['stream'] === true && { attributes: { [ATTR.requestStream]: true } }),
      }),
    proceed: () => proceed(...given),
    follow: (result, operation) => followApiCall(result, operation, reader),
  });
}

const EMBEDDING_READER: AnswerReader = {
  readAnswer(answer, operation) {
    const { model, usage } = readFields(answer);
    operation.setResponse({ model: readText(model) });
    operation.setUsage({ inputTokens: readNumber(readFields(usage)['prompt_tokens']) });
  },
};

function recordEmbedding({ self, given, proceed }: MethodCall, { provider }: ModelPatchOptions): unknown {
  const body = readFields(given[0]);
  const format = readText(body['encoding_format']);
  return recordModelCall({
    model: readText(body['model']),
    describe: () => {
      const address = readClientAddress(self, 'openai');
      return describeEmbedding({
        model: readText(body['model']) ?? '',
        provider: provider ?? address.provider,
        dimensions: readNumber(body['dimensions']),
        encodingFormats: format === undefined ? undefined : [format],
        input: body['input'],
        attributes: { [ATTR.serverAddress]: address.serverAddress, [ATTR.serverPort]: address.serverPort },
      });
    },
    proceed: () => proceed(...given),
    follow: (result, operation) => followApiCall(result, operation, EMBEDDING_READER),
  });
}
