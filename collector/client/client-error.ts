import type { Problem } from '../contract/answers.js';

/** The server answered, but not with what was asked for. */
export class ClientError extends Error {
  readonly status: number;
  /** The stable code of the problem; `HTTP_<status>` where the answer was no problem document. */
  readonly code: string;
  /** null where the answer was no problem document, as from a proxy or another server. */
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null, options: { cause?: unknown; message?: string } = {}) {
    super(
      options.message ?? problem?.detail ?? `the server answered with HTTP ${status}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'ClientError';
    this.status = status;
    this.code = problem?.code ?? `HTTP_${status}`;
    this.problem = problem;
  }
}

/** No server answered: it does not run, the address is wrong, or the connection broke. */
export class ServerUnreachableError extends Error {
  readonly url: string;

  constructor(url: string, options: { cause: unknown }) {
    super(`no server answers at ${url}`, options);
    this.name = 'ServerUnreachableError';
    this.url = url;
  }
}

/** The problem that an answer holds, or null where it holds none. */
export function readProblem(text: string): Problem | null {
  try {
    const value: unknown = JSON.parse(text);
    const isProblem = typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
    return isProblem ? (value as Problem) : null;
  } catch {
    return null;
  }
}
