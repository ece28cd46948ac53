type CheckStatus = 'ok' | 'warn' | 'fail';

/** What one check found, and what to do about it where it is not well. */
export interface Check {
  name: string;
  status: CheckStatus;
  message: string;
  /** null where there is nothing to do. */
  hint: string | null;
}

export function pass(name: string, message: string): Check {
  return { name, status: 'ok', message, hint: null };
}

export function warn(name: string, message: string, hint: string): Check {
  return { name, status: 'warn', message, hint };
}

export function fail(name: string, message: string, hint: string): Check {
  return { name, status: 'fail', message, hint };
}
