import type { ContextKey } from './context-memory.js';
import { findApi, flushRecords, request, type ApiRequest, type Page } from '../api/request.js';
import { SpanledgerApiError } from '../api/api-error.js';
import { getPlanId, type PlanReference } from './plans.js';
import type { PlanStatus, StepFields } from '../record-fields.js';

/** A step as the collector knows it; times are RFC 3339, durations in minutes. */
export interface StoredStep extends StepFields {
  /** How far the step is, as its log says. */
  status: string;
  /** When it was started; null before. */
  started_at: string | null;
  /** When it was completed; null before. */
  completed_at: string | null;
  /** How long it took; null before it is completed. */
  actual_duration: number | null;
}

/** A plan as the collector knows it, by the words of its query API. */
export interface StoredPlan {
  /** What the plan is found by. */
  id: string;
  /** What the plan is for; null where no task was named. */
  task_id: string | null;
  /** What kind of plan it is. */
  plan_type: string;
  /** How far it is. */
  status: PlanStatus;
  /** The step that is being done, from 1. */
  current_step: number | null;
  /** How many steps it has. */
  total_steps: number;
  /** Its steps, in order. */
  plan: StoredStep[];
  /** Why the plan is as it is. */
  agent_reasoning: string | null;
  /** The agent that made it. */
  agent_name: string | null;
  /** The execution in which it was made. */
  execution_id: string | null;
  /** The trace in which it was made. */
  trace_id: string | null;
  /** Whose it is; null where it is nobody's own. */
  user_id: string | null;
  /** When it was made. */
  created_at: string;
  /** When it was changed last. */
  updated_at: string;
  /** When it was completed; null before. */
  completed_at: string | null;
  /** Only where they were asked for. */
  logs?: StoredLog[];
  /** Only where it was asked for. */
  context?: StoredContext[];
}

/** An entry of the action log as the collector knows it. */
export interface StoredLog {
  /** The entry's own id. */
  id: string;
  /** The plan that it belongs to. */
  plan_id: string | null;
  /** The step of the plan, from 1. */
  step_number: number | null;
  /** What was done: `start_step`, `block`, … */
  action_type: string;
  /** What was worked on. */
  entity_id: string | null;
  /** What was done, in a sentence. */
  description: string | null;
  /** The state before, any JSON value. */
  before_state: unknown;
  /** The state after, any JSON value. */
  after_state: unknown;
  /** What went wrong. */
  error_message: string | null;
  /** From 0 to 1. */
  confidence: number | null;
  /** The trace in which it was written. */
  trace_id: string | null;
  /** The span of the record. */
  span_id: string | null;
  /** When it was written. */
  created_at: string;
}

/** Something remembered, as the collector knows it. */
export interface StoredContext {
  /** The entry's own id. */
  id: string;
  /** The task that it belongs to. */
  task_id: string | null;
  /** The plan that it belongs to. */
  plan_id: string | null;
  /** `goal`, `research`, … */
  context_type: string;
  /** Its name within the type. */
  key: string;
  /** What is remembered; a value that was no text is JSON. */
  value: string;
  /** Any JSON value. */
  metadata: unknown;
  /** When it was set last. */
  updated_at: string;
}

/** Which part of a list; times are RFC 3339 or relative (`15m`, `24h`, `7d`). */
export interface PageQuery {
  /** No earlier than this. */
  from?: string | undefined;
  /** No later than this. */
  to?: string | undefined;
  /** Default 50, at most 500. */
  limit?: number | undefined;
  /** `next_cursor` of the page before. */
  cursor?: string | undefined;
}

/** Which plans. */
export interface PlanQuery extends PageQuery {
  /** How far they are. */
  status?: PlanStatus | undefined;
  /** What they are for. */
  taskId?: string | undefined;
  /** What kind of plan they are. */
  type?: string | undefined;
  /** The agent that made them. */
  agentName?: string | undefined;
  /** Whose they are. */
  userId?: string | undefined;
}

/** Which entries of the action log. */
export interface LogQuery extends PageQuery {
  /** The plan that they belong to. */
  plan?: PlanReference | undefined;
  /** The task that they belong to. */
  taskId?: string | undefined;
  /** The step of the plan, from 1. */
  step?: number | undefined;
  /** What was done: `start_step`, `block`, … */
  action?: string | undefined;
  /** Only those with an error message. */
  errorsOnly?: boolean | undefined;
  /** Only those whose confidence is lower. */
  confidenceBelow?: number | undefined;
  /** Words of the description. */
  text?: string | undefined;
}

/** What of the context memory. */
export interface ContextQuery extends PageQuery, Partial<ContextKey> {
  /** Words of the value, for full-text search. */
  text?: string | undefined;
}

/**
 * Reads a plan, with its log and its context where that is asked for; undefined where there is none, or where the SDK is
 * not initialised. What was recorded before is sent first. Rejects with {@link SpanledgerApiError}.
 */
export async function getPlan(
  plan: PlanReference,
  include: { logs?: boolean; context?: boolean } = {},
): Promise<StoredPlan | undefined> {
  const parts = [
    ...(include.logs === true ? ['logs'] : []),
    ...(include.context === true ? ['context'] : []),
  ];
  const path = `/plans/${encodeURIComponent(getPlanId(plan))}`;
  try {
    return await read<StoredPlan>({ path, query: { include: parts.length === 0 ? undefined : parts } });
  } catch (error) {
    if (error instanceof SpanledgerApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Lists plans, the newest first. Empty where the SDK is not initialised. Rejects with {@link SpanledgerApiError}. */
export async function queryPlans(query: PlanQuery = {}): Promise<Page<StoredPlan>> {
  const { status, taskId: task, type, agentName: agent, userId: user, ...page } = query;
  return list({ path: '/plans', query: { status, task, type, agent, user, ...page } });
}

/** Lists entries of the action log. Empty where the SDK is not initialised. Rejects with {@link SpanledgerApiError}. */
export async function queryLogs(query: LogQuery = {}): Promise<Page<StoredLog>> {
  const { plan, taskId: task, step, action, errorsOnly, confidenceBelow, text, ...page } = query;
  return list({
    path: '/logs',
    query: {
      plan: toId(plan),
      task,
      step,
      action_type: action,
      errors_only: errorsOnly,
      confidence_below: confidenceBelow,
      q: text,
      ...page,
    },
  });
}

/** Searches the context memory. Empty where the SDK is not initialised. Rejects with {@link SpanledgerApiError}. */
export async function queryContext(query: ContextQuery = {}): Promise<Page<StoredContext>> {
  const { plan, taskId: task, type, key, text, ...page } = query;
  return list({ path: '/context', query: { task, plan: toId(plan), type, key, q: text, ...page } });
}

/**
 * Reads what is remembered under a key; undefined where there is nothing, or where the SDK is not initialised. What was
 * recorded before is sent first. Rejects with {@link SpanledgerApiError}.
 */
export async function getContext(key: ContextKey): Promise<StoredContext | undefined> {
  const { data } = await queryContext({ ...key, limit: 1 });
  return data[0];
}

function toId(plan: PlanReference | undefined): string | undefined {
  return plan === undefined ? undefined : getPlanId(plan);
}

async function list<Row>(asked: ApiRequest): Promise<Page<Row>> {
  return (await read<Page<Row>>(asked)) ?? { data: [], next_cursor: null };
}

async function read<Body>(asked: ApiRequest): Promise<Body | undefined> {
  const api = findApi();
  if (api === undefined) return undefined;
  await flushRecords();
  return request<Body>(api, asked);
}
