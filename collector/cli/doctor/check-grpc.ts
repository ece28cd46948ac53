import { connect, type ClientHttp2Session } from 'node:http2';
import { pass, warn, type Check } from './check.js';

const ANSWER_TIMEOUT_MILLIS = 5000;

/** A message without a byte, which asks for the health of the whole server (grpc/health/v1/health.proto). */
const EMPTY_MESSAGE = Buffer.alloc(5);
/** HealthCheckResponse with status SERVING behind the prefix of a message. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** Whether OTLP over gRPC is served at the address; what sends over HTTP does without. */
export async function checkGrpc(url: string): Promise<Check> {
  const name = 'OTLP over gRPC';
  try {
    const answer = await askHealth(url);
    if (answer.equals(SERVING)) return pass(name, `served at ${url}`);
    return warn(name, `the server at ${url} says that it is not serving`, 'look at the log of the collector');
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return warn(name, `not served at ${url} (${problem})`, 'check --grpc-port, or send over HTTP');
  }
}

async function askHealth(url: string): Promise<Buffer> {
  const session = connect(url);
  try {
    return await call(session);
  } finally {
    session.destroy();
  }
}

function call(session: ClientHttp2Session): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    session.once('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.setTimeout(ANSWER_TIMEOUT_MILLIS, () => {
      reject(new Error('no answer in time'));
    });
    stream.once('error', reject);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    stream.end(EMPTY_MESSAGE);
  });
}
