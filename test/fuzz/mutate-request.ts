import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { listCaptures, loadCapture, readCaptureMessage, readCaptureSignal } from '../support/captures.js';
import { SeededRandom } from '../support/random.js';
import { mutateJson } from './mutate-json.js';
import { mutateBytes, mutateProtobuf } from './mutate-protobuf.js';

export type Transport = 'http' | 'grpc';

/** A request as it goes out; made from its seed and number alone. */
export interface FuzzRequest {
  number: number;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

interface Sample {
  path: string;
  grpcPath: string;
  encoding: 'json' | 'protobuf';
  /** Neither compressed nor framed. */
  message: Buffer;
}

const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/x-protobuf';
const OTHER_TYPES = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/json;charset=UTF-8;;=',
  'application/grpc',
  'multipart/form-data; boundary=x',
  '*/*',
  'x'.repeat(3000),
];
const OTHER_CODINGS = [
  '',
  'gzip, gzip',
  'br',
  'zstd',
  'deflate',
  'snappy',
  'gzip;q=0',
  'identity',
  ',,,',
  'GZIP',
];
const PATHS = [
  '/v1/traces',
  '/v1/logs',
  '/v1/metrics',
  '/otel/v1/traces',
  '/api/public/otel/v1/logs/',
  '/v1/traces?x=%zz',
];
const GRPC_SIGNALS = { traces: 'trace', logs: 'logs', metrics: 'metrics' } as const;
/** Larger samples are taken seldom, as they cost most and show little more. */
const LARGE_BYTES = 30_000;

/** Beyond the collector's limit when inflated, though small on the wire. */
const BOMB = Buffer.alloc(16 * 1024 * 1024, ' ');

export class RequestMaker {
  readonly #samples: Sample[];
  readonly #bombs: readonly (readonly [coding: string, body: Buffer])[];
  readonly #seed: number;
  readonly #transport: Transport;

  constructor(seed: number, transport: Transport) {
    this.#seed = seed;
    this.#transport = transport;
    this.#samples = loadSamples().filter(({ encoding }) => transport === 'http' || encoding === 'protobuf');
    const gzip = gzipSync(BOMB);
    this.#bombs = [
      ['gzip', gzip],
      ['gzip, gzip', gzipSync(gzip)],
      ['deflate', deflateSync(BOMB)],
      ['br', compressBrotli(BOMB)],
      ['zstd', createZstd([], 128)],
    ];
  }

  make(number: number): FuzzRequest {
    const random = new SeededRandom(Math.imul(this.#seed, 0x9e3779b1) + number);
    // The crafted samples are the last.
    let sample =
      random.next() < 0.04
        ? (this.#samples.at(-1) ?? random.pick(this.#samples))
        : random.pick(this.#samples);
    if (sample.message.length > LARGE_BYTES && random.next() < 0.9) sample = random.pick(this.#samples);
    const other = random.pick(this.#samples);
    const message = mutateMessage(sample, other, random);
    return this.#transport === 'http'
      ? this.#makeHttp(number, sample, message, random)
      : this.#makeGrpc(number, sample, message, random);
  }

  #makeHttp(number: number, sample: Sample, message: Buffer, random: SeededRandom): FuzzRequest {
    const type = sample.encoding === 'json' ? JSON_TYPE : PROTOBUF;
    const headers: Record<string, string> = {
      'content-type': random.next() < 0.94 ? type : random.pick([JSON_TYPE, PROTOBUF, ...OTHER_TYPES]),
    };
    const path = random.next() < 0.93 ? sample.path : random.pick(PATHS);
    if (random.next() < 0.002) {
      const [coding, body] = random.pick(this.#bombs);
      return { number, path, headers: { ...headers, 'content-encoding': coding }, body };
    }
    const [coding, encoded] = encode(message, random);
    const named = random.next() < 0.97 ? coding : random.pick(OTHER_CODINGS);
    if (named !== '') headers['content-encoding'] = named;
    return { number, path, headers, body: damageSeldom(encoded, coding, random) };
  }

  #makeGrpc(number: number, sample: Sample, message: Buffer, random: SeededRandom): FuzzRequest {
    const isBomb = random.next() < 0.002;
    const isZipped = isBomb || random.next() < 0.3;
    const content = isBomb
      ? (this.#bombs[0]?.[1] ?? BOMB)
      : isZipped
        ? damageSeldom(gzipSync(message), 'gzip', random)
        : message;
    const prefix = Buffer.alloc(5);
    prefix[0] = random.next() < 0.97 ? Number(isZipped) : random.below(256);
    prefix.writeUInt32BE(random.next() < 0.97 ? content.length : random.below(2 ** random.below(33)), 1);
    const frame = Buffer.concat([prefix, content]);
    const encoding = random.next() < 0.97 ? 'gzip' : random.pick(['identity', 'deflate', 'snappy', 'x']);
    return {
      number,
      path: random.next() < 0.97 ? sample.grpcPath : `${sample.grpcPath}${random.pick(['X', '/', ''])}`,
      headers: {
        'content-type':
          random.next() < 0.97 ? 'application/grpc' : random.pick(['application/grpc+json', ...OTHER_TYPES]),
        te: 'trailers',
        'grpc-encoding': encoding,
      },
      body: random.next() < 0.97 ? frame : mutateBytes(frame, random),
    };
  }
}

function loadSamples(): Sample[] {
  const samples = listCaptures().flatMap((name) =>
    loadCapture(name).requests.map((request): Sample => {
      const signal = readCaptureSignal(request);
      const grpcName = GRPC_SIGNALS[signal];
      const service = `${grpcName.charAt(0).toUpperCase()}${grpcName.slice(1)}Service`;
      return {
        path: `/v1/${signal}`,
        grpcPath: `/opentelemetry.proto.collector.${grpcName}.v1.${service}/Export`,
        encoding: request.headers['content-type'] === JSON_TYPE ? 'json' : 'protobuf',
        message: readCaptureMessage(request),
      };
    }),
  );
  return [...samples, createMetricSample(), createZipkinSample()];
}

/** Zipkin's v2 spans, which no capture has; over HTTP alone. */
function createZipkinSample(): Sample {
  const ids = { traceId: 'ab'.repeat(16), parentId: '0102030405060708', id: '0102030405060709' };
  const endpoint = { serviceName: 'web', ipv4: '10.0.0.1', ipv6: '::1', port: 80 };
  const spans = [
    { ...ids, kind: 'CLIENT', timestamp: 1_763_697_600_000_000, duration: 900, localEndpoint: endpoint },
    { ...ids, kind: 'SERVER', shared: true, remoteEndpoint: endpoint, tags: { error: 'no', a: 'b' } },
    { traceId: 'aa', id: 'bb', name: 'n', debug: true, annotations: [{ timestamp: 5, value: 'ws' }] },
  ];
  return {
    path: '/api/v2/spans',
    grpcPath: '',
    encoding: 'json',
    message: Buffer.from(JSON.stringify(spans)),
  };
}

/** Points of the kinds that no capture has. */
function createMetricSample(): Sample {
  const time = { startTimeUnixNano: '1763697600000000000', timeUnixNano: '1763697660000000001' };
  const exemplars = [{ timeUnixNano: '1763697660000000000', asInt: '3', traceId: 'ab'.repeat(16) }];
  const buckets = { offset: -3, bucketCounts: ['1', 2] };
  const metrics = [
    {
      name: 'h',
      histogram: { dataPoints: [{ ...time, count: '3', bucketCounts: [1, '2'], explicitBounds: [0.5] }] },
    },
    {
      name: 'e',
      exponentialHistogram: {
        dataPoints: [{ ...time, count: 3, scale: 2, positive: buckets, negative: buckets }],
      },
    },
    { name: 's', summary: { dataPoints: [{ ...time, quantileValues: [{ quantile: 0.9, value: 'NaN' }] }] } },
    {
      name: 'c',
      sum: { isMonotonic: true, dataPoints: [{ ...time, asInt: '9007199254740993', exemplars }] },
    },
  ];
  return {
    path: '/v1/metrics',
    grpcPath: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    encoding: 'json',
    message: Buffer.from(JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })),
  };
}

function mutateMessage(sample: Sample, other: Sample, random: SeededRandom): Buffer {
  let message = sample.message;
  for (let count = random.next() < 0.7 ? 1 : 3; count > 0; count--) {
    const kind = random.next();
    if (kind < 0.12) message = mutateBytes(message, random);
    else if (kind < 0.15) message = splice(message, other.message, random);
    else if (sample.encoding === 'protobuf') message = mutateProtobuf(message, random);
    else message = mutateJson(message.toString('utf8'), random) ?? mutateBytes(message, random);
  }
  return message;
}

/** The beginning of one and the end of another. */
function splice(one: Buffer, another: Buffer, random: SeededRandom): Buffer {
  return Buffer.concat([
    one.subarray(0, random.below(one.length + 1)),
    another.subarray(random.below(another.length + 1)),
  ]);
}

function encode(message: Buffer, random: SeededRandom): readonly [coding: string, body: Buffer] {
  const kind = random.below(100);
  if (kind < 70) return ['', message];
  if (kind < 84) return ['gzip', gzipSync(message, { level: 1 })];
  if (kind < 88) return ['deflate', deflateSync(message, { level: 1 })];
  if (kind < 90) return ['deflate', deflateRawSync(message, { level: 1 })];
  if (kind < 94) return ['br', compressBrotli(message)];
  return ['zstd', createZstd([message.subarray(0, 100_000)], 0)];
}

/** Damage to the compressed stream, rather than to what is in it. */
function damageSeldom(encoded: Buffer, coding: string, random: SeededRandom): Buffer {
  if (coding === '' || random.next() < 0.7) return encoded;
  return random.pick([
    () => mutateBytes(encoded, random),
    () => encoded.subarray(0, random.below(encoded.length + 1)),
    () => Buffer.concat([encoded, random.bytes(1 + random.below(9))]),
    () => Buffer.concat([encoded, encoded]),
  ])();
}

function compressBrotli(content: Buffer): Buffer {
  return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

/** A frame of zstd (RFC 8878 section 3.1.1) from raw blocks and, after them, blocks of one byte run 128 KiB long. */
function createZstd(blocks: Buffer[], runs: number): Buffer {
  const pieces: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3])];
  for (let index = 0; index < blocks.length + runs; index++) {
    const block = blocks[index];
    const size = block?.length ?? 128 * 1024;
    const header = Buffer.alloc(3);
    header.writeUIntLE((size << 3) | (block ? 0 : 2) | Number(index === blocks.length + runs - 1), 0, 3);
    pieces.push(header, block ?? Buffer.from(' '));
  }
  return Buffer.concat(pieces);
}
