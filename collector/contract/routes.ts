import type { Operations } from './operations.js';
import type { Route } from './route.js';
import { executions } from './routes/executions.js';
import { openapi } from './routes/openapi.js';
import { prices } from './routes/prices.js';
import { reruns } from './routes/reruns.js';
import { retention } from './routes/retention.js';
import { sessions } from './routes/sessions.js';
import { ingest, logRecords, metrics } from './routes/telemetry.js';
import { spans, traces } from './routes/traces.js';

/** The query API: the express router, the OpenAPI document, the docs and the typed client are derived from this. */
export const routes = {
  traces,
  spans,
  sessions,
  executions,
  logRecords,
  metrics,
  ingest,
  prices,
  reruns,
  retention,
  openapi,
} satisfies { [Group in keyof Operations]: { [Verb in keyof Operations[Group]]: Route } };

export type Routes = typeof routes;

/** Every route in the order of the contract, with its place in {@link routes}. */
export function listRoutes(): { group: string; verb: string; route: Route }[] {
  return Object.entries(routes).flatMap(([group, verbs]) =>
    Object.entries<Route>(verbs).map(([verb, route]) => ({ group, verb, route })),
  );
}
