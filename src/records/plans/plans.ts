import { randomUUID } from 'node:crypto';
import { quietly } from '../../quietly.js';
import { emitRecord } from '../emit-record.js';
import { warnOfRecord } from '../record-attributes.js';
import type { PlanStatus, StepFields } from '../record-fields.js';

/** What an agent means to do, one step of it. */
export interface PlanStep {
  /** What is done, in a few words. */
  action: string;
  /** What is done, at length. */
  description?: string | undefined;
  /** How long it is thought to take. */
  estimatedMinutes?: number | undefined;
}

/** A step that has its place in a plan. */
export interface NumberedStep extends PlanStep {
  /** From 1. */
  step: number;
}

/** What a new plan is made of. */
export interface PlanOptions {
  /** `research`, `implementation`, `subtask_breakdown` or any other word. */
  type: string;
  /** In order; a text is a step with that action. */
  steps: readonly (string | PlanStep)[];
  /** What the plan is for, by your own id. */
  taskId?: string | undefined;
  /** The plan's id, 1 to 200 characters. Default: a new one. */
  id?: string | undefined;
  /** Why the plan is as it is. */
  reasoning?: string | undefined;
}

/** A plan as it was made. What became of it is read with `getPlan`. */
export interface Plan {
  /** What the plan is found by. */
  id: string;
  /** What kind of plan it is. */
  type: string;
  /** What the plan is for; undefined where no task was named. */
  taskId: string | undefined;
  /** What is to be done, in order. */
  steps: readonly NumberedStep[];
}

/** What of a plan is changed. */
export interface PlanUpdate {
  /** How far it is. */
  status?: PlanStatus | undefined;
  /** The step that is being done, from 1; the number of steps plus 1 when all are done. */
  currentStep?: number | undefined;
  /** Why the plan is as it now is. */
  reasoning?: string | undefined;
  /** All steps, in place of those before. */
  steps?: readonly (string | PlanStep)[] | undefined;
}

/** A plan, or its id. */
export type PlanReference =
  | string
  | {
      /** The plan's own id. */
      readonly id: string;
    };

/** One thing that was done. */
export interface LogEntry {
  /** The plan that it belongs to, where there is one. */
  plan?: PlanReference | undefined;
  /** The task that it belongs to. */
  taskId?: string | undefined;
  /** The step of the plan, from 1. */
  step?: number | undefined;
  /**
   * `start_step`, `complete_step`, `create_subtask`, `block`, `unblock`, `decide`, `note` or any other word. A plan is blocked
   * from a `block` until an `unblock`.
   */
  action: string;
  /** What was worked on, by your own id. */
  entityId?: string | undefined;
  /** What was done, in a sentence. */
  description?: string | undefined;
  /** Any value that JSON can say. */
  beforeState?: unknown;
  /** Any value that JSON can say. */
  afterState?: unknown;
  /** What went wrong. */
  errorMessage?: string | undefined;
  /** From 0 to 1. */
  confidence?: number | undefined;
}

/**
 * Records what an agent means to do, before it does it. Gives the plan, with a new id unless one is given, also where
 * nothing is recorded. Never throws.
 */
export function createPlan(options: PlanOptions): Plan {
  const { type, taskId, reasoning, id = randomUUID() } = options;
  const steps = numberSteps(options.steps);
  emitRecord('plan.created', { id, taskId, type, steps: steps.map(toFields), reasoning });
  return { id, type, taskId, steps };
}

/** Records that a plan is now otherwise. What is left out stays as it is. Never throws. */
export function updatePlan(plan: PlanReference, update: PlanUpdate): void {
  quietly(() => {
    const { status, currentStep, reasoning, steps } = update;
    emitRecord('plan.updated', {
      id: getPlanId(plan),
      status,
      currentStep,
      reasoning,
      ...(steps !== undefined && { steps: numberSteps(steps).map(toFields) }),
    });
  });
}

/** Records one thing that was done: an entry of the action log. Never throws. */
export function addLog(entry: LogEntry): void {
  quietly(() => {
    const { plan, step, action, ...rest } = entry;
    const { confidence } = rest;
    if (confidence !== undefined && !(confidence >= 0 && confidence <= 1)) {
      warnOfRecord('log.added', 'confidence', `must be from 0 to 1, and is ${confidence}`);
    }
    emitRecord('log.added', {
      ...(plan !== undefined && { planId: getPlanId(plan) }),
      stepNumber: step,
      actionType: action,
      ...rest,
    });
  });
}

/** @internal */
export function getPlanId(plan: PlanReference): string {
  return typeof plan === 'string' ? plan : plan.id;
}

/** What a user without types may give is made into no steps. */
function numberSteps(steps: readonly (string | PlanStep)[]): NumberedStep[] {
  if (!Array.isArray(steps)) return [];
  return steps.map((step: string | PlanStep, index) => ({
    ...(typeof step === 'string' ? { action: step } : step),
    step: index + 1,
  }));
}

/** By the words of the stored plan (spec/plans.md, Records). */
function toFields({ step, action, description, estimatedMinutes }: NumberedStep): StepFields {
  return {
    step,
    action,
    ...(description !== undefined && { description }),
    ...(estimatedMinutes !== undefined && { estimated_duration: estimatedMinutes }),
  };
}
