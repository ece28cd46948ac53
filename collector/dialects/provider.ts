/** Names with a dot that the conventions define (`gen_ai.provider.name`, semantic-conventions-genai registry). */
const DOTTED_NAMES = new Set([
  'aws.bedrock',
  'azure.ai.openai',
  'azure.ai.inference',
  'gcp.gemini',
  'gcp.vertex_ai',
  'gcp.gen_ai',
  'ibm.watsonx.ai',
]);

/** What instrumentations say for a name that the conventions define. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['az.ai.openai', 'azure.ai.openai'],
  ['az.ai.inference', 'azure.ai.inference'],
  ['azure', 'azure.ai.openai'],
  ['azure-openai', 'azure.ai.openai'],
  ['azure_openai', 'azure.ai.openai'],
  ['vertex_ai', 'gcp.vertex_ai'],
  ['vertexai', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['gemini', 'gcp.gemini'],
  ['google', 'gcp.gemini'],
  ['xai', 'x_ai'],
  ['mistral', 'mistral_ai'],
  ['mistralai', 'mistral_ai'],
  ['bedrock', 'aws.bedrock'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['amazon_bedrock', 'aws.bedrock'],
  ['aws', 'aws.bedrock'],
  ['x.ai', 'x_ai'],
  ['z.ai', 'zai'],
  ['llama.cpp', 'llama_cpp'],
]);

/** Values that name a framework: they do not say who answered. */
const FRAMEWORKS = new Set([
  'strands-agents',
  'langchain',
  'langgraph',
  'llama_index',
  'microsoft.agent_framework',
  'gcp.vertex.agent',
  'github',
  'crewai',
  'autogen',
]);

const MODEL_FAMILIES: readonly [RegExp, string][] = [
  [/^(?:[a-z-]{2,6}\.)?(?:anthropic|amazon|meta|cohere|mistral|ai21|deepseek)\./, 'aws.bedrock'],
  [/^(?:gpt-(?!oss)|chatgpt|o[1-9](?:-|$)|text-embedding-|davinci|codex)/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^gemini/, 'gcp.gemini'],
  [/^(?:mistral|mixtral|codestral|ministral|magistral)/, 'mistral_ai'],
  [/^command/, 'cohere'],
  [/^deepseek/, 'deepseek'],
  [/^grok/, 'x_ai'],
];

/**
 * The provider by the conventions' names. The AI SDK appends the API (`openai.responses`), which is cut off. A
 * framework's name says nothing, so the model's name is asked instead; undefined where it does not tell either.
 */
export function normalizeProvider(raw: string, model: string | undefined): string | undefined {
  const name = raw.trim().toLowerCase();
  if (isFramework(raw)) return model === undefined ? undefined : guessProvider(model);
  if (DOTTED_NAMES.has(name)) return name;
  if (name.startsWith('google.vertex')) return 'gcp.vertex_ai';
  const whole = ALIASES.get(name);
  if (whole !== undefined) return whole;
  const dot = name.indexOf('.');
  const head = dot > 0 ? name.slice(0, dot) : name;
  return ALIASES.get(head) ?? head;
}

/** That a value sent as the provider only names a framework. */
export function isFramework(raw: string): boolean {
  return FRAMEWORKS.has(raw.trim().toLowerCase());
}

/** A size or `latest` after a colon: models that anybody runs (Ollama's tags). */
const TAGGED = /:(?:latest|\d+(?:\.\d+)?[bm])(?:-|$)/;

/** Who answers by the model's name; undefined where many offer it. */
export function guessProvider(model: string): string | undefined {
  const name = model.toLowerCase();
  if (TAGGED.test(name)) return undefined;
  return MODEL_FAMILIES.find(([pattern]) => pattern.test(name))?.[1];
}
