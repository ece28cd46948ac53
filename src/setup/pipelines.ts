import { ConsoleSpanExporter, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { InitOptions } from '../config/options.js';
import type { Settings } from '../config/settings.js';
import { guardExit } from '../exit/exit-guard.js';
import { listSpoolFolders } from '../exit/spool-folder.js';
import { startSpoolSender } from '../exit/spool-sender.js';
import { Spool } from '../exit/spool.js';
import { UnsentSpans } from '../exit/unsent-spans.js';
import { createPipeline, type PipelineOptions } from '../pipeline/pipeline.js';
import { createSpanTransform, type SpanTransform } from '../pipeline/span-transform.js';
import { ATTR } from '../semconv.js';
import { createOtlpExporter } from './exporters.js';

/** The ways out of the process, one for each exporter. */
export interface Pipelines {
  spanProcessors: SpanProcessor[];
  /** Where spans go over OTLP, for messages: without a password, undefined where they don't. */
  destination: string | undefined;
  /** Keeps what the shutdown could not send, and watches over the process's end no more. Idempotent. */
  release: () => Promise<void>;
}

/** Puts together pipeline, exporter and exit guard for each exporter. None where nothing is to be sent. */
export function createPipelines(settings: Settings, options: InitOptions): Pipelines {
  const transform = createSpanTransform(listTransformOptions(settings, options));
  const made = listExporters(settings, options).map((exporter) =>
    createWay(exporter, transform, settings, options),
  );
  return {
    spanProcessors: made.map(({ processor }) => processor),
    destination: nameDestination(settings, options),
    release: async () => {
      await Promise.all(made.map(({ release }) => release()));
    },
  };
}

function nameDestination({ otlp, exporters }: Settings, { exporter }: InitOptions): string | undefined {
  if (exporter !== undefined || !exporters.includes('otlp')) return undefined;
  const { origin, pathname } = new URL(otlp.url);
  return origin + (pathname === '/' ? '' : pathname);
}

interface Destination {
  exporter: SpanExporter;
  /** Whether what it does not take is worth keeping for the next start. */
  isRemote: boolean;
}

function listExporters(settings: Settings, { exporter }: InitOptions): Destination[] {
  if (settings.isDisabled) return [];
  if (exporter !== undefined) return [{ exporter, isRemote: false }];
  return settings.exporters.map((name) =>
    name === 'console'
      ? { exporter: new ConsoleSpanExporter(), isRemote: false }
      : { exporter: createOtlpExporter(settings.otlp), isRemote: true },
  );
}

interface Way {
  processor: SpanProcessor;
  release: () => Promise<void>;
}

function createWay(
  { exporter, isRemote }: Destination,
  transform: SpanTransform,
  settings: Settings,
  options: InitOptions,
): Way {
  const unsent = new UnsentSpans();
  const processor = createPipeline({
    exporter,
    transform,
    watch: unsent,
    ...listPipelineOptions(settings, options),
  });
  if (options.exitGuard === false) return { processor, release: () => Promise.resolve() };
  const spool =
    isRemote && options.spool !== false
      ? new Spool({
          folders: listSpoolFolders(
            describeDestination(settings),
            options.spool ?? process.env['SPANLEDGER_SPOOL_DIR'],
          ),
        })
      : undefined;
  const guard = guardExit({
    flush: () => processor.forceFlush(),
    unsent,
    transform,
    ...(spool !== undefined && { spool }),
  });
  const sender = spool && startSpoolSender({ spool, exporter });
  return {
    processor,
    release: async () => {
      guard.keepUnsent();
      guard.release();
      await sender?.stop();
    },
  };
}

/** What one destination, service and sender have in common; headers of the environment tell senders apart too. */
function describeDestination({ otlp, resourceAttributes }: Settings) {
  const fromEnvironment = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'].map((name) => [
    name,
    process.env[name] ?? '',
  ]);
  const serviceName = resourceAttributes[ATTR.serviceName];
  return {
    endpoint: otlp.url,
    serviceName: typeof serviceName === 'string' ? serviceName : '',
    headers: { ...otlp.headers, ...(Object.fromEntries(fromEnvironment) as Record<string, string>) },
  };
}

function listTransformOptions(
  { capture, spanLimits }: Settings,
  { redaction, truncation, cost }: InitOptions,
) {
  return {
    capture,
    maxAttributes: spanLimits.attributeCountLimit,
    ...(redaction !== undefined && { redaction }),
    ...(truncation !== undefined && { truncation }),
    ...(cost !== undefined && { cost }),
  };
}

function listPipelineOptions(
  { batch }: Settings,
  { pending, sampling }: InitOptions,
): Partial<PipelineOptions> {
  return {
    batch,
    ...(pending !== undefined && { pending }),
    ...(sampling !== undefined && { sampling }),
  };
}
