import type { DemoStep } from './otlp-json.js';
import { agent, callTool, chat, say, tool } from './steps.js';

const HAIKU = {
  model: 'claude-haiku-4-5',
  responseModel: 'claude-haiku-4-5-20251001',
  provider: 'anthropic',
} as const;

/** What ends a run whose refund is refused. */
export const REFUSAL = {
  type: 'PaymentRefused',
  message: 'the card issuer refused the refund: account closed',
};

const REFUND_TASK = 'Refund the second charge of order 48213 (fault PAY-88).';
const PAYMENT = { payment_id: 'pay_77120', amount: 39.9, currency: 'EUR' };

/** The refunds agent, which the lead hands over to: it pays the second charge back. */
export function refund(index: number): DemoStep {
  return agent({
    agentName: 'refunds',
    agentId: 'agent-refunds',
    startMillis: 16_250,
    durationMillis: 2_990,
    input: REFUND_TASK,
    output: 'Refunded 39.90 EUR, reference re_5521.',
    steps: [
      planRefund(index),
      tool({
        toolName: 'issue_refund',
        callId: 'call_refund',
        startMillis: 17_384,
        durationMillis: 846,
        arguments: PAYMENT,
        result: { refund_id: 're_5521', status: 'succeeded' },
      }),
      chat({
        ...HAIKU,
        startMillis: 18_236,
        durationMillis: 990,
        responseId: `msg_demo_${index}_4`,
        input: [
          say('user', REFUND_TASK),
          {
            role: 'tool',
            parts: [{ type: 'tool_call_response', id: 'call_refund', response: { status: 'succeeded' } }],
          },
        ],
        output: [{ type: 'text', content: 'Refunded 39.90 EUR, reference re_5521.' }],
        finishReason: 'stop',
        tokens: { input: 1_802, output: 31 },
        costUsd: 0.00196,
      }),
    ],
  });
}

/** The payment is refused, which ends the agent and the whole run. */
export function failRefund(index: number): DemoStep {
  return agent({
    agentName: 'refunds',
    agentId: 'agent-refunds',
    startMillis: 16_250,
    durationMillis: 1_984,
    input: REFUND_TASK,
    output: '',
    error: REFUSAL,
    steps: [
      planRefund(index),
      tool({
        toolName: 'issue_refund',
        callId: 'call_refund',
        startMillis: 17_384,
        durationMillis: 846,
        arguments: PAYMENT,
        error: REFUSAL,
      }),
    ],
  });
}

function planRefund(index: number): DemoStep {
  return chat({
    ...HAIKU,
    startMillis: 16_258,
    durationMillis: 1_120,
    responseId: `msg_demo_${index}_3`,
    input: [say('user', REFUND_TASK)],
    output: [callTool('call_refund', 'issue_refund', PAYMENT)],
    finishReason: 'tool_call',
    tokens: { input: 1_644, output: 92 },
    costUsd: 0.0021,
  });
}
