import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** A connection on which requests are written byte by byte, and what came back is read as text. */
export class RawConnection {
  received = '';
  isClosed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      socket.emit('progress');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      socket.emit('progress');
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits until what was received fits, and forgets it. */
  async waitFor(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.isClosed) throw new Error(`closed after: ${this.received}`);
      await once(this.#socket, 'progress');
    }
    const text = this.received;
    this.received = '';
    return text;
  }

  async waitForClose(): Promise<void> {
    while (!this.isClosed) await once(this.#socket, 'progress');
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
