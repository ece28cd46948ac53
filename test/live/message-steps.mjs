// The steps that the runs on Anthropic's client share.

export const CLAUDE = 'claude-sonnet-4-5';

const TOOLS = [
  {
    name: 'get_claim',
    description: 'State of a claim',
    input_schema: { type: 'object', properties: { claim: { type: 'string' } }, required: ['claim'] },
  },
];

const SYSTEM = [
  {
    type: 'text',
    text: 'You review claims. Think first.',
    cache_control: { type: 'ephemeral', ttl: '1h' },
  },
];

/** Thinks, uses a tool, and streams the answer. The first call writes the prompt cache and the second reads it. */
export async function thinkWithTool(client, execute) {
  const request = {
    model: CLAUDE,
    max_tokens: 2048,
    system: SYSTEM,
    tools: TOOLS,
    thinking: { type: 'enabled', budget_tokens: 1024 },
    metadata: { user_id: 'end-user-1' },
  };
  const messages = [{ role: 'user', content: 'Review claim 9.' }];
  const first = await client.messages.create({ ...request, messages });
  messages.push({ role: 'assistant', content: first.content });
  for (const block of first.content.filter(({ type }) => type === 'tool_use')) {
    const result = await execute(block.input);
    messages.push({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: block.id, content: JSON.stringify(result) }],
    });
  }
  const stream = await client.messages.create({ ...request, messages, stream: true });
  let text = '';
  for await (const event of stream)
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  return text;
}
