import type { Routes } from '../contract/routes.js';
import type { GroupHandlers, HandlerOptions } from './handler.js';
import { createExecutionHandlers } from './handlers/executions.js';
import { createPriceHandlers } from './handlers/prices.js';
import { createRerunHandlers } from './handlers/reruns.js';
import { createRetentionHandlers } from './handlers/retention.js';
import { createSessionHandlers } from './handlers/sessions.js';
import { createIngestHandlers, createLogRecordHandlers, createMetricHandlers } from './handlers/telemetry.js';
import { createSpanHandlers, createTraceHandlers } from './handlers/traces.js';

export type Handlers = { [Group in keyof Routes]: GroupHandlers<Routes[Group]> };

/** A handler for every route of the contract; a missing one does not compile. */
export function createHandlers(options: HandlerOptions, openapi: Record<string, unknown>): Handlers {
  return {
    traces: createTraceHandlers(options),
    spans: createSpanHandlers(options),
    sessions: createSessionHandlers(options),
    executions: createExecutionHandlers(options),
    logRecords: createLogRecordHandlers(options),
    metrics: createMetricHandlers(options),
    ingest: createIngestHandlers(options),
    prices: createPriceHandlers(options),
    reruns: createRerunHandlers(options),
    retention: createRetentionHandlers(options),
    openapi: { get: () => Promise.resolve(openapi) },
  };
}
