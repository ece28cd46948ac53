import { ServerUnreachableError } from '../../client/client.js';
import { encodeRun } from './otlp-json.js';
import { buildSupportTriage } from './support-triage.js';

export interface DemoTarget {
  /** Where a collector receives OTLP over HTTP. */
  baseUrl: string;
  apiKey: string | null;
}

/** Apart by this much, so that a list of several runs reads like an afternoon's work. */
const MILLIS_BETWEEN_RUNS = 97_000;

/** Sends `count` runs, the last ending now, oldest first. Resolves with their trace ids in that order. */
export async function sendDemoRuns(target: DemoTarget, count: number, nowMillis: number): Promise<string[]> {
  const traceIds: string[] = [];
  for (let index = count - 1; index >= 0; index -= 1) {
    const { traceId, body } = encodeRun(buildSupportTriage(index), nowMillis - index * MILLIS_BETWEEN_RUNS);
    await postTraces(target, body);
    traceIds.push(traceId);
  }
  return traceIds;
}

/**
 * Sends one OTLP/JSON export request. Rejects with what the collector answered where that is not success, and
 * with {@link ServerUnreachableError} where nothing answers.
 */
export async function postTraces({ baseUrl, apiKey }: DemoTarget, body: object): Promise<void> {
  const url = `${baseUrl}/v1/traces`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw new ServerUnreachableError(url, { cause });
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`the collector refused the spans: ${response.status} ${readStatusMessage(text)}`);
  const rejected = readRejection(text);
  if (rejected !== undefined) throw new Error(`the collector rejected spans: ${rejected}`);
}

/** The message of the google.rpc.Status that OTLP errors carry, or the text as it came. */
function readStatusMessage(text: string): string {
  const parsed = parseJson(text) as { message?: unknown } | undefined;
  return typeof parsed?.message === 'string' ? parsed.message : text.slice(0, 200);
}

function readRejection(text: string): string | undefined {
  const parsed = parseJson(text) as
    { partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string } } | undefined;
  const partial = parsed?.partialSuccess;
  return Number(partial?.rejectedSpans ?? 0) > 0 ? (partial?.errorMessage ?? 'no reason given') : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
