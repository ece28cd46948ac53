import { setTimeout as delay } from 'node:timers/promises';
import type { Reunderstanding, StorageReruns } from '../storage/storage.js';

type Rerun = NonNullable<Awaited<ReturnType<StorageReruns['rerunTraces']>>>;

export interface RerunnerOptions {
  storage: Pick<StorageReruns, 'listOpenReruns' | 'rerunTraces'>;
  /** How a project's records are understood now; asked before each step. */
  understand: (projectId: string) => Promise<Reunderstanding>;
  /** Told of what failed; it is tried again at the next look. */
  onError: (error: unknown) => void;
  /** Told of each rerun that ended here. */
  onEnd?: (rerun: Rerun) => void;
  /** Between two looks for reruns that another collector made or left behind; five seconds by default. */
  intervalMillis?: number;
  /** In one step, and so in one transaction; 50 by default. */
  tracesPerStep?: number;
}

export interface Rerunner {
  /** Looks for open reruns at once. */
  wake(): void;
  /** Stops after the step that runs; the rest goes on with the next collector. Idempotent. */
  close(): Promise<void>;
}

const LOOK_MILLIS = 5_000;
const TRACES_PER_STEP = 50;

/**
 * Takes open reruns step by step, one at a time of each project, until none is left. Several collectors on one database
 * take turns: storage gives each step to one of them. Nothing here keeps the process alive.
 */
export function createRerunner(options: RerunnerOptions): Rerunner {
  const { intervalMillis = LOOK_MILLIS, onError } = options;
  const ending = new AbortController();
  const isEnding = (): boolean => ending.signal.aborted;
  let sleep = new AbortController();

  async function run(): Promise<void> {
    while (!isEnding()) {
      // Made before the work: whoever wakes it meanwhile is not missed.
      const { signal } = (sleep = new AbortController());
      try {
        while (!isEnding() && (await takeSteps(options, isEnding))) continue;
      } catch (error) {
        onError(error);
      }
      if (!isEnding()) await rest(intervalMillis, signal);
    }
  }

  const running = run();
  return {
    wake: () => {
      sleep.abort();
    },
    close: async () => {
      ending.abort();
      sleep.abort();
      await running;
    },
  };
}

/** One step of each open rerun; false where none of them could be taken. */
async function takeSteps(options: RerunnerOptions, isEnding: () => boolean): Promise<boolean> {
  const { storage, understand, onEnd, tracesPerStep = TRACES_PER_STEP } = options;
  let taken = 0;
  for (const { projectId, id } of await storage.listOpenReruns()) {
    if (isEnding()) break;
    const understanding = await understand(projectId);
    const rerun = await storage.rerunTraces(projectId, id, { limit: tracesPerStep, understanding });
    if (rerun === undefined) continue;
    taken += 1;
    if (rerun.completed_at !== null) onEnd?.(rerun);
  }
  return taken > 0;
}

async function rest(millis: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(millis, undefined, { ref: false, signal });
  } catch {
    // Woken.
  }
}
