import { z } from 'zod';
import { ExecutionForest, pageOf } from '../answers.js';
import { operations } from '../operations.js';
import {
  ExecutionIdParameter,
  measureQuery,
  pageQuery,
  sortQuery,
  textParameter,
  timeQuery,
  TraceIdParameter,
} from '../parameters.js';
import { defineRoute } from '../route.js';
import { Execution, RunStatus, SpanSummary } from '../shapes.js';

const tag = 'Executions';
const params = z.strictObject({ execution_id: ExecutionIdParameter });

export const executions = {
  list: defineRoute(operations.executions.list, {
    tag,
    summary: 'List agent executions',
    description:
      'One row for each time an agent ran. Newest first, or by `sort`. All given filters must hold.',
    query: z.strictObject({
      ...timeQuery,
      trace_id: TraceIdParameter.optional(),
      case_id: textParameter('The matter that was worked on.').optional(),
      workflow_id: textParameter('The run that the execution belongs to.').optional(),
      agent_name: textParameter('Name of the agent.').optional(),
      agent_type: textParameter('Type of the agent.').optional(),
      model: textParameter('A model that was used.').optional(),
      provider: textParameter('Model provider.').optional(),
      status: RunStatus.optional().describe('Status of the execution.'),
      session_id: textParameter('Session id.').optional(),
      user_id: textParameter('User id.').optional(),
      parent_execution_id: ExecutionIdParameter.optional(),
      error_type: textParameter('Type of the error that ended it.').optional(),
      ...measureQuery,
      ...sortQuery,
      ...pageQuery,
    }),
    response: pageOf(Execution),
  }),
  get: defineRoute(operations.executions.get, {
    tag,
    summary: 'Show an execution',
    description: 'Token counts and cost hold nested agents; those that begin with `own_` leave them out.',
    params,
    response: Execution,
  }),
  tree: defineRoute(operations.executions.tree, {
    tag,
    summary: 'Show an execution with its descendants',
    description: 'The execution as the one root, nested executions under their parents.',
    params,
    response: ExecutionForest,
  }),
  spans: defineRoute(operations.executions.spans, {
    tag,
    summary: 'List the spans of an execution',
    description: 'The span of the execution and everything below it in its trace, in start order.',
    params,
    query: z.strictObject({ ...pageQuery }),
    response: pageOf(SpanSummary),
  }),
};
