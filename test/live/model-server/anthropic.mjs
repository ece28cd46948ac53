// Messages as Anthropic answers them (@anthropic-ai/sdk@1.10.0, resources/messages). Its input count leaves the
// cached tokens out.

function renderUsage({ input = 0, output = 0, cached = 0, cache_write = 0, cache_write_1h = 0 } = {}) {
  return {
    input_tokens: input - cached - cache_write,
    output_tokens: output,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: cache_write,
    cache_creation: {
      ephemeral_5m_input_tokens: cache_write - cache_write_1h,
      ephemeral_1h_input_tokens: cache_write_1h,
    },
    service_tier: 'standard',
  };
}

function renderBlocks(answer, call) {
  const blocks = [];
  if (answer.thinking !== undefined)
    blocks.push({ type: 'thinking', thinking: answer.thinking, signature: `sig-${call.number}` });
  if (answer.text !== undefined) blocks.push({ type: 'text', text: answer.text });
  for (const [index, tool] of (answer.tool_calls ?? []).entries())
    blocks.push({
      type: 'tool_use',
      id: `toolu_${call.number}_${index}`,
      name: tool.name,
      input: tool.arguments,
    });
  return blocks;
}

export function renderAnthropicMessage(answer, call) {
  const blocks = renderBlocks(answer, call);
  const stopReason = (answer.tool_calls ?? []).length > 0 ? 'tool_use' : 'end_turn';
  const message = {
    id: `msg_${call.number}`,
    type: 'message',
    role: 'assistant',
    model: answer.model ?? call.model,
    content: blocks,
    stop_reason: stopReason,
    stop_sequence: null,
    usage: renderUsage(answer.usage),
  };
  if (!call.stream) return message;
  const event = (type, fields) => ({ event: type, data: { type, ...fields } });
  return [
    event('message_start', {
      message: {
        ...message,
        content: [],
        stop_reason: null,
        usage: { ...message.usage, output_tokens: 1 },
      },
    }),
    ...blocks.flatMap((block, index) => [
      event('content_block_start', { index, content_block: emptyBlock(block) }),
      ...renderDeltas(block).map((delta) => event('content_block_delta', { index, delta })),
      event('content_block_stop', { index }),
    ]),
    event('message_delta', {
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: message.usage.output_tokens },
    }),
    event('message_stop', {}),
  ];
}

function emptyBlock(block) {
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  if (block.type === 'text') return { ...block, text: '' };
  return { ...block, input: {} };
}

function renderDeltas(block) {
  if (block.type === 'thinking')
    return [
      { type: 'thinking_delta', thinking: block.thinking },
      { type: 'signature_delta', signature: block.signature },
    ];
  if (block.type === 'text') return [{ type: 'text_delta', text: block.text }];
  return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
}
