import type { MetricData, MetricPointData } from '../../../model/span-data.js';
import { decodeAttributes } from '../value-codec.js';
import type { Dictionaries } from './dictionary-row.js';
import { findResource, findScope } from './dictionary-row.js';
import { decodeMetricValue } from './metric-value-codec.js';
import { decodeExemplars } from './nested-codec.js';
import type { StoredRow } from './queryable.js';
import { RowReader } from './stored-row.js';

/** The columns of `metric_points` that {@link readMetricPoint} needs, as a select list. */
export const METRIC_POINT_COLUMNS = [
  'metric_name, point_id, time, time_nanos, start_time, start_nanos, aggregation_temporality, is_monotonic, flags',
  'resource_id, scope_id, type, unit, description, metadata, attributes, value, exemplars, odd',
].join(', ');

/** A metric point as it was received, with a description of its metric of its own. */
export function readMetricPoint(stored: StoredRow, dictionaries: Dictionaries): MetricPointData {
  const row = new RowReader(stored);
  const metric: MetricData = {
    name: row.text('metric_name'),
    description: row.text('description'),
    unit: row.text('unit'),
    metadata: decodeAttributes(row.json('metadata')),
    type: row.text('type') as MetricData['type'],
    aggregationTemporality: row.number('aggregation_temporality'),
    isMonotonic: row.boolean('is_monotonic'),
  };
  return {
    metric,
    attributes: decodeAttributes(row.json('attributes')),
    startTimeUnixNano: row.unixNano('start_time', 'start_nanos'),
    timeUnixNano: row.unixNano('time', 'time_nanos'),
    flags: row.number('flags'),
    value: decodeMetricValue(metric.type, row.json('value')),
    exemplars: decodeExemplars(row.json('exemplars')),
    resource: findResource(row, dictionaries),
    scope: findScope(row, dictionaries),
  };
}
