import { describeGeneration } from '../operations/generation.js';
import { ATTR } from '../semconv.js';
import { describeMessagesRequest, MESSAGES_READER } from './anthropic-messages.js';
import { followApiCall } from './api-call.js';
import { readClientAddress } from './client-address.js';
import { readFields, readText } from './fields.js';
import { recordModelCall } from './model-call.js';
import type { ModelPatchOptions } from './openai.js';
import { patchMethods, type MethodCall, type Patch } from './patch.js';

/**
 * Records the calls of an `@anthropic-ai/sdk` client (0 and 1), or of all clients of the class where that is given, as
 * generations: `messages` and `beta.messages`, streamed or not, and the helpers that use them (`stream`, `parse`, tool
 * runners). Answers, promises, streams and errors are those of the client itself.
 *
 * Clients of 1.x record themselves, by themselves and without messages, to the tracer provider that `init` registers: the
 * patch then steps aside. To have its generations, with messages, switch that off:
 *
 * ```ts
 * const anthropic = new Anthropic({ openTelemetry: false });
 * patchAnthropic(anthropic);
 * ```
 *
 * Steps aside, too, where another instrumentation wraps the client or the active span is the call; see `patchOpenAI`.
 * Does nothing before `init`. Never throws.
 */
export function patchAnthropic(client: object, options: ModelPatchOptions = {}): Patch {
  const target = readFields(client);
  const classes = typeof client === 'function';
  const find = (found: unknown) => (classes ? readFields(found)['prototype'] : found);
  const owners = [
    target[classes ? 'Messages' : 'messages'],
    readFields(target[classes ? 'Beta' : 'beta'])[classes ? 'Messages' : 'messages'],
  ];
  return patchMethods(
    'patchAnthropic',
    'client or class of the package @anthropic-ai/sdk',
    owners.map((owner) => ({
      owner: find(owner),
      name: 'create',
      around: (call) => recordMessage(call, options),
    })),
  );
}

function recordMessage({ self, given, proceed }: MethodCall, { provider }: ModelPatchOptions): unknown {
  if (isRecordingItself(self)) return proceed(...given);
  const body = readFields(given[0]);
  return recordModelCall({
    model: readText(body['model']),
    describe: () =>
      describeGeneration({
        ...readClientAddress(self, 'anthropic'),
        ...(provider !== undefined && { provider }),
        ...describeMessagesRequest(body),
        ...(body['stream'] === true && { attributes: { [ATTR.requestStream]: true } }),
      }),
    proceed: () => proceed(...given),
    follow: (result, operation) => followApiCall(result, operation, MESSAGES_READER),
  });
}

/** A client of @anthropic-ai/sdk 1 has a tracer unless its option `openTelemetry` says no (internal/tracing.ts). */
function isRecordingItself(resource: unknown): boolean {
  return readFields(readFields(resource)['_client'])['_tracer'] !== undefined;
}
