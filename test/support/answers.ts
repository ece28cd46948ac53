export type { LogRecord, Metric, MetricPoint } from '../../collector/contract/shapes.js';

/** What a list answers. */
export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}
