import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  type Resource,
  type ResourceDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { Settings } from '../config/settings.js';

const DETECTORS = new Map<string, ResourceDetector>([
  ['env', envDetector],
  ['host', hostDetector],
  ['os', osDetector],
  ['process', processDetector],
  ['serviceinstance', serviceInstanceIdDetector],
]);

/** A provider of our own, for a process in which nobody else registered one. */
export function createProvider(
  settings: Settings,
  spanProcessors: SpanProcessor[],
  sampler?: Sampler,
): BasicTracerProvider {
  return new BasicTracerProvider({
    resource: createResource(settings),
    sampler: sampler ?? createSampler(settings.sampler),
    // How many attributes there may be, the pipeline says: the OTel SDK would keep the first, and lose the usage.
    spanLimits: { ...settings.spanLimits, attributeCountLimit: Infinity },
    spanProcessors,
  });
}

/** What the SDK says of itself, what is detected where `OTEL_NODE_RESOURCE_DETECTORS` asks for it, and what was given. */
function createResource({ resourceAttributes, resourceDetectors }: Settings): Resource {
  const names = resourceDetectors.includes('all') ? [...DETECTORS.keys()] : resourceDetectors;
  const detectors = resourceDetectors.includes('none')
    ? []
    : names.flatMap((name) => DETECTORS.get(name) ?? []);
  return defaultResource()
    .merge(detectResources({ detectors }))
    .merge(resourceFromAttributes(resourceAttributes));
}

function createSampler({ name, ratio }: Settings['sampler']): Sampler {
  const root: Sampler = name.endsWith('traceidratio')
    ? new TraceIdRatioBasedSampler(ratio)
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new AlwaysOnSampler();
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
