import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { agent, patchMcp, tool, withRemoteParent } from '../../../src/index.js';
import { readJsonAttribute, startRecorder, type Recorder } from '../../support/sdk-recorder.js';

let recorder: Recorder;
let client: Client;
/** What the last tool call brought along. */
let meta: Record<string, unknown> | undefined;
beforeEach(async () => {
  recorder = startRecorder();
  meta = undefined;
  client = new Client({ name: 'agent', version: '1.0.0' });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await createServer().connect(theirs);
  await client.connect(ours);
});
afterEach(async () => {
  await client.close();
  await recorder.stop();
});

function createServer(): McpServer {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  server.registerTool('get_weather', { inputSchema: { city: z.string() } }, ({ city }, extra) => {
    meta = extra._meta;
    return withRemoteParent(extra, () =>
      tool('look_up', () => ({ content: [{ type: 'text' as const, text: `Sunny in ${city}` }] })),
    );
  });
  server.registerTool('refuse', {}, () => ({ isError: true, content: [{ type: 'text', text: 'No.' }] }));
  server.registerTool('hang', {}, () => new Promise<never>(() => undefined));
  server.registerPrompt('greet', {}, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }],
  }));
  server.registerResource('facts', 'facts://lisbon', {}, (uri) => ({
    contents: [{ uri: uri.href, text: 'Lisbon' }],
  }));
  return server;
}

const call = () => client.callTool({ name: 'get_weather', arguments: { city: 'Lisbon' } });

test('a tool call is a tool with its arguments and result, and the server continues the trace', async () => {
  patchMcp(client);
  const result = await agent({ name: 'helper', sessionId: 's-1' }, call);
  expect(result.content).toEqual([{ type: 'text', text: 'Sunny in Lisbon' }]);
  const span = await recorder.span('tools/call get_weather');
  expect(span.kind).toBe(SpanKind.CLIENT);
  expect(span.attributes).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'get_weather',
    'mcp.method.name': 'tools/call',
    'jsonrpc.request.id': '1',
    'session.id': 's-1',
  });
  expect(readJsonAttribute(span, 'gen_ai.tool.call.arguments')).toEqual({ city: 'Lisbon' });
  expect(readJsonAttribute(span, 'gen_ai.tool.call.result')).toEqual(result.content);
  const { traceId, spanId } = span.spanContext();
  expect(meta).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
  expect((await recorder.span('execute_tool look_up')).parentSpanContext?.spanId).toBe(spanId);
});

test('ids of session and user go to the server only where that is wished', async () => {
  patchMcp(client, { identity: ['sessionId'] });
  await agent({ name: 'helper', sessionId: 's-1', userId: 'u-1' }, call);
  expect(meta?.['baggage']).toBe('session.id=s-1');
});

test('a result with isError marks the tool as failed', async () => {
  patchMcp(client);
  expect((await client.callTool({ name: 'refuse' })).isError).toBe(true);
  const span = await recorder.span('tools/call refuse');
  expect(span.attributes['error.type']).toBe('tool_error');
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'No.' });
});

test('an error of the protocol is told by its code, and thrown as it is', async () => {
  patchMcp(client);
  await expect(client.readResource({ uri: 'facts://nowhere' })).rejects.toMatchObject({ code: -32602 });
  const span = await recorder.span('resources/read');
  expect(span.attributes).toMatchObject({
    'error.type': '-32602',
    'rpc.response.status_code': '-32602',
    'mcp.resource.uri': 'facts://nowhere',
  });
  expect(span.attributes).not.toHaveProperty('gen_ai.operation.name');
});

test('a request that is aborted is cancelled', async () => {
  patchMcp(client);
  const controller = new AbortController();
  const pending = client.callTool({ name: 'hang' }, undefined, { signal: controller.signal });
  controller.abort();
  await expect(pending).rejects.toThrow();
  expect((await recorder.span('tools/call hang')).attributes['error.type']).toBe('cancelled');
});

test('prompts, resources and lists are requests by their method, and no tools', async () => {
  patchMcp(client);
  await client.listTools();
  await client.getPrompt({ name: 'greet' });
  await client.readResource({ uri: 'facts://lisbon' });
  const spans = await recorder.spans();
  expect(spans.map((span) => span.name)).toEqual(['tools/list', 'prompts/get greet', 'resources/read']);
  expect(spans.map((span) => span.attributes['mcp.method.name'])).toEqual([
    'tools/list',
    'prompts/get',
    'resources/read',
  ]);
  for (const span of spans) expect(span.attributes).not.toHaveProperty('gen_ai.operation.name');
});

test('a tool of the same name around the call gets the MCP attributes, and is the only one', async () => {
  patchMcp(client);
  await tool({ name: 'get_weather', callId: 'call_1' }, call);
  const spans = await recorder.spans();
  expect(spans.map((span) => span.name)).toEqual(['execute_tool look_up', 'execute_tool get_weather']);
  expect(spans[1]?.attributes).toMatchObject({
    'mcp.method.name': 'tools/call',
    'gen_ai.tool.call.id': 'call_1',
  });
  expect(spans[0]?.parentSpanContext?.spanId).toBe(spans[1]?.spanContext().spanId);
});

test('the class patches its clients, and unpatch takes it back', async () => {
  const patch = patchMcp(Client);
  await call();
  expect(await recorder.span('tools/call get_weather')).toBeDefined();
  patch.unpatch();
  await call();
  expect(await recorder.spans()).toHaveLength(3);
  expect(meta?.['traceparent']).toBeUndefined();
});

test('over HTTP the session, the protocol and the server are told', async () => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'session-7' });
  await createServer().connect(transport);
  const http = createHttpServer((request, response) => void transport.handleRequest(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const remote = new Client({ name: 'agent', version: '1.0.0' });
  patchMcp(remote);
  const url = new URL(`http://127.0.0.1:${port}/mcp`);
  await remote.connect(new StreamableHTTPClientTransport(url));
  await remote.callTool({ name: 'refuse' });
  await remote.close();
  http.close();
  http.closeAllConnections();
  expect(await recorder.span('initialize')).toBeDefined();
  expect((await recorder.span('tools/call refuse')).attributes).toMatchObject({
    'mcp.session.id': 'session-7',
    'mcp.protocol.version': LATEST_PROTOCOL_VERSION,
    'network.transport': 'tcp',
    'server.address': '127.0.0.1',
    'server.port': port,
  });
});
