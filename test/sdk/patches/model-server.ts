import { createServer } from 'node:http';
import { listen } from '../../support/listen.js';

/** One answer of the script; see test/live/model-server.mjs. */
export interface ScriptedAnswer {
  text?: string;
  thinking?: string;
  tool_calls?: { name: string; arguments: object }[];
  model?: string;
  usage?: {
    input?: number;
    output?: number;
    cached?: number;
    cache_write?: number;
    cache_write_1h?: number;
    reasoning?: number;
  };
  status?: number;
  error?: string;
}

export interface ModelServer {
  url: string;
  ledger: readonly unknown[];
  close(): Promise<void>;
}

/** The stand-in of the model providers that the live runs use, too. */
export async function startModelServer(answers: ScriptedAnswer[]): Promise<ModelServer> {
  const { href } = new URL('../../live/model-server.mjs', import.meta.url);
  const { startModelServer: start } = (await import(href)) as {
    startModelServer: (answers: ScriptedAnswer[]) => Promise<ModelServer>;
  };
  return start(answers);
}

/** A provider that sends these events of a stream, and then neither more nor an end. */
export async function startHangingServer(events: readonly object[]): Promise<Omit<ModelServer, 'ledger'>> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) {
      const type = 'type' in event ? `event: ${String(event.type)}\n` : '';
      response.write(`${type}data: ${JSON.stringify(event)}\n\n`);
    }
  });
  return listen(server);
}
