import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { OtlpSettings } from '../config/settings.js';
import { LateExporter } from './late-exporter.js';
import { warn } from './warn.js';

const GRPC_PACKAGE = '@opentelemetry/exporter-trace-otlp-grpc';

/**
 * The exporter that settings describe. What they leave open (headers, certificates) it reads from the environment
 * itself; headers of both are sent (otlp-exporter-base 0.223: configuration/otlp-http-configuration).
 */
export function createOtlpExporter(settings: OtlpSettings): SpanExporter {
  if (settings.protocol === 'grpc') return new LateExporter(loadGrpcExporter(settings));
  const config: Record<string, unknown> = {
    url: settings.url,
    headers: settings.headers,
    ...(settings.timeoutMillis !== undefined && { timeoutMillis: settings.timeoutMillis }),
    ...(settings.compression !== undefined && { compression: settings.compression }),
  };
  return settings.protocol === 'http/json' ? new JsonExporter(config) : new ProtobufExporter(config);
}

interface GrpcModule {
  OTLPTraceExporter: new (config: object) => SpanExporter;
}

/** Not among the dependencies: gRPC is large, and few agents speak it. */
async function loadGrpcExporter({ url, timeoutMillis, compression }: OtlpSettings): Promise<SpanExporter> {
  let module: GrpcModule;
  try {
    module = (await import(/* webpackIgnore: true */ GRPC_PACKAGE)) as GrpcModule;
  } catch (error) {
    const message =
      `OTLP over gRPC needs a package that is not installed: npm install ${GRPC_PACKAGE}@0.223 ` +
      '(or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)';
    warn(message);
    throw new Error(message, { cause: error });
  }
  return new module.OTLPTraceExporter({
    url,
    ...(timeoutMillis !== undefined && { timeoutMillis }),
    ...(compression !== undefined && { compression }),
  });
}
