import type { Io } from '../../collector/cli/io.js';

export interface TestIo extends Io {
  out(): string;
  err(): string;
  /** Asks the running command to stop, as Ctrl-C does. */
  stop(): void;
  /** Resolves once standard output holds the text. */
  waitForOutput(text: string): Promise<void>;
}

/** An io that keeps what was written: a pipe of 120 columns. With an answer, somebody sits there who gives it. */
export function createTestIo(env: Record<string, string> = {}, answer?: boolean): TestIo {
  let out = '';
  let err = '';
  const stop = new AbortController();
  const waiting = new Set<{ text: string; resolve: () => void }>();
  return {
    stdout: {
      write(text) {
        out += text;
        for (const one of waiting) if (out.includes(one.text)) one.resolve();
      },
    },
    stderr: {
      write(text) {
        err += text;
      },
    },
    env: { COLUMNS: '120', ...env },
    nowMillis: Date.now,
    confirm: answer === undefined ? null : () => Promise.resolve(answer),
    listenForStop: () => stop.signal,
    out: () => out,
    err: () => err,
    stop: () => {
      stop.abort();
    },
    waitForOutput: (text) =>
      new Promise((resolve) => {
        if (out.includes(text)) resolve();
        else waiting.add({ text, resolve });
      }),
  };
}
