import { addLog, type NumberedStep, type Plan } from './plans.js';

/**
 * Turns each step of a plan into a subtask, one after the other, through a function that makes one where you keep tasks,
 * and logs each as `create_subtask` with the id that it is or has. Gives what the function gave, in order; its errors are
 * thrown on, and the steps after it are left.
 */
export async function stepsToSubtasks<R>(
  plan: Plan,
  create: (step: NumberedStep, plan: Plan) => R | Promise<R>,
): Promise<R[]> {
  const created: R[] = [];
  for (const step of plan.steps) {
    const subtask = await create(step, plan);
    const entityId = readId(subtask);
    addLog({
      plan,
      taskId: plan.taskId,
      step: step.step,
      action: 'create_subtask',
      entityId,
      description: step.action,
    });
    created.push(subtask);
  }
  return created;
}

function readId(subtask: unknown): string | undefined {
  if (typeof subtask === 'string') return subtask;
  const id: unknown =
    typeof subtask === 'object' && subtask !== null && 'id' in subtask ? subtask.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}
