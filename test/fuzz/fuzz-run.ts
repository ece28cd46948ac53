import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getJson, type SpawnedCollector } from '../support/collector.js';
import { post } from '../support/post.js';
import { RequestMaker, type FuzzRequest, type Transport } from './mutate-request.js';
import { createSender, type Outcome, type Sender } from './transports.js';

export interface FuzzOptions {
  collector: SpawnedCollector;
  transport: Transport;
  /** Where the transport's requests go. */
  url: string;
  bodies: number;
  seed: number;
  /** Called between rounds of a thousand, while nothing is under way. */
  onRound?: (sent: number, progress: FuzzReport) => Promise<void>;
}

export interface FuzzReport {
  /** How many requests came to what, such as `refused 400`. */
  outcomes: Record<string, number>;
  /** Resident memory of the collector after each round, in bytes; empty where the system does not say. */
  residentBytes: number[];
}

const ROUND = 1000;
const SENDERS = 8;
const TRIES_ALONE = 3;

/**
 * Sends mutated requests, a thousand to a round, several at once. After each round one that asked to come again is sent
 * alone, and must be taken or refused then; and a good request must be stored. Rejects at the first request that was
 * answered as none may be, or not at all, with a command that sends it again.
 */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { collector, transport, url, bodies, seed, onRound } = options;
  const maker = new RequestMaker(seed, transport);
  const sender = createSender(transport, url);
  const report: FuzzReport = { outcomes: {}, residentBytes: [] };
  try {
    for (let first = 0; first < bodies; first += ROUND) {
      const last = Math.min(first + ROUND, bodies);
      const busy = await sendRound(sender, maker, { first, last, seed }, report);
      for (const request of busy) await sendAlone(sender, request, seed);
      if (collector.process.exitCode !== null || collector.process.signalCode !== null)
        throw new Error(`the collector ended:\n${collector.output().slice(-5000)}`);
      await storeGood(collector.url, first + 1);
      const resident = readResidentBytes(collector.process.pid);
      if (resident !== undefined) report.residentBytes.push(resident);
      await onRound?.(last, report);
    }
  } finally {
    sender.close();
  }
  return report;
}

/** The requests that asked to come again. */
async function sendRound(
  sender: Sender,
  maker: RequestMaker,
  { first, last, seed }: { first: number; last: number; seed: number },
  report: FuzzReport,
): Promise<FuzzRequest[]> {
  const busy: FuzzRequest[] = [];
  let next = first;
  // All of them end before the first failure is told, as the collector is ended then.
  const results = await Promise.allSettled(
    Array.from({ length: SENDERS }, async () => {
      while (next < last) {
        const request = maker.make(next++);
        const outcome = await sender.send(request);
        const name = `${outcome.kind} ${outcome.status}`;
        report.outcomes[name] = (report.outcomes[name] ?? 0) + 1;
        if (outcome.kind === 'failed') {
          next = last;
          throw createFailure(sender, request, outcome, seed);
        }
        if (outcome.kind === 'busy') busy.push(request);
      }
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return busy;
}

/** What is refused as overload again and again, though it is alone, would be sent for ever. */
async function sendAlone(sender: Sender, request: FuzzRequest, seed: number): Promise<void> {
  let outcome: Outcome | undefined;
  for (let count = 0; count < TRIES_ALONE; count++) {
    outcome = await sender.send(request);
    if (outcome.kind !== 'busy') break;
  }
  if (outcome?.kind === 'busy' || outcome?.kind === 'failed')
    throw createFailure(sender, request, outcome, seed);
}

function createFailure(sender: Sender, request: FuzzRequest, outcome: Outcome, seed: number): Error {
  const file = join(tmpdir(), `spanledger-fuzz-${seed}-${request.number}.bin`);
  writeFileSync(file, request.body);
  return new Error(
    `body ${request.number} of seed ${seed}: ${outcome.kind}, ${outcome.status}: ${outcome.detail}\n` +
      `Send it again with: ${sender.describe(request, file)}`,
  );
}

async function storeGood(url: string, number: number): Promise<void> {
  const traceId = `f022${number.toString(16).padStart(28, '0')}`;
  const start = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId,
    spanId: 'f022f022f022f022',
    name: 'good',
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 5n),
  };
  const body = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }));
  const headers = { 'content-type': 'application/json' };
  const answer = await post(`${url}/v1/traces`, { headers, body });
  if (answer.status !== 200 || answer.body.toString() !== '{}')
    throw new Error(`a good request was answered ${answer.status}: ${answer.body.toString()}`);
  const trace = await getJson<{ span_count: number }>(`${url}/api/v1/traces/${traceId}`);
  if (trace.span_count !== 1) throw new Error(`a good request gave ${trace.span_count} spans`);
}

/** proc(5): VmRSS, in kB. */
function readResidentBytes(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined;
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match === null ? undefined : Number(match[1]) * 1024;
}

/**
 * The mean of the first and of the last fifth of the samples, the first tenth, in which caches fill, left out.
 * Undefined where there are too few.
 */
export function compareMemory(samples: readonly number[]): { first: number; last: number } | undefined {
  const warm = samples.slice(Math.ceil(samples.length / 10));
  const fifth = Math.floor(warm.length / 5);
  if (fifth < 3) return undefined;
  const mean = (part: readonly number[]): number => part.reduce((sum, value) => sum + value, 0) / part.length;
  return { first: mean(warm.slice(0, fifth)), last: mean(warm.slice(-fifth)) };
}
