import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

const TRACES_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** What a call over HTTP/2 ended with, as it came on the wire. */
export interface RawAnswer {
  headers: IncomingHttpHeaders & { ':status'?: number };
  trailers: IncomingHttpHeaders;
  body: Buffer;
}

/** A connection on which calls are written by hand. */
export class RawHttp2 {
  private constructor(readonly session: ClientHttp2Session) {}

  static async open(address: string): Promise<RawHttp2> {
    const session = connect(`http://${address}`);
    // Streams tell what became of them.
    session.on('error', () => undefined);
    await once(session, 'connect');
    return new RawHttp2(session);
  }

  /** Begins a call to the traces service; other headers go over those of gRPC. */
  begin(headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': TRACES_PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('error', () => undefined);
    return stream;
  }

  destroy(): void {
    this.session.destroy();
  }
}

/** A message as it is framed; `length` is what the prefix says. */
export function frame(message: Uint8Array, options: { flag?: number; length?: number } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = options.flag ?? 0;
  prefix.writeUInt32BE(options.length ?? message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Resolves when the server has ended its side. */
export async function readRawAnswer(stream: ClientHttp2Stream): Promise<RawAnswer> {
  const answer: RawAnswer = { headers: {}, trailers: {}, body: Buffer.alloc(0) };
  stream.on('response', (headers) => (answer.headers = headers as RawAnswer['headers']));
  stream.on('trailers', (trailers: IncomingHttpHeaders) => (answer.trailers = trailers));
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
  return { ...answer, body: Buffer.concat(chunks) };
}

/** The status of a call, in its trailers or, where nothing else was answered, in its headers. */
export function readGrpcStatus({ headers, trailers }: RawAnswer): number {
  return Number(trailers['grpc-status'] ?? headers['grpc-status']);
}
