/** Who bills a call, as far as its provider's name tells. */
export interface Biller {
  /** The id of its price list in @pydantic/genai-prices; null where it has none. */
  list: string | null;
  /**
   * Whose price holds for a model that its own list does not have: `makers` of models that nobody else serves for
   * providers that only pass calls on (or are named by clients that speak to anything), certain lists for the clouds
   * that sell at the maker's price, `none` for those that serve open weights at prices of their own.
   */
  fallback: 'makers' | 'none' | readonly string[];
  /** Whether names are free text, so that only a whole model name counts. */
  isFreeText?: true;
}

const own = (list: string): Biller => ({ list, fallback: 'none' });
const gateway = (list: string | null): Biller => ({ list, fallback: 'makers' });

/**
 * As in the library's `fallback_model_providers` of `azure` and `google` (0.1.8), but for DeepSeek and Moonshot: Azure
 * asks prices of its own for their open weights. Bedrock sells Claude at list price.
 */
const AZURE: Biller = { list: 'azure', fallback: ['openai', 'anthropic', 'x-ai'], isFreeText: true };
const GOOGLE: Biller = { list: 'google', fallback: ['anthropic'] };
const AWS: Biller = { list: 'aws', fallback: ['anthropic'] };

const BILLERS: readonly (readonly [Biller, readonly string[]])[] = [
  // Clients for OpenAI's and Anthropic's API name these two whatever server they speak to.
  [gateway('openai'), ['openai', 'azure_text', 'text-completion-openai']],
  [gateway('anthropic'), ['anthropic', 'claude']],
  [AZURE, ['azure.ai.openai', 'azure.ai.inference', 'azure', 'azure_ai', 'azure-openai', 'azure_openai']],
  [
    AWS,
    ['aws.bedrock', 'aws', 'bedrock', 'bedrock_converse', 'bedrock-converse', 'amazon-bedrock', 'amazon'],
  ],
  [
    GOOGLE,
    [
      ...[
        'gcp.gemini',
        'gcp.vertex_ai',
        'gcp.gen_ai',
        'google',
        'gemini',
        'vertex_ai',
        'vertex_ai_beta',
        'vertexai',
      ],
      ...['google-gla', 'google-vertex', 'google_genai', 'google_vertexai', 'google-genai', 'vertex'],
    ],
  ],
  [own('mistral'), ['mistral_ai', 'mistral', 'mistralai']],
  [own('cohere'), ['cohere', 'cohere_chat']],
  [own('deepseek'), ['deepseek']],
  [own('x-ai'), ['x_ai', 'x-ai', 'xai']],
  [own('perplexity'), ['perplexity', 'pplx']],
  [own('groq'), ['groq']],
  [own('together'), ['together', 'together_ai', 'together-ai', 'togetherai']],
  [own('fireworks'), ['fireworks', 'fireworks_ai', 'fireworks-ai']],
  [own('cerebras'), ['cerebras']],
  [own('moonshotai'), ['moonshotai', 'moonshot', 'moonshot_ai', 'kimi']],
  [own('voyageai'), ['voyageai', 'voyage', 'voyage_ai']],
  [own('minimax'), ['minimax']],
  [own('zai'), ['zai', 'z_ai', 'z-ai', 'z.ai']],
  [own('zhipuai'), ['zhipuai', 'zhipu', 'bigmodel']],
  [own('novita'), ['novita', 'novita_ai', 'novita-ai']],
  [own('cloudflare'), ['cloudflare', 'workers-ai', 'workers_ai']],
  [own('ovhcloud'), ['ovhcloud', 'ovh']],
  [own('baseten'), ['baseten']],
  [own('arcee'), ['arcee', 'arcee_ai', 'arcee-ai']],
  [own('avian'), ['avian']],
  [own('modal'), ['modal']],
  [own('cursor'), ['cursor']],
  [own('doubleword'), ['doubleword']],
  [own('typesafe'), ['typesafe']],
  [own('quicksilverpro'), ['quicksilverpro']],
  [own('github-copilot'), ['github-copilot', 'github_copilot', 'copilot']],
  [gateway('openrouter'), ['openrouter']],
  [
    gateway(null),
    [
      ...[
        'litellm',
        'litellm_proxy',
        'vercel',
        'vercel_ai_gateway',
        'gateway',
        'portkey',
        'helicone',
        'requesty',
      ],
      ...[
        'openai-compatible',
        'openai_compatible',
        'openai_like',
        'custom_openai',
        'custom',
        'github_models',
        '_other',
      ],
    ],
  ],
];

const BY_NAME: ReadonlyMap<string, Biller> = new Map(
  BILLERS.flatMap(([biller, names]) => names.map((name) => [name, biller] as const)),
);

const BY_LIST: ReadonlyMap<string, Biller> = new Map(
  BILLERS.flatMap(([biller]) => (biller.list === null ? [] : [[biller.list, biller] as const])),
);

/** Providers that run on the user's own machines, by the names that instrumentations and gateways give them. */
const LOCAL_PROVIDERS = new Set([
  ...[
    'ollama',
    'ollama_chat',
    'ollama-ai-provider',
    'lmstudio',
    'lm_studio',
    'lm-studio',
    'llama_cpp',
    'llama-cpp',
  ],
  ...[
    'llamacpp',
    'llama.cpp',
    'llamafile',
    'vllm',
    'hosted_vllm',
    'localai',
    'local',
    'mlx',
    'mlx_lm',
    'mlx-lm',
    'sglang',
  ],
  ...[
    'transformers',
    'huggingface_local',
    'hugging_face_local',
    'tgi',
    'text-generation-inference',
    'gpt4all',
  ],
  ...[
    'koboldcpp',
    'jan',
    'tabbyapi',
    'docker_model_runner',
    'foundry_local',
    'node-llama-cpp',
    'infinity',
    'xinference',
  ],
]);

/** By the conventions' name or the prefix that a gateway puts before a model; lower case. */
export function findBiller(name: string): Biller | undefined {
  return BY_NAME.get(name);
}

/** By the id of its price list; the list alone where no provider's name leads to it. */
export function billerOfList(list: string): Biller {
  return BY_LIST.get(list) ?? own(list);
}

export function isLocalProvider(name: string): boolean {
  return LOCAL_PROVIDERS.has(name);
}

/** All names of providers that lead to a price list. */
export function listedProviderNames(): string[] {
  return BILLERS.flatMap(([biller, names]) => (biller.list === null ? [] : names));
}
