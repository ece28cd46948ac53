import {
  compressionAlgorithms,
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ChannelCredentials,
  type ClientOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import { OTLP_GRPC_SERVICES } from '../../collector/receivers/otlp-grpc.js';
import type { Signal } from '../../collector/model/span-data.js';
import { decodeMessage } from '../otlp/otlp-proto.js';

export const GZIP: ClientOptions = {
  'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
};

/** What a call ended with. */
export interface CallResult {
  code: number;
  message: string;
  answer: Buffer | null;
  /** The google.rpc.Status of `grpc-status-details-bin`, where there is one. */
  status: Record<string, unknown> | null;
  trailers: Metadata;
}

export interface GrpcClient {
  export(signal: Signal, message: Uint8Array, headers?: Record<string, string>): Promise<CallResult>;
  call(path: string, message: Uint8Array, headers?: Record<string, string>): Promise<CallResult>;
  /** A call whose answers come one after the other; ends with the status. */
  watch(path: string, message: Uint8Array): { answers: Buffer[]; ended: Promise<number>; cancel(): void };
  close(): void;
}

/** A client of @grpc/grpc-js that sends and gets messages as bytes. */
export function createGrpcClient(
  address: string,
  options: ClientOptions & { credentials?: ChannelCredentials } = {},
): GrpcClient {
  const { credentials: channel = credentials.createInsecure(), ...rest } = options;
  const Client = makeGenericClientConstructor({}, 'bytes');
  const client = new Client(address, channel, {
    'grpc.max_send_message_length': -1,
    // Each client has a connection of its own.
    'grpc.use_local_subchannel_pool': 1,
    ...rest,
  });
  const same = (bytes: Buffer): Buffer => bytes;
  const call: GrpcClient['call'] = (path, message, headers = {}) =>
    new Promise((resolve) => {
      let answer: Buffer | null = null;
      let failure: ServiceError | null = null;
      const metadata = new Metadata();
      for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
      const running = client.makeUnaryRequest(
        path,
        same,
        same,
        Buffer.from(message),
        metadata,
        (error, value) => {
          failure = error;
          answer = value ?? null;
        },
      );
      running.on('status', ({ code, details, metadata: trailers }) => {
        // The callback is called in the same turn.
        setImmediate(() => {
          const bytes = trailers.get('grpc-status-details-bin')[0];
          const status = bytes instanceof Buffer ? decodeMessage('RpcStatus', bytes) : null;
          resolve({ code, message: failure?.details ?? details, answer, status, trailers });
        });
      });
    });
  return {
    call,
    export: (signal, message, headers) => call(`/${OTLP_GRPC_SERVICES[signal]}/Export`, message, headers),
    watch(path, message) {
      const answers: Buffer[] = [];
      const running = client.makeServerStreamRequest(path, same, same, Buffer.from(message));
      running.on('data', (answer: Buffer) => answers.push(answer));
      // The status says the same.
      running.on('error', () => undefined);
      const ended = new Promise<number>((resolve) => {
        running.on('status', ({ code }) => {
          resolve(code);
        });
      });
      return {
        answers,
        ended,
        cancel() {
          running.cancel();
        },
      };
    },
    close() {
      client.close();
    },
  };
}
