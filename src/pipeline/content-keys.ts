/**
 * Keys that hold what was said, thought or done: messages, prompts, instructions, arguments, results, documents. Ours are
 * those of the GenAI conventions; the others are of instrumentations whose spans may come by in the same provider
 * (docs/dialects.md lists their sources). A test compares them with what the collector reads as content.
 */
const CONTENT_KEYS: ReadonlySet<string> = new Set([
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.prompt',
  'gen_ai.completion',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
  'gen_ai.tool.definitions',
  'gen_ai.agent.tools',
  'gen_ai.retrieval.query.text',
  'gen_ai.retrieval.documents',
  'gen_ai.request.extra_body',
  'gen_ai.request.extra_query',
  'gen_ai.evaluation.explanation',
  'gen_ai.tool.message',
  'gen_ai.choice',
  'input.value',
  'output.value',
  'llm.invocation_parameters',
  'mcp.request.argument',
  'mcp.response.value',
  'traceloop.entity.input',
  'traceloop.entity.output',
  'langfuse.observation.input',
  'langfuse.observation.output',
  'langfuse.trace.input',
  'langfuse.trace.output',
  'langfuse.experiment.item.expected_output',
  'langsmith.request.headers',
  'mlflow.spanInputs',
  'mlflow.spanOutputs',
  'mlflow.chat.tools',
  'mastra.metadata.body',
  'crewai.crew.result',
  'crewai.crew.tasks_output',
  'crewai.task.description',
  'crewai.task.expected_output',
  'copilot_chat.hook_input',
  'copilot_chat.hook_output',
  'pydantic_ai.all_messages',
  'pydantic_ai.tool.deferral.metadata',
  'all_messages_events',
  'model_request_parameters',
  'final_result',
  'events',
  'tool_arguments',
  'tool_response',
  'system_prompt',
  'genkit:input',
  'genkit:output',
  'genkit:init',
  'genkit:metadata:context',
  'lk.chat_ctx',
  'lk.user_input',
  'lk.input_text',
  'lk.instructions',
  'lk.user_transcript',
  'lk.tts.input_text',
  'lk.response.text',
  'lk.response.function_calls',
  'lk.function_tools',
  'lk.function_tool.arguments',
  'lk.function_tool.output',
]);

/** Families of which each key is content: flattened lists, and keys of which others vary the end. */
const CONTENT_PREFIXES: readonly string[] = [
  'gen_ai.prompt.',
  'gen_ai.completion.',
  'llm.input_messages.',
  'llm.output_messages.',
  'llm.tools.',
  'llm.prompts',
  'llm.choices',
  'llm.prompt_template.variables',
  'llm.request.functions.',
  'embedding.embeddings.',
  'retrieval.documents.',
  'reranker.input_documents.',
  'reranker.output_documents.',
  'reranker.query',
  'traceloop.prompt.template_variables.',
  'mastra.workflow_step.',
  'mastra.processor_run.',
  'ai.prompt',
  'ai.response.text',
  'ai.response.reasoning',
  'ai.response.toolCalls',
  'ai.response.object',
  'ai.response.files',
  'ai.result.',
  'ai.toolCall.args',
  'ai.toolCall.result',
  'ai.schema',
  'gcp.vertex.agent.llm_',
  'gcp.vertex.agent.tool_',
  'gcp.vertex.agent.data',
];

/** `ai.value`, `ai.values`, `ai.embedding`, …: whole keys of the AI SDK (spec of the dialect: docs/dialects.md). */
const AI_VALUES = /^ai\.(?:values?|embeddings?|documents|ranking)$/;
/** `mastra.model_step.input`, `mastra.tool_call.output`, … (npm:@mastra/otel-exporter 1.4). */
const MASTRA_BODY = /^mastra\.[a-z_]+\.(?:input|output)$/;

/** Texts and states of our records (spec/plans.md, spec/conversations.md, spec/work-sessions.md). */
const RECORD_BODY =
  /^spanledger\.[a-z_]+\.(?:steps|reasoning|description|before_state|after_state|error_message|value|metadata|question|answer|text|reason|title|content|feedback|envelope|config|task|errors)$/;

/** Span events whose attributes are messages (GenAI conventions up to 1.37, and the operation's details since). */
const CONTENT_EVENTS = /^gen_ai\.(?:.*\.message|choice|content\..*|client\.inference\.operation\.details)$/;

const known = new Map<string, boolean>();
const MAX_KNOWN = 4_096;

/** Whether the attribute holds content rather than a fact about the call. */
export function isContentKey(key: string): boolean {
  let answer = known.get(key);
  if (answer === undefined) {
    answer =
      CONTENT_KEYS.has(key) ||
      (CONTENT_PREFIXES.some((prefix) => key.startsWith(prefix)) && !key.endsWith('.finish_reason')) ||
      AI_VALUES.test(key) ||
      MASTRA_BODY.test(key) ||
      RECORD_BODY.test(key);
    if (known.size < MAX_KNOWN) known.set(key, answer);
  }
  return answer;
}

/** Whether a span event is a message, so that all its free text is content. */
export function isContentEvent(name: string): boolean {
  return CONTENT_EVENTS.test(name);
}
