// The steps that the runs on OpenAI's client share. What they ask and what is answered is in the run's JSON document.
import { expectFailure } from './tracing.mjs';

export const MODEL = 'gpt-4o-mini';

export function functionTool(name, description, parameter) {
  return {
    type: 'function',
    function: {
      name,
      description,
      parameters: {
        type: 'object',
        properties: { [parameter]: { type: 'string' } },
        required: [parameter],
      },
    },
  };
}

/** Asks, runs the tool that the model wants, and reads the streamed final answer. */
export async function askWithTool(client, { system, question, tool, execute }) {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: question },
  ];
  const first = await client.chat.completions.create({
    model: MODEL,
    messages,
    tools: [tool],
    temperature: 0.2,
    max_tokens: 200,
    top_p: 0.9,
    frequency_penalty: 0.1,
    presence_penalty: 0.1,
    user: 'end-user-1',
  });
  const message = first.choices[0].message;
  messages.push(message);
  for (const call of message.tool_calls ?? []) {
    const result = await execute(JSON.parse(call.function.arguments));
    messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify(result) });
  }
  const stream = await client.chat.completions.create({
    model: MODEL,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

export const embed = (client, input) =>
  client.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'float' });

/** A call that the model server answers with an error. */
export const failCall = (client) =>
  expectFailure(() =>
    client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Are you there?' }] }),
  );
