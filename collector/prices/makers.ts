interface Maker {
  /** The id of the maker's own price list. */
  list: string;
  names: RegExp;
  /** Of them, those whose weights are not given away: whoever serves them, it is the maker's model at its price. */
  closedNames: RegExp;
}

const ALL = /^/;
const NO_NAME = /^$/;

/** Makers that sell their own models. Llama, Qwen and Phi have none: what they cost depends on who serves them. */
const MAKERS: readonly Maker[] = [
  {
    list: 'openai',
    names:
      /^(?:ft:gpt-|gpt-(?!oss)|chatgpt-|o[1-9](?:-|$)|text-embedding-(?:3|ada)|whisper-1$|tts-|codex-|computer-use|text-davinci|omni-moderation)/,
    closedNames: ALL,
  },
  { list: 'anthropic', names: /^claude-/, closedNames: ALL },
  { list: 'google', names: /^gemini-/, closedNames: ALL },
  { list: 'x-ai', names: /^grok-/, closedNames: ALL },
  { list: 'perplexity', names: /^sonar(?:-|$)/, closedNames: ALL },
  { list: 'voyageai', names: /^voyage-/, closedNames: ALL },
  { list: 'cohere', names: /^(?:command(?:-|$)|embed-v)/, closedNames: /^embed-v/ },
  {
    list: 'deepseek',
    names: /^deepseek-(?!.*distill)/,
    closedNames: /^deepseek-(?:chat|reasoner)$/,
  },
  {
    list: 'mistral',
    names: /^(?:mistral|mixtral|codestral|ministral|magistral|devstral|pixtral|voxtral|open-mi[sx]tral)/,
    closedNames:
      /^(?:mistral-(?:large|medium|small|embed)|codestral|magistral-medium|pixtral-large)-?(?:latest)?$/,
  },
  { list: 'moonshotai', names: /^(?:kimi|moonshot)-/, closedNames: /^moonshot-/ },
  { list: 'minimax', names: /^minimax-/, closedNames: NO_NAME },
  { list: 'zai', names: /^glm-/, closedNames: NO_NAME },
  { list: 'zhipuai', names: /^glm-/, closedNames: NO_NAME },
  { list: 'typesafe', names: /^jev-/, closedNames: ALL },
];

/** The price lists of those who make a model, by its name in lower case and without any prefix. */
export function makersOf(name: string): string[] {
  return MAKERS.filter((maker) => maker.names.test(name)).map((maker) => maker.list);
}

/** The same, but only for models that nobody else serves at a price of their own. */
export function closedMakersOf(name: string): string[] {
  return MAKERS.filter((maker) => maker.names.test(name) && maker.closedNames.test(name)).map(
    (maker) => maker.list,
  );
}

/** Families that are downloaded and run by oneself; most as Ollama and Hugging Face name them. */
const OPEN_WEIGHTS =
  /^(?:meta-)?(?:llama|codellama|qwen|qwq|gemma|codegemma|mistral|mixtral|ministral|magistral|devstral|codestral|phi-?\d|deepseek|gpt-oss|smollm|granite|starcoder|falcon|yi-|olmo|nemotron|vicuna|wizardlm|command-r|aya|hermes|nous-hermes|dolphin|tinyllama|stablelm|glm-|kimi-|minimax-|bge-|nomic-embed|mxbai|all-minilm|snowflake-arctic|gte-|jina-|e5-|moondream|llava|exaone|internlm|zephyr|openchat|embeddinggemma|orca)/;

/** `llama3.2:3b`, `phi4:latest`, `model.gguf`, `…-q4_k_m`, `mlx-community/…-4bit`. */
const LOCAL_FORMS =
  /^[^/:]+:(?:latest|\d+(?:\.\d+)?[bm]|[a-z0-9._-]*(?:instruct|q\d)[a-z0-9._-]*)$|\.gguf|[-_.:]q\d_|^mlx-community\//;

/** Whether a name, in lower case, has a form that only runners of one's own models give it. */
export function hasLocalForm(name: string): boolean {
  return LOCAL_FORMS.test(name);
}

/** Whether a name, in lower case, is one under which people run models themselves. */
export function isOpenWeights(name: string): boolean {
  if (hasLocalForm(name)) return true;
  const last = name.slice(name.lastIndexOf('/') + 1);
  return OPEN_WEIGHTS.test(last) && closedMakersOf(last).length === 0;
}
