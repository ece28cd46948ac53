import { findAttribute } from '../../../model/any-value.js';
import type { ResourceData } from '../../../model/span-data.js';

/** `service.name` of a resource (OpenTelemetry resource conventions); null where it has none. */
export function findServiceName(resource: ResourceData): string | null {
  const name = findAttribute(resource.attributes, 'service.name');
  return typeof name === 'string' && name !== '' ? name : null;
}
