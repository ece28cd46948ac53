import type { LogRecordData } from '../../../model/span-data.js';
import { decodeAttributes, decodeValue } from '../value-codec.js';
import type { Dictionaries } from './dictionary-row.js';
import { findResource, findScope } from './dictionary-row.js';
import type { StoredRow } from './queryable.js';
import { RowReader } from './stored-row.js';

/** The columns of `log_records` that {@link readLogRecord} needs, as a select list. */
export const LOG_COLUMNS = [
  'trace_id, span_id, record_id, time, time_nanos, has_time, observed_time, observed_nanos, received_at',
  'severity_number, severity_text, event_name, flags, dropped_attributes_count, session_id',
  'resource_id, scope_id, body, attributes, odd',
].join(', ');

/** A log record as it was received. Attributes come in no particular order. */
export function readLogRecord(stored: StoredRow, dictionaries: Dictionaries): LogRecordData {
  const row = new RowReader(stored);
  const body = row.json('body');
  return {
    timeUnixNano: row.boolean('has_time') ? row.unixNano('time', 'time_nanos') : 0n,
    observedTimeUnixNano: row.unixNano('observed_time', 'observed_nanos'),
    severityNumber: row.number('severity_number'),
    severityText: row.text('severity_text'),
    body: body === null ? null : decodeValue(body),
    attributes: decodeAttributes(row.json('attributes')),
    droppedAttributesCount: row.number('dropped_attributes_count'),
    flags: row.number('flags'),
    traceId: row.hexOrNull('trace_id'),
    spanId: row.hexOrNull('span_id'),
    eventName: row.text('event_name'),
    resource: findResource(row, dictionaries),
    scope: findScope(row, dictionaries),
  };
}
