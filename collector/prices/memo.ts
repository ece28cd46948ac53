/**
 * Remembers the answers of a pure function by key, at most `limit` of them; the oldest goes first. Keys that are too
 * long to be worth keeping are not remembered.
 */
export function createMemo<Argument, Answer>(
  limit: number,
  compute: (argument: Argument) => Answer,
): (key: string, argument: Argument) => Answer {
  const answers = new Map<string, Answer>();
  return (key, argument) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = compute(argument);
    if (key.length > MAX_KEY_LENGTH) return answer;
    if (answers.size >= limit) {
      const oldest = answers.keys().next();
      if (oldest.done !== true) answers.delete(oldest.value);
    }
    answers.set(key, answer);
    return answer;
  };
}

const MAX_KEY_LENGTH = 2048;
