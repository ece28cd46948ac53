import type { Rerun } from '../contract/rerun-shapes.js';
import type { RetentionRun } from '../contract/shapes.js';
import type { AnyValue } from '../model/any-value.js';
import { parseTime } from '../model/time.js';
import type { OwnSpan } from './request-span.js';

const INTERNAL = 1;

/** The attributes of a retention run's span. */
export function describeRetention(run: RetentionRun): Record<string, AnyValue> {
  return { 'spanledger.dry_run': run.dry_run, 'spanledger.deleted': JSON.stringify(run.deleted) };
}

/** The span of a rerun that has ended, from when it was asked for. */
export function describeRerun(rerun: Rerun): OwnSpan {
  const startTimeUnixNano = parseTime(rerun.created_at) ?? 0n;
  const end = (rerun.completed_at === null ? undefined : parseTime(rerun.completed_at)) ?? startTimeUnixNano;
  return {
    name: 'rerun',
    kind: INTERNAL,
    startTimeUnixNano,
    durationNanos: end > startTimeUnixNano ? end - startTimeUnixNano : 0n,
    attributes: {
      'spanledger.rerun.id': rerun.id,
      'spanledger.rerun.kind': rerun.kind,
      'spanledger.rerun.status': rerun.status,
      'spanledger.rerun.traces': BigInt(rerun.traces_done),
      'spanledger.rerun.spans_changed': BigInt(rerun.spans_changed),
    },
    failure: rerun.status === 'failed' ? (rerun.error ?? 'failed') : null,
  };
}
