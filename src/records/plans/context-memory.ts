import { renderJson } from '../../operations/render-json.js';
import { quietly } from '../../quietly.js';
import { emitRecord } from '../emit-record.js';
import { getPlanId, type PlanReference } from './plans.js';

/** What a thing that is remembered is found by. */
export interface ContextKey {
  /** The task that it belongs to; a task, a plan or both. */
  taskId?: string | undefined;
  /** The plan that it belongs to. */
  plan?: PlanReference | undefined;
  /** `goal`, `research`, `dependencies`, `blockers`, `notes` or any other word. */
  type: string;
  /** Its name within the type. */
  key: string;
}

/** What is remembered. */
export interface ContextEntry extends ContextKey {
  /** A text; any other value is kept as JSON. */
  value: unknown;
  /** Any value that JSON can say. */
  metadata?: unknown;
}

/** Records something to be remembered, in place of what the same key had before. Never throws. */
export function setContext(entry: ContextEntry): void {
  quietly(() => {
    const { value, metadata } = entry;
    emitRecord('context.set', { ...toKeyFields(entry), value: renderJson(value), metadata });
  });
}

/** Records that something need not be remembered any more; its history stays. Never throws. */
export function deleteContext(key: ContextKey): void {
  quietly(() => emitRecord('context.deleted', toKeyFields(key)));
}

function toKeyFields({ taskId, plan, type, key }: ContextKey) {
  return { taskId, ...(plan !== undefined && { planId: getPlanId(plan) }), type, key };
}
