import { ClientError, ServerUnreachableError } from '../client/client.js';
import { SpanledgerError } from '../errors.js';
import { cleanLine } from './render/text.js';

/** What scripts may rely on. */
export const EXIT = { ok: 0, error: 1, usage: 2, notFound: 3, noServer: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with an exit code and one line that says what is wrong and what to do; an empty line is not written. */
export class CliFailure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CliFailure';
  }
}

/** The exit code of any error, and its one line for standard error. */
export function describeFailure(error: unknown): { exitCode: ExitCode; line: string } {
  if (error instanceof CliFailure) return { exitCode: error.exitCode, line: cleanLine(error.message) };
  if (error instanceof ServerUnreachableError) {
    const { origin } = new URL(error.url);
    const line = `no collector answers at ${origin}${describeCause(error)}: start one with spanledger serve, or name another with --url`;
    return { exitCode: EXIT.noServer, line };
  }
  if (error instanceof ClientError) return describeAnswer(error);
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof SpanledgerError && error.code === 'CONFIG_INVALID';
  return { exitCode: isUsage ? EXIT.usage : EXIT.error, line: cleanLine(message) };
}

function describeAnswer(error: ClientError): { exitCode: ExitCode; line: string } {
  const line = cleanLine(describeFault(error) ?? error.message);
  switch (error.status) {
    case 404:
      // Another server at the address knows no problem documents.
      return error.problem === null
        ? { exitCode: EXIT.error, line: `${line}: is that address a Spanledger collector? check --url` }
        : { exitCode: EXIT.notFound, line };
    case 400:
      return { exitCode: EXIT.usage, line };
    case 401:
      return { exitCode: EXIT.error, line: `${line} Here that is --api-key or SPANLEDGER_API_KEY.` };
    default:
      return { exitCode: EXIT.error, line };
  }
}

/** The first fault of a request in the words of the command line: `/query/min_cost_usd` is `--min-cost-usd`. */
function describeFault({ problem }: ClientError): string | undefined {
  const [fault] = problem?.errors ?? [];
  const [, part, name] = /^\/(params|query|body)\/(\w+)/.exec(fault?.pointer ?? '') ?? [];
  if (fault === undefined || part === undefined || name === undefined) return undefined;
  const place = part === 'params' ? `the ${name.replaceAll('_', ' ')}` : `--${name.replaceAll('_', '-')}`;
  return `${place} ${fault.detail}`;
}

/** Why the connection failed, where that is more than that nothing listens: a name or a certificate, say. */
function describeCause({ cause }: ServerUnreachableError): string {
  // Node's fetch wraps the error of the socket, which has the code.
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : undefined;
  const code = inner !== undefined && 'code' in inner ? String(inner.code) : '';
  return code === '' || code === 'ECONNREFUSED' ? '' : ` (${code})`;
}
