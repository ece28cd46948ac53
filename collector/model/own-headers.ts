/** The ids of the collectors that have sent a request on, separated by commas: each passes over what it sent itself. */
export const FORWARDED_HEADER = 'x-spanledger-forwarded';

/** On exports of a collector's own spans, with its id: whoever takes them makes no span of that. */
export const SELF_TELEMETRY_HEADER = 'x-spanledger-self-telemetry';

/** What collectors say of a request to each other; it is passed on with the request. */
export type OwnHeaders = Partial<Record<typeof FORWARDED_HEADER | typeof SELF_TELEMETRY_HEADER, string>>;

export function readOwnHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): OwnHeaders {
  const forwarded = headers[FORWARDED_HEADER]?.toString();
  const selfTelemetry = headers[SELF_TELEMETRY_HEADER]?.toString();
  return {
    ...(forwarded !== undefined && { [FORWARDED_HEADER]: forwarded }),
    ...(selfTelemetry !== undefined && { [SELF_TELEMETRY_HEADER]: selfTelemetry }),
  };
}
