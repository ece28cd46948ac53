import type { NormalizedSpan } from '../model/normalized-span.js';
import type { SpanData } from '../model/span-data.js';
import { Candidates } from './candidates.js';
import { readFacts } from './facts.js';
import { isMessageEvent } from './message-events.js';
import { SpanView } from './span-view.js';

export { readContent } from './content.js';
export { explainKeys } from './explain.js';
export { readLog } from './log.js';

/**
 * What a span says of itself in today's conventions, out of whichever dialects it speaks: the role first, then how it
 * ended, then everything else. Pure; never throws, whatever the values; bodies are not read (see `readContent`).
 * Costs 3 to 6 µs of CPU for an AI span of 10 to 25 attributes and 2 µs for a plain one: `process.cpuUsage()` over
 * 60,000 spans of each recorded application in turn, after 3,000 rounds of warming up, Node 20 on one core.
 */
export function normalizeSpan(data: SpanData): NormalizedSpan {
  const view = new SpanView(data);
  const candidates = new Candidates(view);
  return {
    data,
    facts: readFacts(view, candidates),
    contentKeys: candidates.contentKeys,
    hasContentEvents: data.events.length > 0 && data.events.some((event) => isMessageEvent(event.name)),
  };
}
