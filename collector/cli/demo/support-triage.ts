import { stretchStep, type DemoRun, type DemoStep } from './otlp-json.js';
import { failRefund, REFUSAL, refund } from './refunds.js';
import { researchPastTickets } from './research.js';
import { agent, callTool, chat, say, tool } from './steps.js';

const SONNET = {
  model: 'claude-sonnet-4-5',
  responseModel: 'claude-sonnet-4-5-20250929',
  provider: 'anthropic',
} as const;
const QUESTION =
  'Order 48213 arrived with a cracked lid. I was charged twice as well: 39.90 on the 3rd and again on the 4th. Please fix both.';
const ANSWER =
  'We are sorry about the lid: a replacement leaves today. The second charge of 39.90 EUR was refunded and should show within 3 days.';
const SYSTEM =
  'You are the triage lead of a support desk. Find out what happened, delegate research, and hand over money matters to refunds.';

/** Runs differ in pace, and one in five ends in failure, so that a list of them has something to find. */
const PACES = [1, 0.82, 1.34, 0.95, 1.71, 0.74, 1.12];
const RUNS_PER_FAILURE = 5;

const CUSTOMERS = ['user-ines', 'user-tomasz', 'user-aiko', 'user-ben', 'user-leila'];

/**
 * A support desk's run: the lead thinks, searches the help centre, reads the order (which fails once and is tried
 * again), sends a researcher through past tickets and hands over to the refunds agent. The same `index` gives the same
 * content; only ids and times are fresh each time it is sent.
 */
export function buildSupportTriage(index: number): DemoRun {
  const isRefused = index % RUNS_PER_FAILURE === 3;
  return {
    resource: {
      'service.name': 'support-desk',
      'service.version': '2.4.1',
      'deployment.environment.name': 'demo',
    },
    root: stretchStep(buildLead(index, isRefused), PACES[index % PACES.length] ?? 1),
  };
}

function buildLead(index: number, isRefused: boolean): DemoStep {
  const customer = CUSTOMERS[index % CUSTOMERS.length] ?? 'user-ines';
  const sessionId = `support-${48_213 + Math.floor(index / 2)}`;
  return agent({
    agentName: 'triage-lead',
    agentId: 'agent-triage-lead',
    startMillis: 0,
    durationMillis: isRefused ? 18_240 : 21_480,
    input: QUESTION,
    output: isRefused ? '' : ANSWER,
    error: isRefused ? REFUSAL : undefined,
    attributes: { 'session.id': sessionId, 'gen_ai.conversation.id': sessionId, 'user.id': customer },
    steps: [
      planTriage(index),
      embedQuestion(),
      searchHelpCentre(),
      ...readOrder(),
      researchPastTickets(index),
      decideHandoff(index),
      handOver(),
      ...(isRefused ? [failRefund(index)] : [refund(index), answer(index)]),
    ],
  });
}

function planTriage(index: number): DemoStep {
  return chat({
    ...SONNET,
    startMillis: 12,
    durationMillis: 3_140,
    responseId: `msg_demo_${index}_1`,
    system: SYSTEM,
    input: [say('user', QUESTION)],
    output: [
      {
        type: 'reasoning',
        content:
          'Two matters: a damaged item and a double charge. I need the order first; the charge may be a known fault, so someone should look through past tickets.',
      },
      callTool('call_order_1', 'fetch_order', { order_id: '48213' }),
      callTool('call_research', 'ask_researcher', { topic: 'double charge within 24 hours' }),
    ],
    finishReason: 'tool_call',
    tokens: { input: 4_812, output: 412, cached: 0, written: 4_096, reasoning: 186 },
    costUsd: 0.02369,
  });
}

function embedQuestion(): DemoStep {
  return {
    name: 'embeddings text-embedding-3-small',
    kind: 'client',
    startMillis: 3_160,
    durationMillis: 142,
    attributes: {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'text-embedding-3-small',
      'gen_ai.response.model': 'text-embedding-3-small',
      'gen_ai.usage.input_tokens': 38,
      'gen_ai.usage.cost': 0.00000076,
    },
  };
}

function searchHelpCentre(): DemoStep {
  return {
    name: 'retrieval help-centre',
    kind: 'client',
    startMillis: 3_306,
    durationMillis: 88,
    attributes: {
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'help-centre',
      'gen_ai.retrieval.query.text': 'damaged on arrival, replacement, double charge',
      'gen_ai.retrieval.documents': JSON.stringify([
        { id: 'kb-114', score: 0.91, title: 'Items damaged on arrival' },
        { id: 'kb-207', score: 0.87, title: 'Charged more than once' },
      ]),
    },
  };
}

/** The order system times out once; the second attempt answers. */
function readOrder(): DemoStep[] {
  const order = { order_id: '48213' };
  return [
    tool({
      toolName: 'fetch_order',
      callId: 'call_order_1',
      startMillis: 3_400,
      durationMillis: 2_004,
      arguments: order,
      error: {
        type: 'TimeoutError',
        message: 'orders.internal did not answer within 2000 ms (attempt 1 of 3)',
      },
    }),
    tool({
      toolName: 'fetch_order',
      callId: 'call_order_1',
      startMillis: 5_610,
      durationMillis: 318,
      arguments: order,
      result: { ...order, item: 'Enamel pot 3 l', total: 39.9, currency: 'EUR', charges: 2, carrier: 'DPD' },
      steps: [
        {
          name: 'GET /orders/{id}',
          kind: 'client',
          startMillis: 5_616,
          durationMillis: 296,
          attributes: {
            'http.request.method': 'GET',
            'http.response.status_code': 200,
            'url.full': 'https://orders.internal/orders/48213',
            'server.address': 'orders.internal',
          },
        },
      ],
    }),
  ];
}

function decideHandoff(index: number): DemoStep {
  return chat({
    ...SONNET,
    startMillis: 14_020,
    durationMillis: 2_210,
    responseId: `msg_demo_${index}_2`,
    input: [
      say('user', QUESTION),
      {
        role: 'tool',
        parts: [
          { type: 'tool_call_response', id: 'call_order_1', response: { charges: 2, total: 39.9 } },
          {
            type: 'tool_call_response',
            id: 'call_research',
            response: 'Known fault PAY-88: a retry charged twice.',
          },
        ],
      },
    ],
    output: [
      { type: 'text', content: 'The double charge is fault PAY-88. Handing over to refunds.' },
      callTool('call_handoff', 'transfer_to_refunds', { reason: 'second charge of 39.90 EUR, fault PAY-88' }),
    ],
    finishReason: 'tool_call',
    tokens: { input: 6_930, output: 168, cached: 4_096 },
    costUsd: 0.01225,
  });
}

function handOver(): DemoStep {
  return tool({
    toolName: 'transfer_to_refunds',
    callId: 'call_handoff',
    startMillis: 16_236,
    durationMillis: 6,
    arguments: { reason: 'second charge of 39.90 EUR, fault PAY-88' },
    result: { transferred_to: 'refunds' },
  });
}

function answer(index: number): DemoStep {
  return chat({
    ...SONNET,
    startMillis: 19_250,
    durationMillis: 2_222,
    responseId: `msg_demo_${index}_5`,
    input: [say('user', QUESTION), say('assistant', 'Refunded 39.90 EUR, reference re_5521.')],
    output: [{ type: 'text', content: ANSWER }],
    finishReason: 'stop',
    tokens: { input: 7_214, output: 96, cached: 6_144 },
    costUsd: 0.00649,
  });
}
