import { Socket } from 'node:net';
import type pg from 'pg';

/** Times are counted in ticks rather than by the clock, so that a busy event loop is not taken for a silent server. */
const TICK_MILLIS = 200;
/** How long nothing may come from the server before it is asked whether it is there. */
const SILENT_TICKS = 2;
/** How long it may take to answer that. */
const PROBE_TICKS = 4;

/** What a watch needs to know of a pool. */
interface WatchedPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly ended: boolean;
}

/**
 * Notices that a server no longer answers, though its connections are open: it hangs, or the way to it is cut. Nothing
 * but time would end what waits for it, so all connections are ended, and whoever waits is told at once. A server that
 * is slow is left alone: it answers a new connection while it works.
 */
export class ConnectionWatch {
  /** A client for the same server that speaks over the given socket. */
  readonly #createClient: (socket: Socket) => pg.Client;
  /** The bytes that had come at the latest tick. */
  readonly #sockets = new Map<Socket, number>();
  #silentTicks = 0;
  #probe: { socket: Socket; ticks: number } | undefined;

  constructor(createClient: (socket: Socket) => pg.Client) {
    this.#createClient = createClient;
  }

  /** For `stream` of pg 8's settings: as pg makes its own, but remembered here. */
  readonly createSocket = (): Socket => {
    const socket = new Socket();
    this.#sockets.set(socket, 0);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  };

  /** Watches until the pool has ended; keeps no process alive. */
  watch(pool: WatchedPool): void {
    const timer = setInterval(() => {
      if (pool.ended) clearInterval(timer);
      this.#look(pool.totalCount > pool.idleCount || pool.waitingCount > 0);
    }, TICK_MILLIS);
    timer.unref();
  }

  #look(isBusy: boolean): void {
    const hasAnswered = this.#noteBytes();
    if (!isBusy || hasAnswered) {
      this.#silentTicks = 0;
      this.#endProbe();
      return;
    }
    this.#silentTicks += 1;
    if (this.#probe === undefined) {
      if (this.#silentTicks >= SILENT_TICKS) this.#startProbe();
      return;
    }
    this.#probe.ticks += 1;
    if (this.#probe.ticks < PROBE_TICKS) return;
    this.#silentTicks = 0;
    this.#endProbe();
    for (const socket of this.#sockets.keys()) {
      socket.destroy(Object.assign(new Error('the server does not answer'), { code: 'ETIMEDOUT' }));
    }
  }

  #noteBytes(): boolean {
    let hasAnswered = false;
    for (const [socket, before] of this.#sockets) {
      if (socket.bytesRead > before) hasAnswered = true;
      this.#sockets.set(socket, socket.bytesRead);
    }
    return hasAnswered;
  }

  /** Any answer shows that the server is there, also that it has no connection to spare. */
  #startProbe(): void {
    const socket = new Socket();
    const client = this.#createClient(socket);
    const probe = { socket, ticks: 0 };
    this.#probe = probe;
    client.on('error', () => undefined);
    const settle = (): void => {
      if (this.#probe !== probe) return;
      this.#probe = undefined;
      this.#silentTicks = 0;
    };
    client.connect().then(
      () => {
        settle();
        void client.end().catch(() => undefined);
      },
      () => {
        settle();
        socket.destroy();
      },
    );
  }

  #endProbe(): void {
    const probe = this.#probe;
    this.#probe = undefined;
    probe?.socket.destroy();
  }
}
