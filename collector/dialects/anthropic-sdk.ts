import type { Dialect } from './dialect.js';
import { readCount } from './readers/scalars.js';
import { count, identifier, strings } from './sources.js';
import type { SpanView } from './span-view.js';

const WRITTEN_5M = 'anthropic.usage.cache_creation.ephemeral_5m_input_tokens';
const WRITTEN_1H = 'anthropic.usage.cache_creation.ephemeral_1h_input_tokens';

/** What the spans of Anthropic's own SDK (npm:@anthropic-ai/sdk 1.x, `com.anthropic.sdk.typescript`) add. */
export const anthropicSdk: Dialect = {
  name: 'anthropic-sdk',
  speaks: 'otel-genai',
  facts: {
    finishReasons: [strings('anthropic.message.stop_reason', { isLate: true })],
    cacheWriteTokens: [
      {
        about: `the sum of \`${WRITTEN_5M}\` and \`${WRITTEN_1H}\``,
        keys: [WRITTEN_5M, WRITTEN_1H],
        derive: readWritten,
        isLate: true,
      },
    ],
    cacheWrite5mTokens: [count(WRITTEN_5M)],
    cacheWrite1hTokens: [count(WRITTEN_1H)],
    serviceTier: [identifier('anthropic.response.service_tier')],
  },
};

function readWritten(view: SpanView): number | undefined {
  const written = [WRITTEN_5M, WRITTEN_1H].flatMap((key) => readCount(view.attributes.get(key)) ?? []);
  return written.length === 0 ? undefined : written.reduce((sum, tokens) => sum + tokens, 0);
}
