import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What a proxy does with the bytes that a client sends. */
type Verdict = 'pass' | 'cut-answer';

export interface TcpProxy {
  port: number;
  /** Where new connections go. */
  target: number;
  /** Asked of each piece that a client sends; `cut-answer` passes it on, and ends the client before the answer comes. */
  judge: (sent: Buffer) => Verdict;
  /** Ends all connections, as a failover does. */
  cut(): void;
  close(): Promise<void>;
}

/** Stands between a client and a server on this machine, to break what is between them. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    return socket;
  };
  const server = createServer((client) => {
    keep(client);
    const upstream = keep(connect(proxy.target, '127.0.0.1'));
    let isDeaf = false;
    client.on('data', (sent) => {
      if (proxy.judge(sent) === 'cut-answer') isDeaf = true;
      upstream.write(sent);
    });
    upstream.on('data', (answer) => {
      // The answer has come, so what was asked for has happened.
      if (isDeaf) client.destroy();
      else client.write(answer);
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
  });
  const proxy: TcpProxy = {
    port: 0,
    target,
    judge: () => 'pass',
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      proxy.cut();
      server.close();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  proxy.port = typeof address === 'object' && address !== null ? address.port : 0;
  return proxy;
}
