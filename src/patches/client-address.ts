import { readFields, readText } from './fields.js';

/** Where an API client sends its calls. */
export interface ClientAddress {
  provider: string;
  serverAddress: string | undefined;
  serverPort: number | undefined;
}

/**
 * Who stands behind a host that speaks OpenAI's API, in the words of `gen_ai.provider.name`
 * (open-telemetry/semantic-conventions-genai: docs/registry/attributes/gen-ai.md).
 */
const PROVIDERS: readonly (readonly [string, string])[] = [
  ['.openai.azure.com', 'azure.ai.openai'],
  ['.services.ai.azure.com', 'azure.ai.inference'],
  ['api.deepseek.com', 'deepseek'],
  ['api.groq.com', 'groq'],
  ['api.x.ai', 'x_ai'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.cohere.ai', 'cohere'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['.amazonaws.com', 'aws.bedrock'],
];

const PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/** Reads the address of the client behind a resource (`_client` and `baseURL` of openai 6 and @anthropic-ai/sdk 1). */
export function readClientAddress(resource: unknown, provider: string): ClientAddress {
  const url = parseUrl(readText(readFields(readFields(resource)['_client'])['baseURL']));
  if (url === undefined) return { provider, serverAddress: undefined, serverPort: undefined };
  const found = PROVIDERS.find(([host]) => url.hostname.endsWith(host));
  return {
    provider: found?.[1] ?? provider,
    serverAddress: url.hostname,
    serverPort: url.port === '' ? PORTS[url.protocol] : Number(url.port),
  };
}

function parseUrl(text: string | undefined): URL | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  return new URL(text);
}
