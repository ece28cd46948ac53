// Two agents: the front desk finds out what a customer wants and hands over to the agent who can do it.
import { agent, generation, handoff, init, tool, workflow } from 'spanledger';

init({ serviceName: 'support' });

// What `workflow` is told about whose work this is holds for all that happens within.
const answer = await workflow({ name: 'support', caseId: 'ticket-17', workflowId: 'run-1' }, () =>
  frontDesk('I was charged twice for order 1042.'),
);
console.log(answer);

function frontDesk(request) {
  return agent({ name: 'front desk', type: 'router', input: request }, async () => {
    const { text, toolCall } = await chat('gpt-4o-mini', request);
    if (toolCall === undefined) return text;
    // The other agent runs inside of the hand-over, and so below it in the trace.
    return handoff({ name: 'billing', callId: toolCall.id, input: toolCall.arguments }, () =>
      billing(toolCall.arguments.request),
    );
  });
}

function billing(request) {
  return agent({ name: 'billing', input: request }, async () => {
    const charges = await tool({ name: 'list_charges', input: { order: '1042' } }, async () => [
      { id: 'ch_1', usd: 42 },
      { id: 'ch_2', usd: 42 },
    ]);
    const { text } = await chat('gpt-4o', `${request} The charges are ${JSON.stringify(charges)}.`);
    return text;
  });
}

function chat(model, input) {
  return generation({ model, provider: 'openai', input }, async (call) => {
    const { text, toolCall, finishReason, usage } = await askModel(model, input);
    call.setUsage(usage).setResponse({ finishReasons: [finishReason] });
    // Parts of the GenAI conventions; messages as OpenAI and Anthropic write them will do as well.
    const parts = toolCall ? [{ type: 'tool_call', ...toolCall }] : [{ type: 'text', content: text }];
    call.setOutput({ role: 'assistant', parts, finish_reason: finishReason });
    return { text, toolCall };
  });
}

/** Stands for the provider: put your call here. */
async function askModel(model, input) {
  if (model === 'gpt-4o') {
    const usage = { inputTokens: 210, outputTokens: 25, cachedInputTokens: 128 };
    return { text: 'One of the two charges is refunded.', finishReason: 'stop', usage };
  }
  const toolCall = { id: 'call_1', name: 'transfer_to_billing', arguments: { request: input } };
  return { toolCall, finishReason: 'tool_calls', usage: { inputTokens: 80, outputTokens: 15 } };
}
