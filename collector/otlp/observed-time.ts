import type { DecodedRequest } from './decoded-request.js';

/**
 * Gives log records that came without any time the time at which they were received: `observed_time_unix_nano` "MUST
 * be set once the event is observed" (logs.proto).
 */
export function stampObservedTime(decoded: DecodedRequest, receivedUnixNano: bigint): void {
  for (const record of decoded.logRecords)
    if (record.timeUnixNano === 0n && record.observedTimeUnixNano === 0n)
      record.observedTimeUnixNano = receivedUnixNano;
}
