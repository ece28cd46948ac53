/**
 * The SDK: records what agents do as standard OpenTelemetry spans.
 * @packageDocumentation
 */
export { init, spanledgerSpanProcessor } from './setup/init.js';
export type { FlushOptions, Spanledger } from './setup/handle.js';
export type {
  ContentOptions,
  ExitOptions,
  ExportOptions,
  InitOptions,
  PropagatorName,
  Protocol,
} from './config/options.js';
export type { CaptureLevel, CaptureOptions } from './pipeline/capture.js';
export type { CostOptions } from './pipeline/cost.js';
export type { PendingOptions } from './pipeline/pending-spans.js';
export type { ModelPrice, PriceTable } from './pipeline/price-table.js';
export type { RedactionContext, RedactionOptions } from './pipeline/redaction.js';
export type { SamplingOptions } from './pipeline/tail-sampling.js';
export type { TruncationOptions } from './pipeline/truncation.js';
export { agent, handoff, workflow } from './operations/agent.js';
export type { AgentOptions, HandoffOptions, WorkflowOptions } from './operations/agent.js';
export { embedding, generation } from './operations/generation.js';
export type { EmbeddingOptions, GenerationOptions, RequestParameters } from './operations/generation.js';
export { evaluation, guardrail, retrieval, step, tool } from './operations/tool.js';
export type { NamedOptions, RetrievalOptions, ToolOptions } from './operations/tool.js';
export { identify, type Identity } from './operations/identity.js';
export { current } from './operations/operation.js';
export type { Operation, ResponseFacts, Score, Usage } from './operations/operation.js';
export type { OperationOptions } from './operations/run.js';
export { traced, wrap } from './operations/wrap.js';
export type { OperationType } from './operations/kinds.js';
export type { As, WrapCapture, WrapOptions, WrappedOperation } from './operations/wrap.js';
export type {
  Message,
  MessagePart,
  OtherPart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolCallResponsePart,
} from './operations/messages.js';
export { extractContext, withRemoteParent, type ExtractOptions } from './propagation/extract.js';
export {
  captureContext,
  injectA2a,
  injectHeaders,
  injectMcp,
  type InjectOptions,
  type OutgoingHeaders,
  type WithA2aMetadata,
  type WithMcpMeta,
} from './propagation/inject.js';
export { handoffFrom, retryOf, type LinkTarget } from './propagation/span-links.js';
export type { TravellingIdentity } from './propagation/travelling-identity.js';
export { emitRecord } from './records/emit-record.js';
export type {
  ArtifactFields,
  CheckpointFields,
  ContextFields,
  ContextKeyFields,
  LogFields,
  MessageFields,
  PlanChange,
  PlanFields,
  PlanStatus,
  QuestionFields,
  RecordFields,
  RecordFieldsByType,
  StepFields,
} from './records/record-fields.js';
export { modelSelected, modelSwitched, type ModelChoice, type ModelSwitch } from './records/models.js';
export { addLog, createPlan, updatePlan } from './records/plans/plans.js';
export type {
  LogEntry,
  NumberedStep,
  Plan,
  PlanOptions,
  PlanReference,
  PlanStep,
  PlanUpdate,
} from './records/plans/plans.js';
export {
  deleteContext,
  setContext,
  type ContextEntry,
  type ContextKey,
} from './records/plans/context-memory.js';
export { executePlan } from './records/plans/execute-plan.js';
export type {
  ExecutedPlan,
  ExecutePlanOptions,
  StepExecutor,
  StepRun,
} from './records/plans/execute-plan.js';
export { stepsToSubtasks } from './records/plans/subtasks.js';
export { getContext, getPlan, queryContext, queryLogs, queryPlans } from './records/plans/plan-reads.js';
export type {
  ContextQuery,
  LogQuery,
  PageQuery,
  PlanQuery,
  StoredContext,
  StoredLog,
  StoredPlan,
  StoredStep,
} from './records/plans/plan-reads.js';
export { SpanledgerApiError } from './records/api/api-error.js';
export type { Page } from './records/api/request.js';
export type { WaitOptions } from './records/api/poll.js';
export { ask, type Answer, type AskOptions, type Question } from './records/conversations/ask.js';
export { onQuestion } from './records/conversations/questions.js';
export type {
  IncomingQuestion,
  Listening,
  OnQuestionOptions,
  QuestionHandler,
} from './records/conversations/questions.js';
export { storeArtifact } from './records/work-sessions/artifacts.js';
export type {
  ArtifactOptions,
  ArtifactReference,
  StoredArtifact,
} from './records/work-sessions/artifacts.js';
export {
  checkpoint,
  type CheckpointDecision,
  type CheckpointOptions,
} from './records/work-sessions/checkpoint.js';
export { worker, type Worker, type WorkerOptions } from './records/work-sessions/worker.js';
export type { Work, WorkHandler } from './records/work-sessions/work.js';
export { checkOutput, outputSchema, OutputValidationError } from './records/outputs/output-schema.js';
export type {
  InvalidOutput,
  OutputCheck,
  OutputIssue,
  OutputSchema,
  ValidOutput,
} from './records/outputs/output-schema.js';
export { recordOutput, type RecordOutputOptions } from './records/outputs/record-output.js';
export type {
  StandardFailure,
  StandardIssue,
  StandardPathSegment,
  StandardProperties,
  StandardResult,
  StandardSchema,
  StandardSuccess,
  StandardTypes,
} from './records/outputs/standard-schema.js';
export { triageV1 } from './records/outputs/triage.js';
export type {
  ComplexityAssessment,
  DomainScore,
  ExtractedEntity,
  ExtractedEntityInput,
  FileGrouping,
  FileSummary,
  TriageFileResult,
  TriageFileResultInput,
  TriageInput,
  TriageOutput,
} from './records/outputs/triage.js';
export { wrapModel } from './patches/ai-sdk.js';
export { patchAnthropic } from './patches/anthropic.js';
export { patchMcp, type McpPatchOptions } from './patches/mcp.js';
export { patchOpenAI, type ModelPatchOptions } from './patches/openai.js';
export type { Patch } from './patches/patch.js';
