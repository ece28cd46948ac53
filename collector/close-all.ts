/**
 * Ends what was started, the last first, and lets each end before the next. One that fails does not keep the others
 * from it; the first error is thrown at last. What has not ended after `limitMillis` is left to the end of the process.
 */
export async function closeAll(
  closers: readonly (() => Promise<void>)[],
  { limitMillis, onLimit }: { limitMillis: number; onLimit: () => void },
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onLimit();
      resolve();
    }, limitMillis);
  });
  try {
    await Promise.race([closeEach(closers), limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function closeEach(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
