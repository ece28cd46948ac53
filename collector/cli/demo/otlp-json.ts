import { randomBytes } from 'node:crypto';

type DemoValue = string | number | boolean | readonly string[];
export type DemoAttributes = Readonly<Record<string, DemoValue>>;

/** One step of a run, timed from the start of the run. */
export interface DemoStep {
  name: string;
  kind?: 'internal' | 'client';
  startMillis: number;
  durationMillis: number;
  attributes: DemoAttributes;
  /** The step ended with this. */
  error?: { type: string; message: string };
  children?: readonly DemoStep[];
}

export interface DemoRun {
  resource: DemoAttributes;
  root: DemoStep;
}

/** An OTLP/JSON export request (opentelemetry-proto 1.x: ids in hex, 64-bit numbers as text) with one trace. */
export interface DemoRequest {
  traceId: string;
  body: object;
}

const SPAN_KINDS = { internal: 1, client: 3 } as const;
const STATUS_ERROR = 2;
const NANOS_PER_MILLI = 1_000_000n;

/** The same run, everything in it taking `factor` times as long. */
export function stretchStep(step: DemoStep, factor: number): DemoStep {
  return {
    ...step,
    startMillis: step.startMillis * factor,
    durationMillis: step.durationMillis * factor,
    ...(step.children === undefined
      ? {}
      : { children: step.children.map((child) => stretchStep(child, factor)) }),
  };
}

/** The run as one request, with fresh ids, ending at `endMillis` since the epoch. */
export function encodeRun({ resource, root }: DemoRun, endMillis: number): DemoRequest {
  const traceId = randomBytes(16).toString('hex');
  const startMillis = endMillis - root.durationMillis;
  const spans: object[] = [];
  const pending: { step: DemoStep; parentSpanId: string }[] = [{ step: root, parentSpanId: '' }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const spanId = randomBytes(8).toString('hex');
    spans.push(encodeSpan(next.step, { traceId, spanId, parentSpanId: next.parentSpanId, startMillis }));
    for (const child of next.step.children ?? []) pending.push({ step: child, parentSpanId: spanId });
  }
  return {
    traceId,
    body: {
      resourceSpans: [
        {
          resource: { attributes: encodeAttributes(resource) },
          scopeSpans: [{ scope: { name: 'spanledger.demo', version: '1' }, spans }],
        },
      ],
    },
  };
}

function encodeSpan(
  step: DemoStep,
  ids: { traceId: string; spanId: string; parentSpanId: string; startMillis: number },
): object {
  const startNanos = BigInt(Math.round((ids.startMillis + step.startMillis) * 1000)) * 1000n;
  const endNanos = startNanos + BigInt(Math.round(step.durationMillis * 1000)) * (NANOS_PER_MILLI / 1000n);
  const { error } = step;
  const attributes = error === undefined ? step.attributes : { ...step.attributes, 'error.type': error.type };
  return {
    traceId: ids.traceId,
    spanId: ids.spanId,
    ...(ids.parentSpanId === '' ? {} : { parentSpanId: ids.parentSpanId }),
    name: step.name,
    kind: SPAN_KINDS[step.kind ?? 'internal'],
    startTimeUnixNano: startNanos.toString(),
    endTimeUnixNano: endNanos.toString(),
    attributes: encodeAttributes(attributes),
    ...(error === undefined
      ? {}
      : {
          status: { code: STATUS_ERROR, message: error.message },
          events: [
            {
              name: 'exception',
              timeUnixNano: endNanos.toString(),
              attributes: encodeAttributes({
                'exception.type': error.type,
                'exception.message': error.message,
              }),
            },
          ],
        }),
  };
}

function encodeAttributes(attributes: DemoAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: DemoValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } };
}
