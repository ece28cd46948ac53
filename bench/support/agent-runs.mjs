import { createRandom, createText } from './random-text.mjs';

const MILLISECOND = 1_000_000n;

/** How long the texts of a run are, in characters. */
export const SHORT_RUN = { steps: 5, system: 250, question: 250, thought: 150, query: 80, result: 280 };
export const LONG_LOOP = { steps: 40, system: 3000, question: 800, thought: 250, query: 120, result: 1500 };

const attribute = (key, value) => ({ key, value });
const scope = { name: 'bench', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' };

/**
 * Makes the spans of agents as instrumentations send them: an agent, and for each step a model call that sends the whole
 * conversation so far and a tool. The same seed gives the same spans, times aside.
 */
export function createAgentRuns(seed) {
  const random = createRandom(seed);
  const text = createText(random);
  const resource = {
    attributes: [
      attribute('service.name', 'bench'),
      attribute('service.version', '1.4.0'),
      attribute('deployment.environment.name', 'bench'),
      attribute('telemetry.sdk.language', 'nodejs'),
    ],
    droppedAttributesCount: 0,
    entityRefs: [],
    schemaUrl: '',
  };
  const startTrace = (sessionId = random.hex(8)) => ({
    traceId: random.hex(32),
    sessionId,
    start: BigInt(Date.now()) * MILLISECOND,
  });

  function makeSpan(trace, parentSpanId, name, offsetMillis, attributes, spanId = random.hex(16)) {
    const start = trace.start + BigInt(offsetMillis) * MILLISECOND;
    return {
      traceId: trace.traceId,
      spanId,
      parentSpanId,
      traceState: '',
      flags: 257,
      name,
      kind: 1,
      startTimeUnixNano: start,
      endTimeUnixNano: start + 40n * MILLISECOND,
      attributes,
      droppedAttributesCount: 0,
      events: [],
      droppedEventsCount: 0,
      links: [],
      droppedLinksCount: 0,
      statusCode: 0,
      statusMessage: '',
      resource,
      scope,
    };
  }

  function makeCall(trace, parentSpanId, offsetMillis, content) {
    return makeSpan(trace, parentSpanId, 'chat gpt-5-mini', offsetMillis, [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.provider.name', 'openai'),
      attribute('gen_ai.request.model', 'gpt-5-mini'),
      attribute('gen_ai.request.max_tokens', 4096n),
      attribute('gen_ai.response.model', 'gpt-5-mini-2025-08-07'),
      attribute('gen_ai.response.id', `resp_${random.hex(24)}`),
      attribute('gen_ai.response.finish_reasons', ['stop']),
      attribute('gen_ai.usage.input_tokens', BigInt(500 + random.below(4000))),
      attribute('gen_ai.usage.output_tokens', BigInt(40 + random.below(200))),
      attribute('gen_ai.usage.cache_read.input_tokens', BigInt(random.below(400))),
      attribute('server.address', 'api.openai.com'),
      ...content,
    ]);
  }

  function makeTool(trace, parentSpanId, offsetMillis, { id, query, result }) {
    return makeSpan(trace, parentSpanId, 'execute_tool search', offsetMillis, [
      attribute('gen_ai.operation.name', 'execute_tool'),
      attribute('gen_ai.tool.name', 'search'),
      attribute('gen_ai.tool.type', 'function'),
      attribute('gen_ai.tool.call.id', id),
      attribute('gen_ai.tool.call.arguments', JSON.stringify({ query })),
      attribute('gen_ai.tool.call.result', result),
    ]);
  }

  function makeAgent(trace, spanId) {
    const agent = [
      attribute('gen_ai.operation.name', 'invoke_agent'),
      attribute('gen_ai.agent.name', 'researcher'),
      attribute('gen_ai.conversation.id', trace.sessionId),
      attribute('session.id', trace.sessionId),
    ];
    return makeSpan(trace, null, 'invoke_agent researcher', 0, agent, spanId);
  }

  /** The spans of one run in the order in which they end: the agent comes last. */
  function makeRun(lengths, writeContent = writeMessages) {
    const trace = startTrace();
    const agentId = random.hex(16);
    const spans = [];
    const conversation = [
      { role: 'system', content: text(lengths.system) },
      { role: 'user', content: text(lengths.question) },
    ];
    for (let step = 0; step < lengths.steps; step++) {
      const tool = { id: `call_${random.hex(24)}`, query: text(lengths.query), result: text(lengths.result) };
      const answer = { role: 'assistant', content: text(lengths.thought), tool };
      spans.push(
        makeCall(trace, agentId, step * 100, writeContent(conversation, answer)),
        makeTool(trace, agentId, step * 100 + 50, tool),
      );
      conversation.push(answer, { role: 'tool', content: tool.result, tool });
    }
    spans.push(makeAgent(trace, agentId));
    return spans;
  }

  return {
    makeRun,
    startTrace,
    makeAgent: (trace) => makeAgent(trace, random.hex(16)),
    /** One model call with a question and an answer. */
    makeSingleCall(trace, parentSpanId) {
      const question = { role: 'user', content: text(300) };
      return makeCall(
        trace,
        parentSpanId,
        1 + random.below(1000),
        writeMessages([question], { role: 'assistant', content: text(200) }),
      );
    },
  };
}

/** As attributes of the GenAI semantic conventions: one JSON text for all messages of the request. */
function writeMessages(conversation, answer) {
  return [
    attribute('gen_ai.input.messages', JSON.stringify(conversation.map(renderMessage))),
    attribute(
      'gen_ai.output.messages',
      JSON.stringify([{ ...renderMessage(answer), finish_reason: 'stop' }]),
    ),
  ];
}

/** As attributes of OpenInference: one for each field of each message. */
export function writeIndexedMessages(conversation, answer) {
  return [
    attribute('openinference.span.kind', 'LLM'),
    ...conversation.flatMap((message, index) => indexMessage(`llm.input_messages.${index}.message`, message)),
    ...indexMessage('llm.output_messages.0.message', answer),
  ];
}

function renderMessage({ role, content, tool }) {
  if (role === 'tool')
    return { role, parts: [{ type: 'tool_call_response', id: tool.id, response: content }] };
  const parts = [{ type: 'text', content }];
  if (tool !== undefined)
    parts.push({ type: 'tool_call', id: tool.id, name: 'search', arguments: { query: tool.query } });
  return { role, parts };
}

function indexMessage(prefix, { role, content, tool }) {
  const fields = [attribute(`${prefix}.role`, role), attribute(`${prefix}.content`, content)];
  if (tool === undefined) return fields;
  if (role === 'tool') return [...fields, attribute(`${prefix}.tool_call_id`, tool.id)];
  const call = `${prefix}.tool_calls.0.tool_call`;
  return [
    ...fields,
    attribute(`${call}.id`, tool.id),
    attribute(`${call}.function.name`, 'search'),
    attribute(`${call}.function.arguments`, JSON.stringify({ query: tool.query })),
  ];
}
