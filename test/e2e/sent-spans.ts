import { nowUnixNano } from '../../collector/model/time.js';
import { getJson } from '../support/collector.js';
import { spanIdOf } from '../support/telemetry.js';

/** An export request of spans of one trace with these numbers, as OTLP/JSON; `bytes` is the size of each span's note. */
export function renderExport(
  traceId: string,
  numbers: readonly number[],
  options: { bytes?: number; service?: string } = {},
): string {
  const start = nowUnixNano() - 60_000_000_000n;
  const note = { key: 'note', value: { stringValue: 'x'.repeat(options.bytes ?? 100) } };
  const spans = numbers.map((number) => ({
    traceId,
    spanId: spanIdOf(number),
    name: `step ${number}`,
    kind: 1,
    startTimeUnixNano: (start + BigInt(number)).toString(),
    endTimeUnixNano: (start + BigInt(number) + 1000n).toString(),
    attributes: [note],
  }));
  const service = { key: 'service.name', value: { stringValue: options.service ?? 'agent' } };
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: [service] }, scopeSpans: [{ spans }] }],
  });
}

export interface ExportAnswer {
  /** 0 where the connection broke before an answer. */
  status: number;
  retryAfter: number | null;
}

export async function postExport(url: string, body: string): Promise<ExportAnswer> {
  try {
    const response = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter: retryAfter === null ? null : Number(retryAfter) };
  } catch {
    return { status: 0, retryAfter: null };
  }
}

/** Sends until it is taken, as an exporter does, but without its pauses. */
export async function postUntilTaken(url: string, body: string): Promise<void> {
  while ((await postExport(url, body)).status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The ids of a trace's stored spans, in order; as often as each is listed. */
export async function listSpanIds(url: string, traceId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ''; ;) {
    const page = await getJson<{ data: { span_id: string }[]; next_cursor: string | null }>(
      `${url}/api/v1/traces/${traceId}/spans?limit=500${cursor}`,
    );
    ids.push(...page.data.map((span) => span.span_id));
    if (page.next_cursor === null) return ids.sort();
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
