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
