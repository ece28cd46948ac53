// An agent that asks a model, calls the tool that the model wants, and answers.
import { agent, generation, init, tool } from 'spanledger';

// Sends to http://localhost:4318, or where OTEL_EXPORTER_OTLP_ENDPOINT says. What is left is sent when the process ends.
init({ serviceName: 'weather' });

const question = 'What is the weather in Lisbon?';
const answer = await agent(
  { name: 'weather agent', input: question, sessionId: 'visit-1', userId: 'ada' },
  async () => {
    /** @type {object[]} */
    const messages = [{ role: 'user', content: question }];
    for (;;) {
      const message = await chat(messages);
      messages.push(message);
      if (message.tool_calls === undefined) return message.content;
      for (const { id, function: called } of message.tool_calls) {
        const given = JSON.parse(called.arguments);
        const found = tool({ name: called.name, callId: id, input: given }, () => getWeather(given));
        messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(found) });
      }
    }
  },
);
console.log(answer);

/** A model call: what it was asked, what it said and what it took. */
function chat(messages) {
  return generation({ model: 'gpt-4o', provider: 'openai', input: messages }, async (call) => {
    const { id, model, choices, usage } = await askModel(messages);
    call.setResponse({ id, model, finishReasons: choices.map((choice) => choice.finish_reason) });
    call.setUsage({ inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens });
    return choices[0].message;
  });
}

/** A tool is any function. This one is sync, and stays so. */
function getWeather({ city }) {
  return { city, sky: 'clear', celsius: 24 };
}

/** Stands for the provider. The real call: `openai.chat.completions.create({ model: 'gpt-4o', messages, tools })`. */
async function askModel(messages) {
  const hasResult = messages.at(-1).role === 'tool';
  const call = { name: 'get_weather', arguments: '{"city":"Lisbon"}' };
  return {
    id: hasResult ? 'chatcmpl-2' : 'chatcmpl-1',
    model: 'gpt-4o-2024-08-06',
    choices: [
      hasResult
        ? { finish_reason: 'stop', message: { role: 'assistant', content: 'It is clear, 24 °C.' } }
        : {
            finish_reason: 'tool_calls',
            message: {
              role: 'assistant',
              content: null,
              tool_calls: [{ id: 'call_1', type: 'function', function: call }],
            },
          },
    ],
    usage: hasResult
      ? { prompt_tokens: 130, completion_tokens: 12 }
      : { prompt_tokens: 90, completion_tokens: 18 },
  };
}
