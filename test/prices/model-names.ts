// Longer than most files: it is a list of names as gateways and clouds write them, each with what its call must cost.

/** A call of 100,000 input and 10,000 output tokens, and what it must cost. */
export interface NamedCall {
  provider: string | null;
  /** The model as requested. */
  model: string | null;
  /** The model as the response has it. */
  response?: string;
  server?: string;
  /** When it ran; else 2026-10-01. */
  at?: string;
  isEmbedding?: true;
  /** The model of the price list with the dollars worked out by hand, `local`, or why there is no price. */
  expect: { model: string; usd: string } | { reason: string } | 'local';
}

const costs = (model: string, usd: string): { model: string; usd: string } => ({ model, usd });
const no = (reason: string): { reason: string } => ({ reason });

const OPENAI: NamedCall[] = [
  {
    provider: 'openai',
    model: 'gpt-4o',
    response: 'gpt-4o-2024-08-06',
    expect: costs('openai/gpt-4o', '0.35'),
  },
  { provider: 'openai', model: 'gpt-4o', expect: costs('openai/gpt-4o', '0.35') },
  { provider: 'openai', model: 'gpt-4o-2024-05-13', expect: costs('openai/gpt-4o-2024-05-13', '0.65') },
  { provider: null, model: 'gpt-4o-mini', expect: costs('openai/gpt-4o-mini', '0.021') },
  {
    provider: 'openai',
    model: null,
    response: 'gpt-4.1-2025-04-14',
    expect: costs('openai/gpt-4.1', '0.28'),
  },
  { provider: 'openai', model: ' GPT-4o ', expect: costs('openai/gpt-4o', '0.35') },
  { provider: null, model: 'GPT 4o', expect: costs('openai/gpt-4o', '0.35') },
  { provider: 'openai', model: 'gpt-5-2025-08-07', expect: costs('openai/gpt-5', '0.225') },
  { provider: 'openai', model: 'gpt-5-20250807', expect: costs('openai/gpt-5', '0.225') },
  { provider: 'openai', model: 'gpt-5-high', expect: costs('openai/gpt-5', '0.225') },
  { provider: 'openai', model: 'gpt-4.1-2099-01-01', expect: costs('openai/gpt-4.1', '0.28') },
  { provider: 'openai', model: 'chatgpt-4o-latest', expect: costs('openai/chatgpt-4o-latest', '0.65') },
  {
    provider: 'openai',
    model: 'o3-2025-04-16',
    at: '2025-06-09T23:59:59.999Z',
    expect: costs('openai/o3', '1.4'),
  },
  { provider: 'openai', model: 'o3-2025-04-16', at: '2025-06-10', expect: costs('openai/o3', '0.28') },
  {
    provider: 'openai',
    model: 'gpt-5.6-luna',
    at: '2026-07-29',
    expect: costs('openai/gpt-5.6-luna', '0.16'),
  },
  {
    provider: 'openai',
    model: 'gpt-5.6-luna',
    at: '2026-07-30',
    expect: costs('openai/gpt-5.6-luna', '0.032'),
  },
  {
    provider: 'openai',
    model: 'ft:gpt-4o-mini-2024-07-18:org::id',
    expect: costs('openai/ft:gpt-4o-mini', '0.042'),
  },
  { provider: 'openai', model: 'ft:gpt-4o-mini:org::id', expect: no('fine_tuned') },
  { provider: null, model: 'openai:ft:gpt-4.1:org::id', expect: no('fine_tuned') },
  {
    provider: 'openai',
    model: 'text-embedding-3-small',
    isEmbedding: true,
    expect: costs('openai/text-embedding-3-small', '0.002'),
  },
  { provider: 'openai', model: 'whisper-1', expect: no('no_token_rate') },
  { provider: 'openai', model: 'gpt-oss-20b', expect: no('not_in_list') },
  { provider: 'openai', model: 'gpt-9-imaginary', expect: no('not_in_list') },
];

const ANTHROPIC: NamedCall[] = [
  {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    response: 'claude-sonnet-4-5-20250929',
    expect: costs('anthropic/claude-sonnet-4-5', '0.45'),
  },
  {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5[1m]',
    expect: costs('anthropic/claude-sonnet-4-5', '0.45'),
  },
  { provider: 'anthropic', model: 'claude-opus-5-5[1m]', expect: costs('anthropic/claude-opus-5-5', '0.6') },
  {
    provider: 'anthropic',
    model: 'claude-opus-5-5-20260922',
    expect: costs('anthropic/claude-opus-5-5', '0.6'),
  },
  { provider: null, model: 'claude-4.5-sonnet', expect: costs('anthropic/claude-sonnet-4-5', '0.45') },
  {
    provider: null,
    model: 'claude-4.5-sonnet-thinking',
    expect: costs('anthropic/claude-sonnet-4-5', '0.45'),
  },
  { provider: null, model: 'claude-opus-5-thinking-high', expect: costs('anthropic/claude-opus-5', '0.75') },
  { provider: 'anthropic', model: 'claude-2.1', expect: costs('anthropic/claude-2', '1.04') },
  { provider: 'anthropic', model: 'claude-sonnet-5-5', expect: no('not_in_list') },
  { provider: 'anthropic', model: 'claude-opus-4-6-fast', expect: no('not_in_list') },
];

const BEDROCK: NamedCall[] = [
  {
    provider: 'aws.bedrock',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    expect: costs('aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0', '0.495'),
  },
  {
    provider: 'aws.bedrock',
    model: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    expect: costs('aws/global.anthropic.claude-sonnet-4-5-20250929-v1:0', '0.45'),
  },
  {
    provider: 'aws.bedrock',
    model: 'global.anthropic.claude-opus-4-1-20250805-v1:0',
    expect: costs('anthropic/claude-opus-4-1', '2.25'),
  },
  {
    provider: 'aws.bedrock',
    model:
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0',
    expect: costs('aws/regional.anthropic.claude-haiku-4-5-20251001-v1:0', '0.165'),
  },
  {
    provider: null,
    model: 'arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-lite-v1:0',
    expect: costs('aws/amazon.nova-lite-v1:0', '0.0084'),
  },
  {
    provider: 'aws.bedrock',
    model: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
    expect: no('opaque_profile'),
  },
  {
    provider: null,
    model: 'bedrock/us-west-2/anthropic.claude-3-haiku-20240307-v1:0',
    expect: costs('aws/regional.anthropic.claude-3-haiku-20240307-v1:0', '0.0375'),
  },
  {
    provider: null,
    model: 'apac.anthropic.claude-3-haiku-20240307-v1:0:200k',
    expect: costs('aws/regional.anthropic.claude-3-haiku-20240307-v1:0', '0.0375'),
  },
  {
    provider: 'aws.bedrock',
    model: 'us.amazon.nova-pro-v1:0:300k',
    expect: costs('aws/amazon.nova-pro-v1:0', '0.112'),
  },
  {
    provider: 'aws.bedrock',
    model: 'meta.llama3-1-70b-instruct-v1:0',
    expect: costs('aws/meta.llama3-1-70b-instruct-v1:0', '0.0792'),
  },
  {
    provider: 'aws.bedrock',
    model: 'amazon.titan-embed-text-v1',
    isEmbedding: true,
    expect: costs('aws/amazon.titan-embed-text-v1', '0.01'),
  },
  // The model in the name of these resources is the one that they were made from.
  {
    provider: 'aws.bedrock',
    model: 'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abc123def456',
    expect: no('opaque_profile'),
  },
  {
    provider: 'aws.bedrock',
    model: 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/amazon.nova-pro-v1:0',
    expect: no('opaque_profile'),
  },
  // Titan Embeddings 2 costs a fifth of the first, which is the only one in the list.
  {
    provider: 'aws.bedrock',
    model: 'amazon.titan-embed-text-v2:0',
    isEmbedding: true,
    expect: no('not_in_list'),
  },
];

const AZURE: NamedCall[] = [
  {
    provider: 'azure.ai.openai',
    model: 'my-deployment',
    response: 'gpt-4o-2024-11-20',
    expect: costs('openai/gpt-4o', '0.35'),
  },
  { provider: 'azure.ai.openai', model: 'my-deployment', expect: no('azure_deployment') },
  { provider: 'azure.ai.openai', model: 'my-o4-mini-prod', expect: no('azure_deployment') },
  { provider: 'azure.ai.openai', model: 'gpt-4o-high', expect: no('azure_deployment') },
  { provider: 'azure.ai.openai', model: 'o4-mini', expect: costs('azure/o4-mini', '0.154') },
  {
    provider: 'openai',
    model: 'chat-prod',
    server: 'myres.openai.azure.com',
    expect: no('azure_deployment'),
  },
  { provider: null, model: 'azure/gpt-35-turbo', expect: costs('openai/gpt-3.5-turbo', '0.065') },
  {
    provider: 'azure.ai.inference',
    model: 'claude-sonnet-4-5-20250929',
    expect: costs('anthropic/claude-sonnet-4-5', '0.45'),
  },
  { provider: 'azure.ai.inference', model: 'grok-3', expect: costs('x-ai/grok-3', '0.45') },
  // Azure asks a price of its own for open weights, which is in no list.
  { provider: 'azure.ai.inference', model: 'DeepSeek-R1', expect: no('azure_deployment') },
  { provider: 'azure.ai.inference', model: 'Kimi-K2.5', expect: no('azure_deployment') },
];

const GOOGLE: NamedCall[] = [
  {
    provider: 'gcp.gemini',
    model: 'models/gemini-2.5-flash',
    expect: costs('google/gemini-2.5-flash', '0.055'),
  },
  {
    provider: 'gcp.vertex_ai',
    model: 'publishers/google/models/gemini-2.0-flash-001',
    expect: costs('google/gemini-2.0-flash', '0.014'),
  },
  {
    provider: null,
    model: 'projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro',
    expect: costs('google/gemini-2.5-pro', '0.225'),
  },
  {
    provider: 'gcp.vertex_ai',
    model: 'claude-3-5-sonnet@20240620',
    expect: costs('google/claude-3-5-sonnet', '0.45'),
  },
  {
    provider: 'gcp.vertex_ai',
    model: 'claude-sonnet-4-5@20250929',
    expect: costs('google/claude-sonnet-4-5', '0.45'),
  },
  {
    provider: 'gcp.vertex_ai',
    model: 'gemini-2.5-flash@001',
    expect: costs('google/gemini-2.5-flash', '0.055'),
  },
  {
    provider: null,
    model: 'vertex_ai/gemini-2.5-flash-preview-05-20',
    expect: costs('google/gemini-2.5-flash-preview', '0.021'),
  },
  {
    provider: null,
    model: 'gemini/gemini-2.5-flash-lite',
    expect: costs('google/gemini-2.5-flash-lite', '0.014'),
  },
  { provider: null, model: 'google-gla:gemini-2.5-flash', expect: costs('google/gemini-2.5-flash', '0.055') },
  {
    provider: 'gcp.gemini',
    model: 'gemini-2.5-flash-001',
    expect: costs('google/gemini-2.5-flash', '0.055'),
  },
  {
    provider: 'gcp.gemini',
    model: 'gemini-2.5-pro-preview-06-05',
    expect: costs('google/gemini-2.5-pro', '0.225'),
  },
  {
    provider: 'gcp.gemini',
    model: 'gemini-3.8-flash',
    at: '2026-12-31',
    expect: costs('google/gemini-3.8-flash', '0.1125'),
  },
  {
    provider: 'gcp.gemini',
    model: 'gemini-3.8-flash',
    at: '2027-01-01',
    expect: costs('google/gemini-3.8-flash', '0.225'),
  },
  // The list's `gemini-1.5-flash` would also fit, at twice the price.
  { provider: 'gcp.gemini', model: 'gemini-1.5-flash-8b', expect: no('not_in_list') },
  { provider: 'gcp.gemini', model: 'tunedModels/mine-1', expect: no('fine_tuned') },
  { provider: 'gcp.vertex_ai', model: 'projects/p/locations/l/endpoints/123', expect: no('opaque_profile') },
  { provider: 'gcp.gemini', model: 'gemma-3-27b-it', expect: no('no_token_rate') },
];

const GATEWAYS: NamedCall[] = [
  {
    provider: 'openrouter',
    model: 'anthropic/claude-sonnet-4.5',
    expect: costs('openrouter/anthropic/claude-sonnet-4.5', '0.45'),
  },
  {
    provider: 'openrouter',
    model: 'anthropic/claude-sonnet-4.5:beta',
    expect: costs('openrouter/anthropic/claude-sonnet-4.5', '0.45'),
  },
  { provider: 'openrouter', model: 'openai/gpt-4o:nitro', expect: costs('openrouter/openai/gpt-4o', '0.35') },
  {
    provider: 'openrouter',
    model: 'openai/gpt-5-20250807',
    expect: costs('openrouter/openai/gpt-5', '0.225'),
  },
  {
    provider: 'openrouter',
    model: 'deepseek/deepseek-r1:free',
    expect: costs('openrouter/deepseek/deepseek-r1:free', '0'),
  },
  { provider: 'openrouter', model: 'acme/unknown:free', expect: no('variant') },
  { provider: 'openrouter', model: 'openai/gpt-4.1:batch', expect: no('variant') },
  { provider: 'openrouter', model: 'mistralai/mixtral-8x7b-unknown', expect: no('not_in_list') },
  {
    provider: null,
    model: 'openrouter/anthropic/claude-3.5-haiku',
    expect: costs('openrouter/anthropic/claude-3.5-haiku', '0.12'),
  },
  {
    provider: 'openai',
    model: 'anthropic/claude-sonnet-4.5',
    server: 'https://openrouter.ai/api/v1',
    expect: costs('openrouter/anthropic/claude-sonnet-4.5', '0.45'),
  },
  { provider: 'litellm', model: 'gpt-4o', expect: costs('openai/gpt-4o', '0.35') },
  {
    provider: 'litellm',
    model: 'bedrock/amazon.nova-lite-v1:0',
    expect: costs('aws/amazon.nova-lite-v1:0', '0.0084'),
  },
  { provider: 'litellm', model: 'team-default', expect: no('unknown_model') },
  {
    provider: 'gateway',
    model: 'anthropic/claude-sonnet-4.5',
    expect: costs('anthropic/claude-sonnet-4-5', '0.45'),
  },
  { provider: 'acme-proxy', model: 'gpt-4o', expect: costs('openai/gpt-4o', '0.35') },
  { provider: 'acme-proxy', model: 'mixtral-8x7b-instruct', expect: no('unknown_model') },
];

const OTHERS: NamedCall[] = [
  {
    provider: 'groq',
    model: 'llama-3.3-70b-versatile',
    expect: costs('groq/llama-3.3-70b-versatile', '0.0669'),
  },
  {
    provider: null,
    model: 'groq/llama-3.1-8b-instant',
    expect: costs('groq/llama-3.1-8b-instant', '0.0058'),
  },
  { provider: 'groq', model: 'openai/gpt-oss-120b', expect: costs('groq/openai/gpt-oss-120b', '0.021') },
  { provider: 'groq', model: 'gpt-4o', expect: no('not_in_list') },
  {
    provider: null,
    model: 'together_ai/meta-llama/Llama-3-8b-chat-hf',
    expect: costs('together/meta-llama/Llama-3-8b-chat-hf', '0.022'),
  },
  {
    provider: 'fireworks',
    model: 'accounts/fireworks/models/deepseek-v3p2',
    expect: costs('fireworks/deepseek-v3p2', '0.0728'),
  },
  {
    provider: null,
    model: 'accounts/fireworks/models/llama-v3p1-8b-instruct',
    expect: costs('fireworks/llama-v3p1-8b-instruct', '0.022'),
  },
  { provider: 'fireworks', model: 'accounts/acme/models/my-lora', expect: no('fine_tuned') },
  { provider: 'mistral_ai', model: 'mistral-large-latest', expect: costs('mistral/mistral-large', '0.26') },
  {
    provider: 'mistral_ai',
    model: 'mistral-large-2512',
    expect: costs('mistral/mistral-large-2512', '0.065'),
  },
  {
    provider: 'mistral_ai',
    model: 'mistral-medium-latest',
    at: '2026-06-15',
    expect: costs('mistral/mistral-medium-latest', '0.06'),
  },
  {
    provider: 'mistral_ai',
    model: 'mistral-medium-latest',
    at: '2026-06-16',
    expect: costs('mistral/mistral-medium-latest', '0.225'),
  },
  { provider: 'mistral_ai', model: 'mistral-ocr-latest', expect: no('no_token_rate') },
  {
    provider: 'deepseek',
    model: 'deepseek-chat',
    at: '2026-10-01T00:29:59Z',
    expect: costs('deepseek/deepseek-chat', '0.019'),
  },
  {
    provider: 'deepseek',
    model: 'deepseek-chat',
    at: '2026-10-01T00:30:00Z',
    expect: costs('deepseek/deepseek-chat', '0.038'),
  },
  {
    provider: 'deepseek',
    model: 'deepseek-chat',
    at: '2026-10-01T16:30:00Z',
    expect: costs('deepseek/deepseek-chat', '0.019'),
  },
  {
    provider: 'openai',
    model: 'deepseek-chat',
    server: 'api.deepseek.com',
    expect: costs('deepseek/deepseek-chat', '0.019'),
  },
  { provider: 'x_ai', model: 'grok-4', response: 'grok-4-0709', expect: costs('x-ai/grok-4-0709', '0.45') },
  { provider: 'perplexity', model: 'sonar-pro', expect: costs('perplexity/sonar-pro', '0.45') },
  { provider: 'cohere', model: 'command-r-plus-08-2024', expect: costs('cohere/command-r-plus', '0.35') },
  // Sold in two currencies, each by a list of its own.
  { provider: null, model: 'glm-5.3', expect: no('ambiguous') },
  { provider: null, model: 'glm-4.7', expect: no('ambiguous') },
  { provider: 'zai', model: 'GLM-5.3', expect: costs('zai/GLM-5.3', '0.184') },
  { provider: 'moonshot', model: 'kimi-k2.5', expect: costs('moonshotai/kimi-k2.5', '0.09') },
  { provider: 'cerebras', model: 'llama-3.3-70b', expect: costs('cerebras/llama-3.3-70b', '0.097') },
  {
    provider: 'voyageai',
    model: 'voyage-3.5',
    isEmbedding: true,
    expect: costs('voyageai/voyage-3.5', '0.006'),
  },
  { provider: null, model: 'llama-3.1-70b', expect: no('unknown_model') },
  { provider: 'huggingface', model: 'meta-llama/Llama-3.3-70B-Instruct', expect: no('unknown_model') },
  { provider: 'openai', model: null, expect: no('no_model') },
  { provider: 'openai', model: '  ', expect: no('no_model') },
];

const LOCAL: NamedCall[] = [
  { provider: 'ollama', model: 'llama3.2:3b', expect: 'local' },
  // Somebody's own machine, or nobody knows whose: not what the maker asks for the large model.
  { provider: null, model: 'deepseek-r1:7b', expect: no('unknown_model') },
  { provider: 'deepseek', model: 'deepseek-r1:latest', expect: no('not_in_list') },
  { provider: 'vllm', model: 'whatever', server: 'gpu-7.example.com', expect: 'local' },
  { provider: 'ollama', model: 'gpt-oss:120b-cloud', expect: no('no_token_rate') },
  { provider: null, model: 'ollama_chat/gpt-oss:120b-cloud', expect: no('no_token_rate') },
  { provider: 'openai', model: 'glm-4.6:cloud', server: 'localhost:11434', expect: no('no_token_rate') },
  { provider: null, model: 'ollama/llama3', expect: 'local' },
  { provider: 'openai', model: 'llama3.2:3b', server: '127.0.0.1', expect: 'local' },
  { provider: 'openai', model: 'Qwen/Qwen2.5-7B-Instruct', server: 'http://vllm:8000/v1', expect: 'local' },
  {
    provider: 'openai',
    model: 'nomic-embed-text',
    server: 'localhost:11434',
    isEmbedding: true,
    expect: 'local',
  },
  { provider: 'openai', model: 'deepseek-r1:8b', server: '192.168.1.20', expect: 'local' },
  { provider: 'openai', model: 'gpt-oss-20b', server: '[::1]:8080', expect: 'local' },
  { provider: 'anthropic', model: 'qwen3-coder', server: 'studio.local', expect: 'local' },
  { provider: 'openai', model: 'gpt-4o', server: '127.0.0.1', expect: costs('openai/gpt-4o', '0.35') },
  {
    provider: 'openai',
    model: 'claude-sonnet-4-5',
    server: '10.0.0.5',
    expect: costs('anthropic/claude-sonnet-4-5', '0.45'),
  },
  {
    provider: 'openai',
    model: 'text-embedding-3-small',
    server: 'localhost',
    isEmbedding: true,
    expect: costs('openai/text-embedding-3-small', '0.002'),
  },
  { provider: 'openai', model: 'prod-chat', server: '10.0.0.5', expect: no('not_in_list') },
  { provider: 'openai', model: 'llama3.2:3b', server: 'llm.example.com', expect: no('not_in_list') },
];

export const NAMED_CALLS: readonly NamedCall[] = [
  ...OPENAI,
  ...ANTHROPIC,
  ...BEDROCK,
  ...AZURE,
  ...GOOGLE,
  ...GATEWAYS,
  ...OTHERS,
  ...LOCAL,
];
