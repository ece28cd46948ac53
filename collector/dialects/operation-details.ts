import type { SpanType } from '../model/normalized-span.js';
import type { LogSource } from './dialect.js';
import type { SpanView } from './span-view.js';

/** What only the record of an answer or of a failure has: Gemini CLI 0.61 sends one more for each request. */
const ENDING_KEYS = [
  'gen_ai.response.id',
  'gen_ai.response.finish_reasons',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.output.messages',
  'error.type',
];

/**
 * The event of a whole call (semantic-conventions 1.37, docs/gen-ai/gen-ai-events.md). Mostly it repeats a span or another
 * record; where neither exists, it is all that is known of the call.
 */
export function createDetailsSources(operations: ReadonlyMap<string, SpanType>): readonly LogSource[] {
  return (['llm', 'embedding'] as const).map((type) => ({
    events: ['gen_ai.client.inference.operation.details'],
    about: `of an operation that is \`${type}\`, with anything that is known only once it has ended`,
    isOwn: (view: SpanView) =>
      operations.get(view.string('gen_ai.operation.name') ?? 'chat') === type &&
      ENDING_KEYS.some((key) => (view.attributes.get(key) ?? null) !== null),
    type,
  }));
}
