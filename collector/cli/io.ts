import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { createPaint, wantsColour, type Canvas } from './render/paint.js';

interface Output {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** Everything a command touches of the process it runs in. */
export interface Io {
  stdout: Output;
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  nowMillis: () => number;
  /** Asks the user a question that is answered with yes or no; null where nobody sits at a terminal. */
  confirm: ((question: string) => Promise<boolean>) | null;
  /** Aborted when the user or the system asks to stop. Until a command calls this, a signal just ends the process. */
  listenForStop(): AbortSignal;
}

const DEFAULT_COLUMNS = 100;
const LEAST_COLUMNS = 40;

/** How to draw on standard output: `COLUMNS` wins over what the terminal says, and a pipe gets 100 columns. */
export function chooseCanvas({ stdout, env, nowMillis }: Io): Canvas {
  const asked = Number.parseInt(env['COLUMNS'] ?? '', 10);
  const columns = asked > 0 ? asked : (stdout.columns ?? DEFAULT_COLUMNS);
  return {
    width: Math.max(LEAST_COLUMNS, columns),
    paint: createPaint(wantsColour(stdout.isTTY ?? false, env)),
    nowMillis: nowMillis(),
  };
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Ctrl-C under `npm start` arrives twice, from the terminal and from npm, which passes it on. Only a signal that comes
 * later than this is a second request.
 */
const SAME_REQUEST_MILLIS = 1_000;

const PARENT_WATCH_MILLIS = 200;

/** The io of this process. A reader that goes away (`| head`) ends it quietly. */
export function createProcessIo(): Io {
  let stop: AbortController | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (stop === undefined) process.exit(0);
    stop.abort();
  });
  // Nobody is left to be told that standard error is closed.
  process.stderr.on('error', () => undefined);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    nowMillis: Date.now,
    confirm: process.stdin.isTTY && process.stderr.isTTY ? confirmAtTerminal : null,
    listenForStop() {
      if (stop !== undefined) return stop.signal;
      const controller = (stop = new AbortController());
      let askedAt = 0;
      for (const [name, number] of Object.entries(SIGNAL_NUMBERS)) {
        process.on(name, () => {
          if (controller.signal.aborted && Date.now() - askedAt > SAME_REQUEST_MILLIS)
            process.exit(128 + number);
          askedAt ||= Date.now();
          controller.abort();
        });
      }
      if (process.env['npm_lifecycle_event'] !== undefined) watchParent(controller);
      return controller.signal;
    },
  };
}

/** Ctrl-C and the end of the input are a no: without the signal, the question would never be settled. */
async function confirmAtTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const left = new AbortController();
  terminal.once('close', () => {
    left.abort();
  });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: left.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!left.signal.aborted) throw error;
    process.stderr.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}

/**
 * npm and npx run a command below a shell, which may die of a signal without passing it on: then the parent changes,
 * and that is the request to stop.
 */
function watchParent(stop: AbortController): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop.abort();
  }, PARENT_WATCH_MILLIS);
  watch.unref();
}
