import { ATTR } from '../semconv.js';
import { quietly } from '../quietly.js';
import { judge, toVerdictAttributes, type OutputSchema } from '../records/outputs/output-schema.js';
import { isContentCaptured } from '../setup/tracer.js';
import { KINDS, type OperationKind } from './kinds.js';
import { toParts } from './messages.js';
import type { Operation } from './operation.js';
import { renderJson } from './render-json.js';
import { run, type OperationOptions, type Start } from './run.js';

/** What is known of an agent's run when it starts. */
export interface AgentOptions extends OperationOptions {
  /** The agent's name, the same for all its runs. */
  name: string;
  /** The agent's id, where the platform gives it one. */
  id?: string | undefined;
  /** The agent's version. */
  version?: string | undefined;
  /** What the agent is for. */
  description?: string | undefined;
  /** `LlmAgent`, `supervisor` or any other word: `spanledger.agent.type`. */
  type?: string | undefined;
  /** Its system prompt: a text or parts of the conventions. */
  system?: unknown;
  /** The model that it asks, where it is always the same. */
  model?: string | undefined;
  /** 1 for the first attempt, 2 for the next: `spanledger.attempt`. */
  attempt?: number | undefined;
  /** The same for all attempts at the same work: `spanledger.execution.id`. */
  executionId?: string | undefined;
  /**
   * The schema that its output follows, by name or itself: `spanledger.output.schema`. With the schema itself, the output is
   * checked before it is recorded, where outputs are recorded at all.
   */
  outputSchema?: string | OutputSchema | undefined;
}

/** What is known of a workflow when it starts. */
export interface WorkflowOptions extends OperationOptions {
  /** The workflow's name, the same for all its runs. */
  name: string;
}

/** What is known of a hand-over when it starts. */
export interface HandoffOptions extends OperationOptions {
  /** The agent that takes over. */
  name: string;
  /** The model's tool call that asked for it. */
  callId?: string | undefined;
}

/**
 * Runs a function as an agent: one execution in Spanledger, a span `invoke_agent NAME` for everybody else. Input is
 * `input`; output is what the function gives, unless `setOutput` is called. Sync functions stay sync, promises
 * promises; a stream that is returned keeps the span open until it is drained, broken off or failed. Errors are
 * recorded and thrown on as they are.
 */
export function agent<R>(nameOrOptions: string | AgentOptions, fn: (operation: Operation) => R): R {
  return run(() => describeAgent(nameOrOptions), fn);
}

/**
 * Runs a function as a workflow, a named course of several agents or steps: a span `invoke_workflow NAME`. With
 * `workflowId` all executions within belong to one run. Results and errors are as those of `agent`.
 */
export function workflow<R>(nameOrOptions: string | WorkflowOptions, fn: (operation: Operation) => R): R {
  return run(() => describeWorkflow(nameOrOptions), fn);
}

/**
 * Records that an agent hands over to another: a tool call `transfer_to_NAME`, with the other agent's run inside when
 * it is started in the function. Results and errors are as those of `agent`.
 */
export function handoff<R>(nameOrOptions: string | HandoffOptions, fn: (operation: Operation) => R): R {
  return run(() => describeHandoff(nameOrOptions), fn);
}

/** @internal */
export function describeAgent(given: string | AgentOptions): Start {
  const options: AgentOptions = typeof given === 'string' ? { name: given } : given;
  const { outputSchema: schema } = options;
  return {
    kind: typeof schema === 'object' ? withVerdict(KINDS.agent, schema) : KINDS.agent,
    name: options.name,
    options,
    attributes: {
      [ATTR.agentName]: options.name,
      [ATTR.agentId]: options.id,
      [ATTR.agentVersion]: options.version,
      [ATTR.agentDescription]: options.description,
      [ATTR.agentType]: options.type,
      [ATTR.requestModel]: options.model,
      [ATTR.attempt]: options.attempt,
      [ATTR.executionId]: options.executionId,
      [ATTR.outputSchema]: typeof schema === 'object' ? schema.name : schema,
      [ATTR.systemInstructions]: isContentCaptured() ? renderJson(toParts(options.system)) : undefined,
    },
  };
}

/** @internal */
export function describeWorkflow(given: string | WorkflowOptions): Start {
  const options = typeof given === 'string' ? { name: given } : given;
  return {
    kind: KINDS.workflow,
    name: options.name,
    options,
    attributes: { [ATTR.workflowName]: options.name },
  };
}

/** @internal */
export function describeHandoff(given: string | HandoffOptions): Start {
  const options = typeof given === 'string' ? { name: given } : given;
  // The collector knows a hand-over by the tool's name, as OpenAI Agents, ADK and LangGraph call it (spec/dialects.md, 1.3).
  const toolName = `transfer_to_${options.name}`;
  return {
    kind: KINDS.handoff,
    name: toolName,
    options,
    attributes: { [ATTR.toolName]: toolName, [ATTR.toolType]: 'function', [ATTR.toolCallId]: options.callId },
  };
}

/** The kind with what the schema says of outputs beside them. Text that is JSON is checked as what it says. */
function withVerdict(kind: OperationKind, schema: OutputSchema): OperationKind {
  const addTo = (write: OperationKind['output']) => (value: unknown) => ({
    ...write(value),
    ...quietly(() => toVerdictAttributes(judge(schema, readJsonText(value)))),
  });
  return { ...kind, output: addTo(kind.output), result: addTo(kind.result) };
}

function readJsonText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
