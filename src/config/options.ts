import type { Attributes } from '@opentelemetry/api';
import type {
  BufferConfig,
  Sampler,
  SpanExporter,
  SpanLimits,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { PipelineOptions } from '../pipeline/pipeline.js';
import type { TransformOptions } from '../pipeline/span-transform.js';

/** How spans travel to the collector. */
export type Protocol = 'http/protobuf' | 'http/json' | 'grpc';

/** Names of `OTEL_PROPAGATORS`. */
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger' | 'none';

/** Where spans go, and how. All of it may stand in the environment instead; what is given here wins. */
export interface ExportOptions {
  /**
   * The collector, such as `https://collector.example.com:4318`; `/v1/traces` is added where it is missing. Default:
   * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://localhost:4318`.
   */
  url?: string | undefined;
  /** A key of the collector, sent as `Authorization: Bearer KEY`. */
  apiKey?: string | undefined;
  /** Headers of each request, beside those of `OTEL_EXPORTER_OTLP_HEADERS`. Not for gRPC. */
  headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The collector's query API, which plans, answers and decisions are read from, where it is not where the spans go.
   * Default: `SPANLEDGER_URL`, else `url` without `/v1/traces`; with it the key of `SPANLEDGER_API_KEY`, else `apiKey`.
   */
  apiUrl?: string | undefined;
  /** Default: `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf`. */
  protocol?: Protocol | undefined;
  /** Default: `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION`, `OTEL_EXPORTER_OTLP_COMPRESSION`, else `none`. */
  compression?: 'gzip' | 'none' | undefined;
  /** Of one request, in milliseconds. Default: `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, `OTEL_EXPORTER_OTLP_TIMEOUT`, else 10,000. */
  timeoutMillis?: number | undefined;
  /** An exporter in place of the one that these options and the environment describe. */
  exporter?: SpanExporter | undefined;
  /** When batches are sent. Default: `OTEL_BSP_*`, else as the OTel SDK: after 5 seconds or with 512 spans. */
  batch?: BufferConfig | undefined;
}

/** What leaves the process. */
export interface ContentOptions {
  /**
   * `all`, `metadata` (no messages, arguments and results) or `none`. Default:
   * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else `all`.
   */
  capture?: TransformOptions['capture'] | undefined;
  /** What is made unreadable before it is sent. Default: secrets of known forms; false for nothing. */
  redaction?: TransformOptions['redaction'] | undefined;
  /** When long texts are cut. Default: beyond 1 MiB; false for never. */
  truncation?: TransformOptions['truncation'] | undefined;
  /** Prices that spans are stamped with. Default: none, the collector prices what it receives. */
  cost?: TransformOptions['cost'] | undefined;
  /** Whether and how running spans are announced. Default true. */
  pending?: PipelineOptions['pending'] | undefined;
  /** Which traces are sent, decided at their end so that those with errors can be kept. Default: all that are sampled. */
  sampling?: PipelineOptions['sampling'] | undefined;
}

/** What happens to spans that can't be sent in time. */
export interface ExitOptions {
  /**
   * Sends what is left when the process ends, also on SIGTERM and SIGINT, and keeps what can't be sent in a file for the next
   * start. Default true; false leaves both to `flush`.
   */
  exitGuard?: boolean | undefined;
  /** The folder of those files. Default: one of the user's, apart for each destination; false for no files. */
  spool?: string | false | undefined;
}

/** Everything that `init` takes. */
export interface InitOptions extends ExportOptions, ContentOptions, ExitOptions {
  /** Default: `OTEL_SERVICE_NAME`, `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else `unknown_service:node`. */
  serviceName?: string | undefined;
  /** `service.version`, of the application. */
  serviceVersion?: string | undefined;
  /** `deployment.environment.name`, such as `production`. */
  environment?: string | undefined;
  /** More attributes of the resource; they win over `OTEL_RESOURCE_ATTRIBUTES`. */
  resourceAttributes?: Attributes | undefined;
  /** True records nothing. Default: `OTEL_SDK_DISABLED`. */
  disabled?: boolean | undefined;
  /** Decides at a trace's start. Default: `OTEL_TRACES_SAMPLER`, else all that a caller did not leave out. */
  sampler?: Sampler | undefined;
  /** Default: `OTEL_SPAN_*_LIMIT` and `OTEL_ATTRIBUTE_*_LIMIT`, else 1,024 attributes and 128 events and links. */
  spanLimits?: SpanLimits | undefined;
  /** Default: `OTEL_PROPAGATORS`, else `tracecontext` and `baggage`. Only where nobody registered any. */
  propagators?: readonly PropagatorName[] | undefined;
  /** More processors, such as another vendor's, where the provider is ours. */
  spanProcessors?: readonly SpanProcessor[] | undefined;
}
