/** Where one operation of the query API lives. Path parameters stand in braces, as OpenAPI writes them. */
export interface Operation {
  operationId: string;
  method: 'get' | 'put' | 'post' | 'delete';
  path: `/api/v1/${string}`;
}

/**
 * Every route of the query API, by noun and verb: the only place that holds a path. What a route takes and answers is
 * in `routes/`; this file is apart from it so that the client needs no schema at run time.
 */
export const operations = {
  traces: {
    list: { operationId: 'listTraces', method: 'get', path: '/api/v1/traces' },
    get: { operationId: 'getTrace', method: 'get', path: '/api/v1/traces/{trace_id}' },
    spans: { operationId: 'listTraceSpans', method: 'get', path: '/api/v1/traces/{trace_id}/spans' },
    tree: { operationId: 'getTraceTree', method: 'get', path: '/api/v1/traces/{trace_id}/tree' },
    timeline: { operationId: 'listTraceTimeline', method: 'get', path: '/api/v1/traces/{trace_id}/timeline' },
    summary: { operationId: 'getTraceSummary', method: 'get', path: '/api/v1/traces/{trace_id}/summary' },
  },
  spans: {
    get: { operationId: 'getSpan', method: 'get', path: '/api/v1/spans/{trace_id}/{span_id}' },
    explain: {
      operationId: 'explainSpan',
      method: 'get',
      path: '/api/v1/spans/{trace_id}/{span_id}/explain',
    },
  },
  sessions: {
    list: { operationId: 'listSessions', method: 'get', path: '/api/v1/sessions' },
    get: { operationId: 'getSession', method: 'get', path: '/api/v1/sessions/{session_id}' },
    traces: { operationId: 'listSessionTraces', method: 'get', path: '/api/v1/sessions/{session_id}/traces' },
    entries: {
      operationId: 'listSessionEntries',
      method: 'get',
      path: '/api/v1/sessions/{session_id}/entries',
    },
  },
  executions: {
    list: { operationId: 'listExecutions', method: 'get', path: '/api/v1/executions' },
    get: { operationId: 'getExecution', method: 'get', path: '/api/v1/executions/{execution_id}' },
    tree: { operationId: 'getExecutionTree', method: 'get', path: '/api/v1/executions/{execution_id}/tree' },
    spans: {
      operationId: 'listExecutionSpans',
      method: 'get',
      path: '/api/v1/executions/{execution_id}/spans',
    },
  },
  logRecords: {
    list: { operationId: 'listLogRecords', method: 'get', path: '/api/v1/log-records' },
    explain: {
      operationId: 'explainLogRecord',
      method: 'get',
      path: '/api/v1/log-records/{record_id}/explain',
    },
  },
  metrics: {
    list: { operationId: 'listMetrics', method: 'get', path: '/api/v1/metrics' },
    points: { operationId: 'listMetricPoints', method: 'get', path: '/api/v1/metrics/{name}/points' },
  },
  ingest: {
    issues: { operationId: 'listIngestIssues', method: 'get', path: '/api/v1/ingest/issues' },
    summary: { operationId: 'summarizeIngestIssues', method: 'get', path: '/api/v1/ingest/issues/summary' },
    where: { operationId: 'whereIsSpan', method: 'get', path: '/api/v1/ingest/where' },
  },
  prices: {
    list: { operationId: 'listPrices', method: 'get', path: '/api/v1/prices' },
    create: { operationId: 'createPrice', method: 'post', path: '/api/v1/prices' },
    // Before `{price_id}`: the first path that fits answers.
    quote: { operationId: 'quotePrice', method: 'get', path: '/api/v1/prices/quote' },
    missing: { operationId: 'listMissingPrices', method: 'get', path: '/api/v1/prices/missing' },
    recompute: { operationId: 'recomputePrices', method: 'post', path: '/api/v1/prices/recompute' },
    get: { operationId: 'getPrice', method: 'get', path: '/api/v1/prices/{price_id}' },
    replace: { operationId: 'replacePrice', method: 'put', path: '/api/v1/prices/{price_id}' },
    remove: { operationId: 'deletePrice', method: 'delete', path: '/api/v1/prices/{price_id}' },
  },
  reruns: {
    reproject: { operationId: 'reproject', method: 'post', path: '/api/v1/reproject' },
    list: { operationId: 'listReruns', method: 'get', path: '/api/v1/reruns' },
    get: { operationId: 'getRerun', method: 'get', path: '/api/v1/reruns/{rerun_id}' },
    cancel: { operationId: 'cancelRerun', method: 'post', path: '/api/v1/reruns/{rerun_id}/cancel' },
  },
  retention: {
    get: { operationId: 'getRetention', method: 'get', path: '/api/v1/retention' },
    set: { operationId: 'setRetention', method: 'put', path: '/api/v1/retention' },
    run: { operationId: 'runRetention', method: 'post', path: '/api/v1/retention/run' },
    runs: { operationId: 'listRetentionRuns', method: 'get', path: '/api/v1/retention/runs' },
  },
  openapi: {
    get: { operationId: 'getOpenApi', method: 'get', path: '/api/v1/openapi.json' },
  },
} as const satisfies Record<string, Record<string, Operation>>;

export type Operations = typeof operations;
