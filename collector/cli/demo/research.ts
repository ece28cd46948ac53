import type { DemoStep } from './otlp-json.js';
import { agent, chat, say, tool } from './steps.js';

const GPT = { model: 'gpt-5-mini', responseModel: 'gpt-5-mini-2025-08-07', provider: 'openai' } as const;

const TASK = 'Look through the tickets of the last 14 days for double charges within 24 hours.';
const FINDING =
  'Known fault PAY-88: when the card service answers late, the shop retries and charges twice. 41 tickets.';

const PAGE_COUNT = 9;
const FIRST_PAGE_MILLIS = 7_640;
/** How long each page took: a few are cached. */
const PAGE_MILLIS = [212, 188, 231, 64, 205, 197, 58, 244, 176];

/** The researcher, called as a tool by the lead: it plans, reads nine pages of tickets and says what it found. */
export function researchPastTickets(index: number): DemoStep {
  return tool({
    toolName: 'ask_researcher',
    callId: 'call_research',
    startMillis: 5_940,
    durationMillis: 8_060,
    arguments: { topic: 'double charge within 24 hours' },
    result: { finding: FINDING, confidence: 'high' },
    steps: [
      agent({
        agentName: 'researcher',
        agentId: 'agent-researcher',
        startMillis: 5_952,
        durationMillis: 8_040,
        input: TASK,
        output: FINDING,
        steps: [planResearch(index), ...fetchPages(), concludeResearch(index)],
      }),
    ],
  });
}

function planResearch(index: number): DemoStep {
  return chat({
    ...GPT,
    startMillis: 5_960,
    durationMillis: 1_660,
    responseId: `chatcmpl-demo-${index}-1`,
    system: 'You search past support tickets and report what they have in common.',
    input: [say('user', TASK)],
    output: [
      {
        type: 'tool_call',
        id: 'call_pages',
        name: 'fetch_page',
        arguments: { query: 'charged twice', pages: PAGE_COUNT },
      },
    ],
    finishReason: 'tool_call',
    tokens: { input: 1_210, output: 274, reasoning: 192 },
    costUsd: 0.00085,
  });
}

function fetchPages(): DemoStep[] {
  let startMillis = FIRST_PAGE_MILLIS;
  return PAGE_MILLIS.map((durationMillis, page) => {
    const step = tool({
      toolName: 'fetch_page',
      callId: `call_page_${page + 1}`,
      startMillis,
      durationMillis,
      arguments: { query: 'charged twice', page: page + 1 },
      result: { page: page + 1, tickets: 25 },
    });
    startMillis += durationMillis + 4;
    return step;
  });
}

function concludeResearch(index: number): DemoStep {
  return chat({
    ...GPT,
    startMillis: 9_270,
    durationMillis: 4_700,
    responseId: `chatcmpl-demo-${index}-2`,
    input: [
      say('user', TASK),
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_pages', response: '225 tickets' }] },
    ],
    output: [
      {
        type: 'reasoning',
        content: 'The pairs lie 20 to 40 seconds apart, always after a slow card answer.',
      },
      { type: 'text', content: FINDING },
    ],
    finishReason: 'stop',
    tokens: { input: 18_460, output: 655, cached: 1_152, reasoning: 448 },
    costUsd: 0.00567,
  });
}
