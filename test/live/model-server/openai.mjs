// Chat completions, embeddings and responses as OpenAI answers them (openai@6.49.0, resources/*.d.ts).

const CREATED = 1_760_000_000;

function renderChatUsage({ input = 0, output = 0, cached = 0, reasoning = 0 } = {}) {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
  };
}

function renderToolCalls(answer, call) {
  return (answer.tool_calls ?? []).map((tool, index) => ({
    id: `call_${call.number}_${index}`,
    type: 'function',
    function: { name: tool.name, arguments: JSON.stringify(tool.arguments) },
  }));
}

export function renderChatCompletion(answer, call) {
  const toolCalls = renderToolCalls(answer, call);
  const finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
  const common = {
    id: `chatcmpl-${call.number}`,
    created: CREATED + call.number,
    model: answer.model ?? call.model,
    system_fingerprint: 'fp_live',
    service_tier: 'default',
  };
  if (!call.stream) {
    const message = { role: 'assistant', content: answer.text ?? null, refusal: null };
    if (answer.thinking !== undefined) message.reasoning_content = answer.thinking;
    if (toolCalls.length > 0) message.tool_calls = toolCalls;
    return {
      ...common,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
      usage: renderChatUsage(answer.usage),
    };
  }
  const chunk = (delta, finish = null) => ({
    data: {
      ...common,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    },
  });
  const words = (answer.text ?? '').match(/\S+\s*/g) ?? [];
  const events = [
    chunk({ role: 'assistant', content: '' }),
    ...words.map((content) => chunk({ content })),
    ...toolCalls.map((tool, index) => chunk({ tool_calls: [{ index, ...tool }] })),
    chunk({}, finishReason),
  ];
  // Only a caller that asks for it is told the usage of a stream.
  if (call.body.stream_options?.include_usage === true)
    events.push({
      data: { ...common, object: 'chat.completion.chunk', choices: [], usage: renderChatUsage(answer.usage) },
    });
  return [...events, { data: '[DONE]' }];
}

export function renderEmbeddings(answer, call) {
  const inputs = Array.isArray(call.body.input) ? call.body.input : [call.body.input];
  const vector = [0.25, -0.5, 0.125];
  const embedding =
    call.body.encoding_format === 'base64'
      ? Buffer.from(new Float32Array(vector).buffer).toString('base64')
      : vector;
  return {
    object: 'list',
    data: inputs.map((_input, index) => ({ object: 'embedding', index, embedding })),
    model: answer.model ?? call.model,
    usage: { prompt_tokens: answer.usage?.input ?? 0, total_tokens: answer.usage?.input ?? 0 },
  };
}

function renderResponseItems(answer, call) {
  const items = [];
  if (answer.thinking !== undefined)
    items.push({
      id: `rs_${call.number}`,
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: answer.thinking }],
    });
  for (const [index, tool] of (answer.tool_calls ?? []).entries())
    items.push({
      id: `fc_${call.number}_${index}`,
      type: 'function_call',
      status: 'completed',
      call_id: `call_${call.number}_${index}`,
      name: tool.name,
      arguments: JSON.stringify(tool.arguments),
    });
  if (answer.text !== undefined)
    items.push({
      id: `msg_${call.number}`,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: answer.text, annotations: [], logprobs: [] }],
    });
  return items;
}

export function renderResponse(answer, call) {
  const { input = 0, output = 0, cached = 0, reasoning = 0 } = answer.usage ?? {};
  const whole = {
    id: `resp_${call.number}`,
    object: 'response',
    created_at: CREATED + call.number,
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: call.body.instructions ?? null,
    model: answer.model ?? call.model,
    output: renderResponseItems(answer, call),
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: call.body.tools ?? [],
    top_p: 1,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
  };
  if (!call.stream) return whole;
  let sequence = 0;
  const event = (type, fields) => ({ event: type, data: { type, sequence_number: sequence++, ...fields } });
  const begun = { ...whole, status: 'in_progress', output: [], usage: null };
  return [
    event('response.created', { response: begun }),
    event('response.in_progress', { response: begun }),
    ...whole.output.flatMap((item, index) => renderItemEvents(event, item, index)),
    event('response.completed', { response: whole }),
  ];
}

function renderItemEvents(event, item, index) {
  const place = { item_id: item.id, output_index: index };
  const events = [event('response.output_item.added', { output_index: index, item: emptyItem(item) })];
  if (item.type === 'reasoning') {
    const part = { ...place, summary_index: 0 };
    events.push(
      event('response.reasoning_summary_part.added', { ...part, part: { type: 'summary_text', text: '' } }),
      event('response.reasoning_summary_text.delta', { ...part, delta: item.summary[0].text }),
      event('response.reasoning_summary_text.done', { ...part, text: item.summary[0].text }),
      event('response.reasoning_summary_part.done', { ...part, part: item.summary[0] }),
    );
  } else if (item.type === 'function_call') {
    events.push(
      event('response.function_call_arguments.delta', { ...place, delta: item.arguments }),
      event('response.function_call_arguments.done', { ...place, arguments: item.arguments }),
    );
  } else {
    const part = { ...place, content_index: 0 };
    events.push(
      event('response.content_part.added', { ...part, part: { ...item.content[0], text: '' } }),
      event('response.output_text.delta', { ...part, delta: item.content[0].text, logprobs: [] }),
      event('response.output_text.done', { ...part, text: item.content[0].text, logprobs: [] }),
      event('response.content_part.done', { ...part, part: item.content[0] }),
    );
  }
  return [...events, event('response.output_item.done', { output_index: index, item })];
}

function emptyItem(item) {
  if (item.type === 'reasoning') return { ...item, summary: [] };
  if (item.type === 'function_call') return { ...item, status: 'in_progress', arguments: '' };
  return { ...item, status: 'in_progress', content: [] };
}
