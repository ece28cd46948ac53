// A chat of two turns whose answers are streamed: the spans end when the answers have been read to their end.
import { agent, generation, identify, init } from 'spanledger';

init({ serviceName: 'chat' });

const messages = [];

// One conversation over several traces: each turn is a run of the agent.
await identify({ conversationId: 'chat-1', userId: 'ada' }, async () => {
  for (const question of ['Who wrote Os Lusíadas?', 'When?']) {
    messages.push({ role: 'user', content: question });
    let answer = '';
    for await (const text of assistant(question)) {
      process.stdout.write(text); // or to the response of your server, which may also stop reading
      answer += text;
    }
    process.stdout.write('\n');
    messages.push({ role: 'assistant', content: answer });
  }
});

/** What is returned is the stream itself, as lazy as it was. */
function assistant(question) {
  return agent({ name: 'assistant', input: question }, () => chat());
}

function chat() {
  const input = [...messages];
  return generation({ model: 'gpt-4o', provider: 'openai', input }, async function* (call) {
    // The texts that pass are the output, and the first of them sets the time to the first chunk.
    for await (const chunk of streamModel(input)) {
      if (chunk.usage) {
        call.setUsage({
          inputTokens: chunk.usage.prompt_tokens,
          outputTokens: chunk.usage.completion_tokens,
        });
      }
      const [choice] = chunk.choices;
      if (choice?.finish_reason) call.setResponse({ finishReasons: [choice.finish_reason] });
      if (choice?.delta.content) yield choice.delta.content;
    }
  });
}

/**
 * Stands for the provider. The real call: `await openai.chat.completions.create({ model: 'gpt-4o', messages: input,
 * stream: true, stream_options: { include_usage: true } })`.
 */
async function* streamModel(input) {
  const words = input.length === 1 ? ['Luís ', 'de ', 'Camões.'] : ['In ', '1572.'];
  for (const content of words) yield { choices: [{ delta: { content } }] };
  yield { choices: [{ delta: {}, finish_reason: 'stop' }] };
  yield { choices: [], usage: { prompt_tokens: 10 * input.length, completion_tokens: words.length } };
}
