import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import type { InitOptions } from './options.js';
import { parseUrl, type Variables } from './variables.js';

/** Where the query API is, and what is sent with each request. */
export interface ApiSettings {
  /** Without `/api/v1` and without a slash at its end. */
  url: string;
  headers: Record<string, string>;
}

/** Where the spans go. */
interface Destination {
  protocol: string;
  url: string;
  headers: Readonly<Record<string, string>>;
}

const TRACES_PATH = /\/+v1\/traces$/;

/**
 * Where the query API is: where it is said, else where the spans go over HTTP. Headers of the exporter go along only to
 * the same place, since they may hold another vendor's key.
 */
export function readApi(
  options: InitOptions,
  variables: Variables,
  otlp: Destination,
): ApiSettings | undefined {
  const given = options.apiUrl === undefined ? undefined : parseUrl(options.apiUrl);
  if (options.apiUrl !== undefined && given === undefined) {
    variables.problems.push(`apiUrl: "${options.apiUrl}" is no http or https URL and is ignored`);
  }
  const elsewhere = given ?? variables.url('SPANLEDGER_URL');
  const apiKey = variables.string('SPANLEDGER_API_KEY') ?? readApiKey(options);
  const key: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  if (elsewhere !== undefined) return { url: elsewhere.href.replace(/\/+$/, ''), headers: key };
  if (otlp.protocol === 'grpc') return undefined;
  return {
    url: otlp.url.replace(TRACES_PATH, '').replace(/\/+$/, ''),
    headers: { ...readHeaders(variables), ...lowerNames(otlp.headers), ...key },
  };
}

/** A key out of a file ends with a line break, which no header may have; one out of a variable may be empty. */
export function readApiKey({ apiKey }: InitOptions): string | undefined {
  const key = apiKey?.trim();
  return key === '' ? undefined : key;
}

/** As the exporter reads them: those of the signal win (protocol/exporter.md, "Specifying headers via environment variables"). */
function readHeaders(variables: Variables): Record<string, string> {
  const read = (name: string) => lowerNames(parseKeyPairsIntoRecord(variables.string(name)));
  return { ...read('OTEL_EXPORTER_OTLP_HEADERS'), ...read('OTEL_EXPORTER_OTLP_TRACES_HEADERS') };
}

function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
