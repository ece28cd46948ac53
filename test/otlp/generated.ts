import fc from 'fast-check';

const int64Text = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const fixed64Text = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((string) => string.toWellFormed());
const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'a', ''), text);
const doubleJson = fc.double().map((double) => {
  if (Object.is(double, -0)) return '-0';
  return Number.isFinite(double) ? double : String(double);
});

const { value, pair } = fc.letrec<{ value: object; pair: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'value' },
    fc.constant({}),
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    int64Text.map((intValue) => ({ intValue })),
    doubleJson.map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc
      .array(tie('value'), { maxLength: 3, depthIdentifier: 'value' })
      .map((values) => ({ arrayValue: { values } })),
    fc
      .array(tie('pair'), { maxLength: 3, depthIdentifier: 'value' })
      .map((values) => ({ kvlistValue: { values } })),
  ),
  pair: fc.record({ key, value: tie('value') }),
}));

const attributes = fc.array(pair, { maxLength: 4 });
const hexId = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((id) => id.some((byte) => byte !== 0))
    .map((id) => Buffer.from(id).toString('hex'));
const resource = fc.record({
  attributes,
  droppedAttributesCount: uint32,
  entityRefs: fc.array(
    fc.record({ schemaUrl: text, type: text, idKeys: fc.array(text), descriptionKeys: fc.array(text) }),
    { maxLength: 2 },
  ),
});
const scope = fc.record({ name: text, version: text, attributes, droppedAttributesCount: uint32 });

const span = fc.record(
  {
    traceId: hexId(16),
    spanId: hexId(8),
    parentSpanId: fc.oneof(fc.constant(''), hexId(8)),
    traceState: text,
    name: text,
    kind: int32,
    startTimeUnixNano: fixed64Text,
    endTimeUnixNano: fixed64Text,
    attributes,
    droppedAttributesCount: uint32,
    events: fc.array(
      fc.record({ timeUnixNano: fixed64Text, name: text, attributes, droppedAttributesCount: uint32 }),
      { maxLength: 2 },
    ),
    droppedEventsCount: uint32,
    links: fc.array(
      fc.record({
        traceId: hexId(16),
        spanId: hexId(8),
        traceState: text,
        attributes,
        droppedAttributesCount: uint32,
        flags: uint32,
      }),
      { maxLength: 2 },
    ),
    droppedLinksCount: uint32,
    status: fc.record({ message: text, code: int32 }),
    flags: uint32,
  },
  { requiredKeys: ['traceId', 'spanId'] },
);

/** An ExportTraceServiceRequest in OTLP/JSON with valid ids. */
export const traceRequestJson = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource,
      schemaUrl: text,
      scopeSpans: fc.array(
        fc.record({ scope, schemaUrl: text, spans: fc.array(span, { minLength: 1, maxLength: 3 }) }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
});

const exemplar = fc.record(
  {
    timeUnixNano: fixed64Text,
    asInt: int64Text,
    traceId: hexId(16),
    spanId: hexId(8),
    filteredAttributes: attributes,
  },
  { requiredKeys: [] },
);
const point = {
  attributes,
  startTimeUnixNano: fixed64Text,
  timeUnixNano: fixed64Text,
  flags: uint32,
  exemplars: fc.array(exemplar, { maxLength: 2 }),
};
const numberPoint = fc.oneof(
  fc.record(point),
  fc.record({ ...point, asInt: int64Text }),
  fc.record({ ...point, asDouble: doubleJson }),
);
const optionalSums = { sum: doubleJson, min: doubleJson, max: doubleJson };
const histogramPoint = fc.record(
  {
    ...point,
    ...optionalSums,
    count: fixed64Text,
    bucketCounts: fc.array(fixed64Text),
    explicitBounds: fc.array(doubleJson),
  },
  { requiredKeys: ['count'] },
);
const buckets = fc.record({ offset: int32, bucketCounts: fc.array(fixed64Text) });
const exponentialPoint = fc.record(
  {
    ...point,
    ...optionalSums,
    count: fixed64Text,
    scale: int32,
    zeroCount: fixed64Text,
    zeroThreshold: doubleJson,
    positive: buckets,
    negative: buckets,
  },
  { requiredKeys: ['count'] },
);
const summaryPoint = fc.record({
  attributes,
  startTimeUnixNano: fixed64Text,
  timeUnixNano: fixed64Text,
  flags: uint32,
  count: fixed64Text,
  sum: doubleJson,
  quantileValues: fc.array(fc.record({ quantile: doubleJson, value: doubleJson })),
});
const listOf = <T>(items: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(items, { maxLength: 3 });
const metricData = fc.oneof(
  listOf(numberPoint).map((dataPoints) => ({ gauge: { dataPoints } })),
  fc
    .record({ dataPoints: listOf(numberPoint), aggregationTemporality: int32, isMonotonic: fc.boolean() })
    .map((sum) => ({ sum })),
  fc
    .record({ dataPoints: listOf(histogramPoint), aggregationTemporality: int32 })
    .map((histogram) => ({ histogram })),
  fc
    .record({ dataPoints: listOf(exponentialPoint), aggregationTemporality: int32 })
    .map((exponentialHistogram) => ({ exponentialHistogram })),
  listOf(summaryPoint).map((dataPoints) => ({ summary: { dataPoints } })),
);
const metric = fc
  .tuple(fc.record({ name: text, description: text, unit: text, metadata: attributes }), metricData)
  .map(([about, data]) => ({ ...about, ...data }));

/** An ExportMetricsServiceRequest in OTLP/JSON. */
export const metricsRequestJson = fc.record({
  resourceMetrics: fc.array(
    fc.record({
      resource,
      schemaUrl: text,
      scopeMetrics: fc.array(
        fc.record({ scope, schemaUrl: text, metrics: fc.array(metric, { maxLength: 3 }) }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
});

const logRecord = fc.record(
  {
    timeUnixNano: fixed64Text,
    observedTimeUnixNano: fixed64Text,
    severityNumber: int32,
    severityText: text,
    body: value,
    attributes,
    droppedAttributesCount: uint32,
    flags: uint32,
    traceId: hexId(16),
    spanId: hexId(8),
    eventName: text,
  },
  { requiredKeys: [] },
);

/** An ExportLogsServiceRequest in OTLP/JSON. */
export const logsRequestJson = fc.record({
  resourceLogs: fc.array(
    fc.record({
      resource,
      schemaUrl: text,
      scopeLogs: fc.array(
        fc.record({ scope, schemaUrl: text, logRecords: fc.array(logRecord, { maxLength: 3 }) }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
});

/** The same message as protobufjs takes it: ids as bytes instead of hex. */
export function convertIds(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(convertIds);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, member]) => [
      name,
      /^(?:traceId|spanId|parentSpanId)$/.test(name)
        ? Buffer.from(member as string, 'hex')
        : convertIds(member),
    ]),
  );
}
