import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../client/client.js';
import type { Rerun } from '../contract/rerun-shapes.js';
import { present } from './connection.js';
import { CliFailure, EXIT } from './failures.js';
import type { Io } from './io.js';
import { renderProgress, renderRerun } from './render/rerun.js';

const LOOK_MILLIS = 250;

/**
 * Waits until a rerun has ended, with a line of progress on standard error, and answers what became of it. Asked to
 * stop, it leaves the rerun to the server, says so, and answers how far it was.
 */
export async function followRerun(client: Client, rerun: Rerun, io: Io): Promise<Rerun> {
  const stop = io.listenForStop();
  let now = rerun;
  let shown = '';
  while (now.completed_at === null) {
    const line = renderProgress(now);
    if (line !== shown && io.stderr.isTTY === true) io.stderr.write(`\r\u001b[K${line}`);
    shown = line;
    if (!(await waitUnlessStopped(stop))) break;
    now = await client.reruns.get({ rerun_id: rerun.id });
  }
  if (shown !== '' && io.stderr.isTTY === true) io.stderr.write('\r\u001b[K');
  if (now.completed_at === null) {
    io.stderr.write(
      `spanledger: the rerun goes on at the server: spanledger reproject --resume ${now.id} shows it, ` +
        `--cancel ${now.id} ends it\n`,
    );
  }
  return now;
}

/** Writes what became of a rerun; one that failed or was cancelled ends the command with an error. */
export function presentRerun(
  rerun: Rerun,
  options: { json?: boolean },
  io: Io,
  render: typeof renderRerun = renderRerun,
): void {
  present(rerun, options, io, render);
  if (rerun.status === 'failed' || rerun.status === 'cancelled') throw new CliFailure(EXIT.error, '');
}

/** False as soon as it is asked to stop. */
async function waitUnlessStopped(stop: AbortSignal): Promise<boolean> {
  try {
    await delay(LOOK_MILLIS, undefined, { signal: stop });
    return true;
  } catch {
    return false;
  }
}
