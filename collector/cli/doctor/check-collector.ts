import type { Connection } from '../connection.js';
import { encodeRun } from '../demo/otlp-json.js';
import { postTraces } from '../demo/send.js';
import { describeFailure } from '../failures.js';
import { cleanLine } from '../render/text.js';
import { fail, pass, warn, type Check } from './check.js';

const ANSWER_TIMEOUT_MILLIS = 5000;
const MOST_SKEW_MILLIS = 5000;

/** What a server at the address says of itself; undefined where nothing answers there. */
export interface Probe {
  isCollector: boolean;
  /** Milliseconds by which the server's clock is ahead of ours; null where it did not say. */
  skewMillis: number | null;
}

export async function probeCollector(baseUrl: string, nowMillis: () => number): Promise<Probe | undefined> {
  const answer = await get(`${baseUrl}/healthz`);
  if (answer === undefined) return undefined;
  const date = Date.parse(answer.response.headers.get('date') ?? '');
  return {
    isCollector: answer.response.ok,
    skewMillis: Number.isNaN(date) ? null : date - nowMillis(),
  };
}

export function checkClock({ skewMillis }: Probe): Check {
  const name = 'clock';
  if (skewMillis === null) return warn(name, 'the collector did not tell its time', 'check --url');
  // The Date header has whole seconds.
  if (Math.abs(skewMillis) <= MOST_SKEW_MILLIS) return pass(name, 'agrees with the collector');
  const seconds = Math.round(Math.abs(skewMillis) / 1000);
  const side = skewMillis > 0 ? 'behind' : 'ahead of';
  const hint = 'set the clocks by NTP: times of spans are those of the sender';
  return warn(name, `this machine is ${seconds}s ${side} the collector`, hint);
}

/** Whether the collector can store: its database is reachable and migrated. */
export async function checkReadiness(baseUrl: string): Promise<Check> {
  const name = 'database';
  const answer = await get(`${baseUrl}/readyz`);
  if (answer?.response.ok === true) return pass(name, 'reachable and migrated');
  const said = cleanLine(answer?.text ?? 'no answer').slice(0, 300);
  return fail(
    name,
    `the collector is not ready: ${said}`,
    'look at the log of the collector, and at its --database-url',
  );
}

/** Sends one span over OTLP and reads it back. */
export async function checkRoundTrip(
  { baseUrl, apiKey, client }: Connection,
  nowMillis: number,
): Promise<Check> {
  const name = 'round trip';
  const { traceId, body } = encodeRun(
    {
      resource: { 'service.name': 'spanledger-doctor' },
      root: { name: 'spanledger doctor', startMillis: 0, durationMillis: 1, attributes: {} },
    },
    nowMillis,
  );
  const started = performance.now();
  try {
    await postTraces({ baseUrl, apiKey }, body);
    const trace = await client.traces.get({ trace_id: traceId });
    const millis = Math.round(performance.now() - started);
    return trace.span_count === 1
      ? pass(name, `a span was sent over OTLP and read back in ${millis}ms`)
      : fail(name, `a span was sent, but ${trace.span_count} came back`, 'please report this');
  } catch (error) {
    const hint =
      apiKey === null ? 'look at the log of the collector' : 'check --api-key and the log of the collector';
    return fail(name, describeFailure(error).line, hint);
  }
}

async function get(url: string): Promise<{ response: Response; text: string } | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MILLIS) });
    return { response, text: await response.text() };
  } catch {
    return undefined;
  }
}
