import { readErrorType, readMessage } from '../../operations/failures.js';
import type { Operation } from '../../operations/operation.js';
import { step as runStep } from '../../operations/tool.js';
import { ATTR, ERROR_TYPE_CANCELLED } from '../../semconv.js';
import { setContext } from './context-memory.js';
import { addLog, createPlan, updatePlan, type NumberedStep, type Plan, type PlanStep } from './plans.js';

/** How a plan is executed. */
export interface ExecutePlanOptions {
  /** The plan's id. Default: a new one. */
  id?: string | undefined;
  /** Why the plan is as it is. */
  reasoning?: string | undefined;
  /** Stops before the next step, with the signal's reason; the executor is given it for what it does itself. */
  signal?: AbortSignal | undefined;
}

/** What the executor of a step is given beside the step. */
export interface StepRun {
  /** The plan that is executed. */
  plan: Plan;
  /** The step's span. */
  operation: Operation;
  /** As it was given to `executePlan`. */
  signal: AbortSignal | undefined;
}

/** Does one step. What it gives is stored as the state after it. */
export type StepExecutor<R> = (step: NumberedStep, run: StepRun) => R | Promise<R>;

/** A plan all of whose steps were done. */
export interface ExecutedPlan<R> {
  /** The plan that was executed. */
  plan: Plan;
  /** What the executor gave for each step, in order. */
  results: R[];
}

/**
 * Makes a plan and does it step by step: each step in a span of its own, with its start and its completion in the action
 * log and what the executor gives as state after it.
 *
 * Where a step fails, the log has a `block` with the error's message, the plan is blocked, the error stands in the context
 * under `blockers`, and the promise is rejected with the error as it is; an AbortError cancels the plan instead. The
 * executor runs just the same where nothing is recorded.
 */
export async function executePlan<R>(
  task: string | { readonly id: string },
  type: string,
  steps: readonly (string | PlanStep)[],
  executor: StepExecutor<R>,
  { id, reasoning, signal }: ExecutePlanOptions = {},
): Promise<ExecutedPlan<R>> {
  const taskId = typeof task === 'string' ? task : task.id;
  return runStep(`plan ${type}`, async (operation) => {
    operation.omitOutput();
    const plan = createPlan({ id, taskId, type, steps, reasoning });
    operation.setAttributes({ [ATTR.planId]: plan.id });
    const results: R[] = [];
    for (const step of plan.steps) {
      try {
        signal?.throwIfAborted();
        results.push(await executeStep(plan, step, executor, signal));
      } catch (error) {
        recordStop(plan, step, error);
        throw error;
      }
    }
    updatePlan(plan, { status: 'completed', currentStep: plan.steps.length + 1 });
    return { plan, results };
  });
}

async function executeStep<R>(
  plan: Plan,
  step: NumberedStep,
  executor: StepExecutor<R>,
  signal: AbortSignal | undefined,
): Promise<R> {
  updatePlan(plan, { status: 'in_progress', currentStep: step.step });
  const attributes = { [ATTR.planId]: plan.id, [ATTR.planStep]: step.step };
  return runStep({ name: step.action, attributes, input: step.description }, async (operation) => {
    addLog({ plan, taskId: plan.taskId, step: step.step, action: 'start_step', description: step.action });
    const result = await executor(step, { plan, operation, signal });
    addLog({ plan, taskId: plan.taskId, step: step.step, action: 'complete_step', afterState: result });
    return result;
  });
}

function recordStop(plan: Plan, { step, action }: NumberedStep, error: unknown): void {
  const { taskId } = plan;
  const errorMessage = readMessage(error);
  if (readErrorType(error) === ERROR_TYPE_CANCELLED) {
    addLog({ plan, taskId, step, action: 'cancel', description: errorMessage });
    updatePlan(plan, { status: 'cancelled' });
    return;
  }
  addLog({ plan, taskId, step, action: 'block', description: `${action} failed`, errorMessage });
  updatePlan(plan, { status: 'blocked' });
  setContext({
    taskId,
    plan,
    type: 'blockers',
    key: `step ${step}`,
    value: errorMessage,
    metadata: { step, action, error_type: readErrorType(error) },
  });
}
