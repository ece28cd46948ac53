import { context, INVALID_SPAN_CONTEXT, type Attributes, type SpanContext } from '@opentelemetry/api';
import { getIdentity } from '../operations/identity.js';
import { quietly } from '../quietly.js';
import { ATTR } from '../semconv.js';
import { getTracer, isActive } from '../setup/tracer.js';
import { toRecordAttributes } from './record-attributes.js';
import { nextMoment } from './record-clock.js';
import type { RecordFields } from './record-fields.js';
import { getWorkSession } from './work-sessions/work-session-context.js';

/**
 * Records a moment: a span without a duration, named as its type, below the active span. Each field becomes an attribute
 * `spanledger.<noun>.<field in snake case>`, the noun being the type up to its dot: `emitRecord('plan.created', { id,
 * taskId, type, steps })` writes `spanledger.plan.task_id`. Values that no attribute can hold are JSON text. It carries
 * session, user, conversation, case and workflow as operations do.
 *
 * Types of Spanledger have typed fields; any other type may be used with any fields, and is kept as an entry of the trace.
 * Gives the record's span context, an invalid one where nothing is recorded. Never throws; ids that are not of 1 to 200
 * characters are said in a warning.
 */
export function emitRecord<T extends string>(type: T, fields: RecordFields<T>): SpanContext {
  return writeRecord(type, fields);
}

/** The same, with attributes that have names of conventions. */
export function writeRecord(type: string, fields: object, attributes: Attributes = {}): SpanContext {
  if (!isActive()) return INVALID_SPAN_CONTEXT;
  return quietly(() => write(type, fields, attributes)) ?? INVALID_SPAN_CONTEXT;
}

function write(type: string, fields: object, attributes: Attributes): SpanContext {
  const active = context.active();
  const workSessionId = getWorkSession(active)?.id;
  const startTime = nextMoment();
  const span = getTracer().startSpan(
    type,
    {
      startTime,
      attributes: {
        [ATTR.record]: type,
        ...(workSessionId !== undefined && { [ATTR.workSessionId]: workSessionId }),
        ...getIdentity(active),
        ...toRecordAttributes(type, fields),
        ...attributes,
      },
    },
    active,
  );
  span.end(startTime);
  return span.spanContext();
}
