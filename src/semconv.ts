/**
 * Names of attributes that the SDK writes. Those of `gen_ai.*` are of the GenAI conventions' registry
 * (open-telemetry/semantic-conventions-genai:docs/registry/attributes/gen-ai.md), where a name has another source it
 * stands beside it. Values that the registry calls `any` (messages, arguments, results) are written as JSON text,
 * because attributes of the OTel JS SDK 2.x can't hold objects.
 */
export const ATTR = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  outputType: 'gen_ai.output.type',

  agentName: 'gen_ai.agent.name',
  agentId: 'gen_ai.agent.id',
  agentVersion: 'gen_ai.agent.version',
  agentDescription: 'gen_ai.agent.description',
  workflowName: 'gen_ai.workflow.name',
  conversationId: 'gen_ai.conversation.id',

  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  requestTemperature: 'gen_ai.request.temperature',
  requestTopP: 'gen_ai.request.top_p',
  requestTopK: 'gen_ai.request.top_k',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestSeed: 'gen_ai.request.seed',
  requestStopSequences: 'gen_ai.request.stop_sequences',
  requestFrequencyPenalty: 'gen_ai.request.frequency_penalty',
  requestPresencePenalty: 'gen_ai.request.presence_penalty',
  requestChoiceCount: 'gen_ai.request.choice.count',
  requestEncodingFormats: 'gen_ai.request.encoding_formats',

  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  responseFinishReasons: 'gen_ai.response.finish_reasons',
  /** In seconds, from the request to the first chunk. */
  responseTimeToFirstChunk: 'gen_ai.response.time_to_first_chunk',

  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  systemInstructions: 'gen_ai.system_instructions',

  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolDescription: 'gen_ai.tool.description',
  toolCallId: 'gen_ai.tool.call.id',
  toolCallArguments: 'gen_ai.tool.call.arguments',
  toolCallResult: 'gen_ai.tool.call.result',
  toolDefinitions: 'gen_ai.tool.definitions',

  /** All input tokens, cached and written to the cache inside. */
  inputTokens: 'gen_ai.usage.input_tokens',
  /** All output tokens, reasoning inside. */
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_write.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  /** In US dollars: no convention has a name for it, several vendors write and read this one (spec/dialects.md, 1.4). */
  cost: 'gen_ai.usage.cost',

  embeddingsDimensionCount: 'gen_ai.embeddings.dimension.count',
  retrievalQueryText: 'gen_ai.retrieval.query.text',
  retrievalDocuments: 'gen_ai.retrieval.documents',
  dataSourceId: 'gen_ai.data_source.id',

  evaluationName: 'gen_ai.evaluation.name',
  evaluationScoreValue: 'gen_ai.evaluation.score.value',
  evaluationScoreLabel: 'gen_ai.evaluation.score.label',
  evaluationExplanation: 'gen_ai.evaluation.explanation',

  /** open-telemetry/semantic-conventions:docs/registry/attributes/{session,user,error,service,deployment,server}.md. */
  sessionId: 'session.id',
  userId: 'user.id',
  errorType: 'error.type',
  serviceName: 'service.name',
  serviceVersion: 'service.version',
  deploymentEnvironment: 'deployment.environment.name',
  serverAddress: 'server.address',
  serverPort: 'server.port',

  /** open-telemetry/semantic-conventions-genai:docs/gen-ai/mcp.md. */
  promptName: 'gen_ai.prompt.name',
  mcpMethodName: 'mcp.method.name',
  mcpProtocolVersion: 'mcp.protocol.version',
  mcpResourceUri: 'mcp.resource.uri',
  mcpSessionId: 'mcp.session.id',
  jsonRpcRequestId: 'jsonrpc.request.id',
  rpcStatusCode: 'rpc.response.status_code',
  networkTransport: 'network.transport',

  /** Ours, where no convention has a name (spec/executions.md). */
  pending: 'spanledger.pending',
  record: 'spanledger.record',
  link: 'spanledger.link',
  caseId: 'spanledger.case.id',
  workflowId: 'spanledger.workflow.id',
  executionId: 'spanledger.execution.id',
  attempt: 'spanledger.attempt',
  agentType: 'spanledger.agent.type',
  outputSchema: 'spanledger.output.schema',
  /** Whether the SDK found the output to follow its schema, and what it found wrong, as JSON. */
  outputValid: 'spanledger.output.valid',
  outputErrors: 'spanledger.output.errors',
  planId: 'spanledger.plan.id',
  planStep: 'spanledger.plan.step',
  workSessionId: 'spanledger.work_session.id',
  agentConversationId: 'spanledger.conversation.id',
  /** Keys of attributes whose values were cut. */
  truncated: 'spanledger.truncated',
  /** What the SDK computed from tokens and prices, in US dollars; `costSource` says by which prices. */
  costUsd: 'spanledger.cost.usd',
  costSource: 'spanledger.cost.source',
  /** Why the SDK ended a span itself: a value of END_CAUSE, or the name of a signal. */
  endCause: 'spanledger.end.cause',
} as const;

/** Values of `gen_ai.operation.name`; the last four are no convention's, and are what the collector reads for them. */
export const OPERATION = {
  chat: 'chat',
  embeddings: 'embeddings',
  executeTool: 'execute_tool',
  invokeAgent: 'invoke_agent',
  invokeWorkflow: 'invoke_workflow',
  retrieval: 'retrieval',
  rerank: 'rerank',
  guardrail: 'guardrail',
  evaluate: 'evaluate',
  step: 'step',
} as const;

/** The value of `error.type` of what was called off by the caller (spec/executions.md, States). */
export const ERROR_TYPE_CANCELLED = 'cancelled';

/** The value of `error.type` of a tool that answered with an error (docs/gen-ai/mcp.md, `error.type`). */
export const ERROR_TYPE_TOOL = 'tool_error';

/** Values of `spanledger.link`, on links between spans. */
export const LINK = { retryOf: 'retry_of', handoffFrom: 'handoff_from' } as const;

/** Values of `spanledger.end.cause` besides the names of signals. */
export const END_CAUSE = {
  /** An error that nobody caught ended the process. */
  uncaughtException: 'uncaught_exception',
  /** A promise that was rejected without a handler ended the process. */
  unhandledRejection: 'unhandled_rejection',
  /** Code called `process.exit`. */
  exit: 'exit',
  /** The process had nothing left to do, and the span was never ended. */
  abandoned: 'abandoned',
} as const;
