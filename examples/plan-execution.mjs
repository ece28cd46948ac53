// An agent that plans first, then does its plan step by step, and keeps what it learned.
import { agent, executePlan, generation, init, setContext } from 'spanledger';

init({ serviceName: 'research' });

const TASK = 'task-42';
const REQUEST = 'Which license should the project have?';

const report = await agent({ name: 'researcher', input: REQUEST, caseId: TASK }, async () => {
  setContext({ taskId: TASK, type: 'goal', key: 'question', value: REQUEST });
  const steps = JSON.parse(await chat(`Make a plan: ${REQUEST}`));
  // Each step is a span, with its start and end in the action log and its result as the state after it. Where one
  // fails, the plan is blocked, the error is kept under `blockers`, and is thrown here as it is.
  const { results } = await executePlan(TASK, 'research', steps, async ({ step, action }, { plan }) => {
    const found = await chat(`${action}. ${REQUEST}`);
    setContext({ taskId: TASK, plan, type: 'research', key: `step ${step}`, value: found });
    return found;
  });
  return results.at(-1);
});
console.log(report);

function chat(input) {
  return generation({ model: 'claude-sonnet-4-5', provider: 'anthropic', input }, async (call) => {
    const { text, usage } = await askModel(input);
    call.setUsage(usage);
    return text;
  });
}

/** Stands for the provider: put your call here. */
async function askModel(input) {
  const plan = [
    { action: 'Read the dependencies', description: 'package.json and its lock', estimatedMinutes: 2 },
    { action: 'Compare the licenses', estimatedMinutes: 5 },
    { action: 'Recommend one' },
  ];
  if (input.startsWith('Make a plan')) {
    return { text: JSON.stringify(plan), usage: { inputTokens: 60, outputTokens: 45 } };
  }
  const text = input.startsWith('Recommend') ? 'Apache-2.0.' : `Done: ${input}`;
  return { text, usage: { inputTokens: 100, outputTokens: 20 } };
}
