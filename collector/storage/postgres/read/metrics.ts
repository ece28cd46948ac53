import type { Metric } from '../../../contract/shapes.js';
import { cutIdentifier } from '../../../model/ids.js';
import { renderTime } from '../../../model/time.js';
import type { Page, PageOptions, StoredMetricPoint } from '../../storage.js';
import { loadDictionaries } from '../rows/dictionary-row.js';
import { METRIC_POINT_COLUMNS, readMetricPoint } from '../rows/metric-point-row.js';
import type { StoredRow } from '../rows/queryable.js';
import { RowReader } from '../rows/stored-row.js';
import { isBefore, isFrom, listConditions } from './filters.js';
import type { Keyset } from './keyset.js';
import { listPage } from './keyset.js';
import type { ReadContext } from './read-context.js';
import { SqlParameters } from './sql-parameters.js';

const METRICS: Keyset = { list: 'metrics', order: 'asc', keys: [{ column: 'name', kind: 'text' }] };

const POINT_KEYS = [
  { column: 'time', kind: 'time' },
  { column: 'time_nanos', kind: 'smallint' },
  { column: 'point_id', kind: 'bytes' },
] as const;

const POINT_CONDITIONS = { from: isFrom('time', 'time_nanos'), to: isBefore('time', 'time_nanos') };

export async function listMetrics(
  { database }: ReadContext,
  projectId: string,
  options: PageOptions,
): Promise<Page<Metric>> {
  const parameters = new SqlParameters();
  const query = {
    keyset: METRICS,
    columns: 'name, type, unit, description, first_time, last_time',
    table: 'metrics',
    conditions: [`project_id = ${parameters.bind(projectId)}`],
    parameters,
    readRows: (rows: StoredRow[]) => rows.map(readMetric),
  };
  return listPage(database, query, options);
}

export async function listMetricPoints(
  { database }: ReadContext,
  projectId: string,
  name: string,
  filter: { from?: string | undefined; to?: string | undefined },
  options: PageOptions,
): Promise<Page<StoredMetricPoint>> {
  const parameters = new SqlParameters();
  const metricName = cutIdentifier(name);
  const conditions = [
    `project_id = ${parameters.bind(projectId)}`,
    `metric_name = ${parameters.bind(metricName)}`,
    ...listConditions(POINT_CONDITIONS, filter, parameters),
  ];
  const query = {
    keyset: { list: `metric_points ${metricName}`, order: 'desc', keys: POINT_KEYS } satisfies Keyset,
    columns: METRIC_POINT_COLUMNS,
    table: 'metric_points',
    conditions,
    parameters,
    readRows: async (rows: StoredRow[]) => {
      const dictionaries = await loadDictionaries(database, projectId, rows);
      return rows.map((row) => ({
        id: new RowReader(row).hex('point_id'),
        data: readMetricPoint(row, dictionaries),
      }));
    },
  };
  return listPage(database, query, options);
}

function readMetric(stored: StoredRow): Metric {
  const row = new RowReader(stored);
  return {
    name: row.text('name'),
    type: row.text('type'),
    unit: row.text('unit'),
    description: row.text('description'),
    first_at: renderTime(row.unixNano('first_time')),
    last_at: renderTime(row.unixNano('last_time')),
  };
}
