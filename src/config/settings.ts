import type { Attributes } from '@opentelemetry/api';
import type { BufferConfig, SpanLimits } from '@opentelemetry/sdk-trace-base';
import { parseCaptureVariable, type CaptureOptions } from '../pipeline/capture.js';
import { readApi, readApiKey, type ApiSettings } from './api.js';
import type { InitOptions, PropagatorName, Protocol } from './options.js';
import { readResourceAttributes } from './resource.js';
import { parseUrl, Variables, type Environment } from './variables.js';

/** Where spans go that are sent over OTLP. What is undefined, the exporter reads from the environment itself. */
export interface OtlpSettings {
  protocol: Protocol;
  /** With the path of the signal, for HTTP; without any for gRPC. */
  url: string;
  headers: Record<string, string>;
  timeoutMillis: number | undefined;
  compression: 'gzip' | 'none' | undefined;
}

/** Names of samplers that `OTEL_TRACES_SAMPLER` may have and the OTel SDK has. */
export type SamplerName = (typeof SAMPLERS)[number];

/** Options and environment, understood. */
export interface Settings {
  isDisabled: boolean;
  /** Empty where nothing is to be sent. */
  exporters: readonly ('otlp' | 'console')[];
  otlp: OtlpSettings;
  /** Undefined where nothing says where it is. */
  api: ApiSettings | undefined;
  resourceAttributes: Attributes;
  /** Undefined where the environment says nothing and the resource has nothing detected. */
  resourceDetectors: readonly string[];
  propagators: readonly PropagatorName[];
  sampler: { name: SamplerName; ratio: number };
  spanLimits: Required<SpanLimits>;
  batch: BufferConfig;
  capture: CaptureOptions;
}

const PROTOCOLS: readonly Protocol[] = ['http/protobuf', 'http/json', 'grpc'];
const PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'none'];
const DETECTORS = ['env', 'host', 'os', 'process', 'serviceinstance', 'all', 'none'];
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const DEFAULT_HTTP = 'http://localhost:4318';
const DEFAULT_GRPC = 'http://localhost:4317';
const TRACES_PATH = 'v1/traces';
/** The limit of the OTel SDK, 128, is soon reached by a span with flattened messages; the pipeline has the same one. */
const DEFAULT_ATTRIBUTE_COUNT = 1_024;

/** Understands options and environment. What is wrong in them is ignored and listed, a sentence each. */
export function readSettings(
  options: InitOptions = {},
  environment: Environment = process.env,
): { settings: Settings; problems: readonly string[] } {
  const variables = new Variables(environment);
  const otlp = readOtlp(options, variables);
  const settings: Settings = {
    isDisabled: options.disabled ?? variables.flag('OTEL_SDK_DISABLED'),
    exporters: readExporters(variables),
    otlp,
    api: readApi(options, variables, otlp),
    resourceAttributes: readResourceAttributes(options, variables),
    resourceDetectors: readNames(variables, 'OTEL_NODE_RESOURCE_DETECTORS', DETECTORS) ?? [],
    propagators: readPropagators(options, variables),
    sampler: readSampler(variables),
    spanLimits: readLimits(options, variables),
    batch: readBatch(options, variables),
    capture: readCapture(options, variables),
  };
  return { settings, problems: variables.problems };
}

/** Known names of a list, once each; undefined where the variable is not set. */
function readNames<T extends string>(
  variables: Variables,
  name: string,
  known: readonly T[],
): T[] | undefined {
  const words = variables.list(name);
  return words && readKnown(words, name, known, variables);
}

function readKnown<T extends string>(
  words: readonly string[],
  name: string,
  known: readonly T[],
  variables: Variables,
): T[] {
  const unknown = words.filter((word) => !known.includes(word as T));
  if (unknown.length > 0) {
    variables.problems.push(`${name}: ${unknown.join(', ')} is not known here, only ${known.join(', ')}`);
  }
  return [...new Set(known.filter((word) => words.includes(word)))];
}

function readExporters(variables: Variables): Settings['exporters'] {
  const names = readNames(variables, 'OTEL_TRACES_EXPORTER', ['otlp', 'console', 'none']);
  if (names === undefined) return ['otlp'];
  const chosen = names.filter((name) => name !== 'none');
  if (names.includes('none')) {
    if (chosen.length > 0) {
      variables.problems.push(`OTEL_TRACES_EXPORTER names none beside ${chosen.join(', ')}: nothing is sent`);
    }
    return [];
  }
  // A list with nothing known in it: rather the default than silence.
  return chosen.length > 0 ? chosen : ['otlp'];
}

function readOtlp(options: InitOptions, variables: Variables): OtlpSettings {
  const protocol =
    readChoice(options.protocol, PROTOCOLS, 'protocol', variables) ??
    variables.oneOf(PROTOCOLS, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL') ??
    'http/protobuf';
  const headers = { ...options.headers };
  const apiKey = readApiKey(options);
  if (apiKey !== undefined) headers['authorization'] = `Bearer ${apiKey}`;
  if (protocol === 'grpc' && Object.keys(headers).length > 0) {
    variables.problems.push(
      'headers and apiKey can not be given for grpc: set OTEL_EXPORTER_OTLP_HEADERS, or use http/protobuf',
    );
  }
  return {
    protocol,
    url: readUrl(options, variables, protocol),
    headers,
    timeoutMillis:
      options.timeoutMillis ??
      variables.number(1, ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']),
    compression:
      readChoice(options.compression, ['gzip', 'none'], 'compression', variables) ??
      variables.oneOf(
        ['gzip', 'none'],
        'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION',
        'OTEL_EXPORTER_OTLP_COMPRESSION',
      ),
  };
}

/** The variable of the signal is taken as it is; the general one is a base (protocol/exporter.md, "Endpoint URLs"). */
function readUrl(options: InitOptions, variables: Variables, protocol: Protocol): string {
  const given = options.url === undefined ? undefined : parseUrl(options.url);
  if (options.url !== undefined && given === undefined) {
    variables.problems.push(`url: "${options.url}" is no http or https URL and is ignored`);
  }
  const own = variables.url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const base = variables.url('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (protocol === 'grpc') return (given ?? own ?? base)?.origin ?? DEFAULT_GRPC;
  if (given !== undefined) return addTracesPath(given);
  return own?.href ?? addTracesPath(base ?? new URL(DEFAULT_HTTP));
}

function addTracesPath(base: URL): string {
  if (base.pathname.endsWith(`/${TRACES_PATH}`)) return base.href;
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${TRACES_PATH}`;
  return url.href;
}

function readChoice<T extends string>(
  value: string | undefined,
  allowed: readonly T[],
  option: string,
  variables: Variables,
): T | undefined {
  const found = allowed.find((word) => word === value);
  if (value !== undefined && found === undefined) {
    variables.problems.push(`${option}: "${value}" is none of ${allowed.join(', ')} and is ignored`);
  }
  return found;
}

function readPropagators(options: InitOptions, variables: Variables): PropagatorName[] {
  const given =
    options.propagators && readKnown([...options.propagators], 'propagators', PROPAGATORS, variables);
  const names = given ?? readNames(variables, 'OTEL_PROPAGATORS', PROPAGATORS);
  if (names === undefined) return ['tracecontext', 'baggage'];
  return names.includes('none') ? [] : [...new Set(names)];
}

function readSampler(variables: Variables): Settings['sampler'] {
  const name = variables.oneOf(SAMPLERS, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  if (!name.endsWith('traceidratio')) return { name, ratio: 1 };
  const ratio = variables.number(0, ['OTEL_TRACES_SAMPLER_ARG'], true);
  if (ratio !== undefined && ratio > 1) {
    variables.problems.push(`OTEL_TRACES_SAMPLER_ARG=${ratio} is more than 1 and is ignored`);
  }
  return { name, ratio: ratio === undefined || ratio > 1 ? 1 : ratio };
}

function readLimits({ spanLimits = {} }: InitOptions, variables: Variables): Required<SpanLimits> {
  const read = (...names: string[]) => variables.number(0, names);
  return {
    attributeValueLengthLimit:
      read('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? Infinity,
    attributeCountLimit:
      read('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT') ?? DEFAULT_ATTRIBUTE_COUNT,
    eventCountLimit: read('OTEL_SPAN_EVENT_COUNT_LIMIT') ?? 128,
    linkCountLimit: read('OTEL_SPAN_LINK_COUNT_LIMIT') ?? 128,
    attributePerEventCountLimit:
      read('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT') ?? 128,
    attributePerLinkCountLimit:
      read('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT') ?? 128,
    ...spanLimits,
  };
}

/** All four are given, so that the SDK does not read again what was found to be wrong. Its defaults are the specification's. */
function readBatch({ batch = {} }: InitOptions, variables: Variables): BufferConfig {
  const maxQueueSize = variables.number(1, ['OTEL_BSP_MAX_QUEUE_SIZE']) ?? 2_048;
  const size = variables.number(1, ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE']) ?? 512;
  return {
    scheduledDelayMillis: variables.number(0, ['OTEL_BSP_SCHEDULE_DELAY']) ?? 5_000,
    exportTimeoutMillis: variables.number(1, ['OTEL_BSP_EXPORT_TIMEOUT']) ?? 30_000,
    maxQueueSize,
    maxExportBatchSize: Math.min(size, maxQueueSize),
    ...batch,
  };
}

function readCapture(options: InitOptions, variables: Variables): CaptureOptions {
  const name = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
  const value = variables.string(name);
  const parsed = parseCaptureVariable(value);
  if (value !== undefined && parsed === undefined) {
    variables.problems.push(
      `${name}=${value} is none of true, false, no_content, span_only, event_only, span_and_event and is ignored`,
    );
  }
  return options.capture ?? parsed ?? 'all';
}
