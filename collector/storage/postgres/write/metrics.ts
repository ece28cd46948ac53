import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { splitMicros } from '../../../model/time.js';
import type { MetricPointRow } from '../../../model/write-batch.js';
import { OddTexts } from '../odd-text.js';
import { encodeMetricValue } from '../rows/metric-value-codec.js';
import { encodeExemplars } from '../rows/nested-codec.js';
import { renderTimestamp } from '../rows/timestamp.js';
import type { DictionaryEntries } from './dictionaries.js';
import { encodeSorted } from './dictionaries.js';
import { hexBytes, insertStatement, selectRows, sendRows } from './record-set.js';
import type { RecordOf } from './record-set.js';
import { findServiceName } from './service-name.js';

const COLUMNS = {
  metric_name: 'text',
  time: 'timestamptz',
  point_id: 'bytea',
  content_hash: 'bytea',
  start_time: 'timestamptz',
  received_at: 'timestamptz',
  time_nanos: 'smallint',
  start_nanos: 'smallint',
  aggregation_temporality: 'integer',
  is_monotonic: 'boolean',
  flags: 'bigint',
  resource_id: 'bytea',
  scope_id: 'bytea',
  type: 'text',
  unit: 'text',
  description: 'text',
  service_name: 'text',
  metadata: 'jsonb',
  attributes: 'jsonb',
  value: 'jsonb',
  exemplars: 'jsonb',
  odd: 'jsonb',
} as const;

const INSERT = insertStatement(
  'metric_points',
  COLUMNS,
  'source.metric_name collate "C", source.point_id, source.time',
  'on conflict do nothing returning point_id',
);

const KEY = ['metric_name', 'point_id', 'time'];
const UPDATED = Object.entries(COLUMNS).filter(([name]) => !KEY.includes(name));

/** Of two points with one identity and different values the one with the greater hash stays, whichever came first. */
const UPDATE_LESSER = `
  update metric_points set
    ${UPDATED.map(([name, type]) => `${name} = source.${name}${type === 'jsonb' ? '::jsonb' : ''}`).join(', ')}
  from ${selectRows(COLUMNS).source}
  where metric_points.project_id = $1 and metric_points.metric_name = source.metric_name
    and metric_points.point_id = source.point_id and metric_points.time = source.time
    and metric_points.content_hash < source.content_hash
  returning metric_points.point_id`;

/** The latest point says what a metric is; of points at the same time the greater texts do. */
const IS_LATER = `(excluded.last_time, excluded.type, excluded.unit, excluded.description)
  > (metrics.last_time, metrics.type, metrics.unit, metrics.description)`;
const DESCRIPTION = ['type', 'unit', 'description'];

/** `distinct on`, because a statement may not touch a row twice. */
const UPSERT_CATALOGUE = `
  insert into metrics (project_id, name, type, unit, description, first_time, last_time)
  select distinct on (source.metric_name collate "C")
    $1::uuid, source.metric_name, source.type, source.unit, source.description,
    min(source.time) over metric, max(source.time) over metric
  from ${selectRows(COLUMNS).source}
  window metric as (partition by source.metric_name)
  order by source.metric_name collate "C", source.time desc, source.type desc, source.unit desc,
    source.description desc
  on conflict (project_id, name) do update set
    ${DESCRIPTION.map((name) => `${name} = case when ${IS_LATER} then excluded.${name} else metrics.${name} end`).join(', ')},
    first_time = least(metrics.first_time, excluded.first_time),
    last_time = greatest(metrics.last_time, excluded.last_time)
  where excluded.first_time < metrics.first_time or ${IS_LATER}`;

const ID_BYTES = 16;

/** A metric point with its row and identity. */
export interface EncodedPoint {
  /** Metric, resource, scope, attributes, start and time, hashed. */
  id: string;
  contentHash: string;
  timeMicros: bigint;
  row: RecordOf<typeof COLUMNS>;
}

export function encodePoint(
  { data }: MetricPointRow,
  dictionaries: DictionaryEntries,
  receivedMicros: bigint,
): EncodedPoint {
  const { metric } = data;
  const odd = new OddTexts();
  const time = splitMicros(data.timeUnixNano);
  const start = splitMicros(data.startTimeUnixNano);
  const serviceName = findServiceName(data.resource);
  const attributes = encodeSorted(data.attributes);
  const identity = {
    resource_id: hexBytes(dictionaries.addResource(data.resource).toString('hex')),
    scope_id: hexBytes(dictionaries.addScope(data.scope).toString('hex')),
    type: metric.type,
    unit: odd.store('unit', metric.unit),
    attributes: data.attributes.length === 0 ? null : attributes,
    time: renderTimestamp(time.micros),
    time_nanos: time.nanos,
    start_time: renderTimestamp(start.micros),
    start_nanos: start.nanos,
  };
  const id = hash([metric.name, metric.unit, identity]);
  const content = {
    metric_name: odd.storeIdentifier('metric_name', metric.name),
    ...identity,
    aggregation_temporality: metric.aggregationTemporality,
    is_monotonic: metric.isMonotonic,
    flags: data.flags,
    description: odd.store('description', metric.description),
    service_name: serviceName === null ? null : odd.storeIdentifier('service_name', serviceName),
    metadata: metric.metadata.length === 0 ? null : encodeSorted(metric.metadata),
    value: encodeMetricValue(data.value),
    exemplars: encodeExemplars(data.exemplars),
    odd: odd.encode(),
  };
  const contentHash = hash(content);
  return {
    id,
    contentHash,
    timeMicros: time.micros,
    row: {
      ...content,
      point_id: hexBytes(id),
      content_hash: hexBytes(contentHash),
      received_at: renderTimestamp(receivedMicros),
    },
  };
}

/** What became of each written point, by id: those that are absent were duplicates. */
export type WrittenPoints = ReadonlyMap<string, 'stored' | 'updated'>;

/** Writes points and the catalogue of metrics, each in key order. */
export async function upsertPoints(
  client: ClientBase,
  projectId: string,
  points: readonly EncodedPoint[],
): Promise<WrittenPoints> {
  const winners = new Map<string, EncodedPoint>();
  for (const point of points) {
    const other = winners.get(point.id);
    if (other === undefined || point.contentHash > other.contentHash) winners.set(point.id, point);
  }
  const rows = [...winners.values()].map((point) => point.row);
  const stored = await sendRows<WrittenRow>(client, INSERT, projectId, rows);
  const written = new Map<string, 'stored' | 'updated'>();
  for (const row of stored) written.set(row.point_id.toString('hex'), 'stored');
  const known = [...winners.values()].filter((point) => !written.has(point.id));
  const updated = await sendRows<WrittenRow>(
    client,
    UPDATE_LESSER,
    projectId,
    known.map((point) => point.row),
  );
  for (const row of updated) written.set(row.point_id.toString('hex'), 'updated');
  await sendRows(client, UPSERT_CATALOGUE, projectId, rows);
  return written;
}

interface WrittenRow {
  point_id: Buffer;
}

function hash(content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(content))
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
}
