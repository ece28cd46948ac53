import type { ServerHttp2Stream } from 'node:http2';
import { ERRORS, SpanledgerError } from '../errors.js';
import { MalformedProtobufError } from '../model/protobuf-reader.js';
import { decodeProtobuf } from '../otlp/protobuf-decode.js';
import { defineMessage, embedded, embeddedList, enumeration, string } from '../otlp/message.js';
import { encodeProtobuf } from '../otlp/protobuf-encode.js';
import { Repairs } from '../otlp/repairs.js';
import type { Telemetry } from '../telemetry.js';
import type { ByteBudget } from './byte-budget.js';
import {
  beginAnswer,
  frameMessage,
  GRPC_OK,
  sendError,
  sendMessage,
  type GrpcStatus,
} from './grpc-answer.js';
import { readGrpcMessage } from './grpc-message.js';
import type { GrpcMethod, GrpcMethods } from './grpc-router.js';
import { explainExportFailure } from './receive-export.js';
import { RequestAborted } from './request-body.js';

/** grpc/health/v1/health.proto */
const PATH = '/grpc.health.v1.Health/';
const SERVING_STATUS = { serving: 1, notServing: 2, serviceUnknown: 3 } as const;
type ServingStatus = (typeof SERVING_STATUS)[keyof typeof SERVING_STATUS];

const HealthCheckRequest = defineMessage<{ service: string }>('HealthCheckRequest', () => ({ service: '' }), {
  service: string(1),
});

const HealthCheckResponse = defineMessage<{ status: number }>('HealthCheckResponse', () => ({ status: 0 }), {
  status: enumeration(1),
});

/** `map<string, HealthCheckResponse>`, which is written as a list of pairs. */
const StatusEntry = defineMessage<{ key: string; value: { status: number } | null }>(
  'StatusesEntry',
  () => ({ key: '', value: null }),
  { key: string(1), value: embedded(2, HealthCheckResponse) },
);

const HealthListResponse = defineMessage<{ statuses: { key: string; value: { status: number } | null }[] }>(
  'HealthListResponse',
  () => ({ statuses: [] }),
  { statuses: embeddedList(1, StatusEntry) },
);

/** The name of a service, and no more. */
const MAX_REQUEST_BYTES = 4096;
const REQUEST_TIMEOUT_MILLIS = 10_000;
const WATCH_MILLIS = 1_000;

export interface GrpcHealthOptions {
  /** Their names; the empty name, for the whole server, is added. */
  services: readonly string[];
  /** Whether requests can be stored now. */
  checkReady: () => Promise<boolean>;
  budget: ByteBudget;
  telemetry: Pick<Telemetry, 'log'>;
}

export interface GrpcHealth {
  /** Answered without a key, as the probes over HTTP are. */
  methods: GrpcMethods;
  /** From now on nothing is served: watchers are told so, and their calls end. */
  close(): void;
}

interface Watcher {
  stream: ServerHttp2Stream;
  service: string;
  told: ServingStatus | undefined;
}

const SHUTTING_DOWN: GrpcStatus = {
  code: ERRORS.INGEST_SHUTTING_DOWN.grpc,
  message: 'the collector is shutting down',
};

/** The health service that probes and load balancers ask. All services have the health of the collector. */
export function createGrpcHealth(options: GrpcHealthOptions): GrpcHealth {
  const health = new Health(options);
  const answer = (method: (stream: ServerHttp2Stream) => Promise<void>): GrpcMethod => {
    return (stream) => answerErrors(method(stream), stream, options);
  };
  return {
    methods: new Map([
      [`${PATH}Check`, answer((stream) => health.check(stream))],
      [`${PATH}List`, answer((stream) => health.list(stream))],
      [`${PATH}Watch`, answer((stream) => health.watch(stream))],
    ]),
    close: () => {
      health.close();
    },
  };
}

class Health {
  readonly #services: ReadonlySet<string>;
  readonly #watchers = new Set<Watcher>();
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: GrpcHealthOptions) {
    this.#services = new Set(['', ...options.services]);
  }

  async check(stream: ServerHttp2Stream): Promise<void> {
    const service = await this.#readService(stream);
    if (!this.#services.has(service))
      throw new SpanledgerError('API_NOT_FOUND', `there is no service named ${service}`);
    const isReady = await this.#checkReady();
    sendMessage(stream, encodeProtobuf(HealthCheckResponse, { status: this.#judge(service, isReady) }));
  }

  async list(stream: ServerHttp2Stream): Promise<void> {
    await this.#readService(stream);
    const isReady = await this.#checkReady();
    const statuses = [...this.#services].map((key) => ({
      key,
      value: { status: this.#judge(key, isReady) },
    }));
    sendMessage(stream, encodeProtobuf(HealthListResponse, { statuses }));
  }

  /** Answers at once, and again whenever the status has changed, until either side ends. */
  async watch(stream: ServerHttp2Stream): Promise<void> {
    const service = await this.#readService(stream);
    const isReady = await this.#checkReady();
    const watcher: Watcher = { stream, service, told: undefined };
    beginAnswer(stream, () => (this.#isClosed ? SHUTTING_DOWN : GRPC_OK));
    this.#tell(watcher, isReady);
    if (this.#isClosed || stream.destroyed) {
      stream.end();
      return;
    }
    this.#watchers.add(watcher);
    stream.once('close', () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) clearInterval(this.#timer);
    });
    if (this.#watchers.size === 1)
      this.#timer = setInterval(() => void this.#tellWatchers(), WATCH_MILLIS).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const watcher of this.#watchers) {
      this.#tell(watcher, false);
      watcher.stream.end();
    }
  }

  async #tellWatchers(): Promise<void> {
    const isReady = await this.#checkReady();
    for (const watcher of this.#watchers) this.#tell(watcher, isReady);
  }

  #tell(watcher: Watcher, isReady: boolean): void {
    const status = this.#judge(watcher.service, isReady);
    if (status === watcher.told || !watcher.stream.writable) return;
    watcher.told = status;
    watcher.stream.write(frameMessage(encodeProtobuf(HealthCheckResponse, { status })));
  }

  #judge(service: string, isReady: boolean): ServingStatus {
    if (!this.#services.has(service)) return SERVING_STATUS.serviceUnknown;
    return isReady && !this.#isClosed ? SERVING_STATUS.serving : SERVING_STATUS.notServing;
  }

  #checkReady(): Promise<boolean> {
    return this.options.checkReady().catch(() => false);
  }

  async #readService(stream: ServerHttp2Stream): Promise<string> {
    const lease = this.options.budget.open();
    try {
      const { bytes } = await readGrpcMessage(stream, {
        maxBytes: MAX_REQUEST_BYTES,
        timeoutMillis: REQUEST_TIMEOUT_MILLIS,
        lease,
      });
      return readRequest(bytes);
    } finally {
      lease.close();
    }
  }
}

function readRequest(bytes: Uint8Array): string {
  try {
    return decodeProtobuf(HealthCheckRequest, bytes, new Repairs()).service;
  } catch (cause) {
    if (!(cause instanceof MalformedProtobufError)) throw cause;
    const message = `the message is not a HealthCheckRequest: ${cause.message}`;
    throw new SpanledgerError('OTLP_MALFORMED_BODY', message, { cause });
  }
}

async function answerErrors(
  answered: Promise<void>,
  stream: ServerHttp2Stream,
  options: GrpcHealthOptions,
): Promise<void> {
  try {
    await answered;
  } catch (cause) {
    if (cause instanceof RequestAborted) return;
    sendError(stream, explainExportFailure(cause, options));
  }
}
