import { request as httpRequest, Agent } from 'node:http';
import grpc from '@grpc/grpc-js';

const EXPORT_METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const CONTENT_TYPES = { 'http/protobuf': 'application/x-protobuf', 'http/json': 'application/json' };

/**
 * Sends export requests over at most `connections` connections. `send` resolves with whether the collector
 * acknowledged, and what it said otherwise. gRPC carries traces only.
 */
export function openSender(collector, { transport, connections, signal = 'traces' }) {
  return transport === 'grpc'
    ? openGrpcSender(collector.grpcAddress, connections)
    : openHttpSender(`${collector.url}/v1/${signal}`, connections, CONTENT_TYPES[transport]);
}

function openHttpSender(url, connections, contentType) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send = (body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': contentType, 'content-length': body.length };
      const outgoing = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
        response.resume();
        response.on('end', () => {
          const { statusCode } = response;
          resolve({ isAcknowledged: statusCode === 200, answer: `HTTP ${statusCode}` });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return { send, close: () => agent.destroy() };
}

function openGrpcSender(address, connections) {
  const identity = (bytes) => bytes;
  const options = {
    // A connection for each client; by default all would share one.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  };
  const clients = Array.from(
    { length: connections },
    () => new grpc.Client(address, grpc.credentials.createInsecure(), options),
  );
  let next = 0;
  const send = (body) =>
    new Promise((resolve) => {
      const client = clients[next++ % clients.length];
      client.makeUnaryRequest(EXPORT_METHOD, identity, identity, body, (error) => {
        resolve({ isAcknowledged: error === null, answer: error === null ? 'OK' : error.message });
      });
    });
  return {
    send,
    close() {
      for (const client of clients) client.close();
    },
  };
}
