import type { ResourceData, ScopeData } from '../model/span-data.js';
import { findAttribute } from '../model/any-value.js';
import type { RemarkCode, RequestRemark } from './decoded-request.js';
import type { RepairCounts } from './repairs.js';

/** Where a record is: its remark says so. */
export interface RecordPlace {
  resource: ResourceData | null;
  scope: ScopeData | null;
  traceId: string | null;
  spanId: string | null;
}

const REPAIR_REASONS = {
  OTLP_INVALID_UTF8: 'a string is not UTF-8: what is not was replaced by U+FFFD',
  OTLP_STRING_INDEX_IGNORED:
    'a key or string is given by its index, which only profiles have: it was ignored',
} as const;

/** Gathers remarks, one for all records of a resource and scope of which the same is said. */
export class RemarkList {
  readonly remarks: RequestRemark[] = [];
  readonly #byPlace = new Map<ResourceData | null, Map<ScopeData | null, Map<RemarkCode, RequestRemark>>>();

  add(code: RemarkCode, reason: string, count: number, place: RecordPlace): void {
    const byScope =
      this.#byPlace.get(place.resource) ?? new Map<ScopeData | null, Map<RemarkCode, RequestRemark>>();
    this.#byPlace.set(place.resource, byScope);
    const byCode = byScope.get(place.scope) ?? new Map<RemarkCode, RequestRemark>();
    byScope.set(place.scope, byCode);
    const known = byCode.get(code);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    const remark = { code, reason, count, ...describePlace(place) };
    byCode.set(code, remark);
    this.remarks.push(remark);
  }

  addRepairs(counts: RepairCounts | undefined, place: RecordPlace): void {
    if (counts === undefined) return;
    const { invalidUtf8, ignoredStringIndexes } = counts;
    if (invalidUtf8 > 0) this.add('OTLP_INVALID_UTF8', REPAIR_REASONS.OTLP_INVALID_UTF8, invalidUtf8, place);
    if (ignoredStringIndexes > 0)
      this.add(
        'OTLP_STRING_INDEX_IGNORED',
        REPAIR_REASONS.OTLP_STRING_INDEX_IGNORED,
        ignoredStringIndexes,
        place,
      );
  }
}

function describePlace({ resource, scope, traceId, spanId }: RecordPlace): {
  serviceName: string | null;
  scopeName: string | null;
  traceId: string | null;
  spanId: string | null;
} {
  const serviceName = resource === null ? undefined : findAttribute(resource.attributes, 'service.name');
  return {
    serviceName: typeof serviceName === 'string' ? serviceName : null,
    scopeName: scope?.name ?? null,
    traceId: traceId === '' ? null : traceId,
    spanId: spanId === '' ? null : spanId,
  };
}
