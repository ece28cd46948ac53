import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as clientModule from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import * as traceloop from '@traceloop/node-server-sdk';
import { z } from 'zod';
import { COLLECTOR_URL } from '../tracing.mjs';

traceloop.initialize({
  appName: 'desk-service',
  apiKey: 'test',
  baseUrl: COLLECTOR_URL,
  silenceInitializationMessage: true,
  traceloopSyncEnabled: false,
  instrumentModules: { mcp: clientModule },
});
const server = new McpServer({ name: 'desk', version: '1.0.0' });
server.registerTool(
  'find_desk',
  { description: 'A free desk', inputSchema: { floor: z.number() } },
  ({ floor }) => ({ content: [{ type: 'text', text: `desk ${floor}07` }] }),
);
server.registerTool('book_desk', { description: 'Books a desk', inputSchema: { desk: z.string() } }, () => {
  throw new Error('desk is taken');
});
const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
const client = new Client({ name: 'desk-agent', version: '1.0.0' });
await Promise.all([server.connect(serverSide), client.connect(clientSide)]);

await traceloop.withAssociationProperties(
  { session_id: 'session-22', user_id: 'user-22', thread_id: 'thread-22' },
  () =>
    traceloop.withWorkflow({ name: 'desk_workflow' }, async () => {
      await client.listTools();
      await client.callTool({ name: 'find_desk', arguments: { floor: 3 } });
      await client.callTool({ name: 'book_desk', arguments: { desk: '307' } });
    }),
);
await client.close();
await traceloop.forceFlush();
