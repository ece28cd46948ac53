import { findBiller, type Biller } from './providers.js';
import type { UnpricedReason } from './unpriced.js';

/** A name made simpler, and in words what was dropped. */
export interface Reduction {
  name: string;
  step: string;
  /** Who bills instead, where the name says so. */
  biller?: Biller;
}

/** A name that must not be made simpler: what is left would be another model or another price. */
export interface DeadEnd {
  reason: UnpricedReason;
  step: string;
}

interface Rule {
  /** Undefined where the rule has nothing to do. Names are in lower case. */
  apply(name: string, biller: Biller | null): Reduction | DeadEnd | undefined;
  /** Whether it also holds for names that are free text. */
  isSafe: boolean;
}

/** The ways in which gateways, clouds and tools write a model's name, in the order in which they are undone. */
const RULES: readonly Rule[] = [
  { apply: writeSpaces, isSafe: true },
  { apply: openArn, isSafe: true },
  { apply: openResourcePath, isSafe: true },
  { apply: dropProviderPrefix, isSafe: true },
  { apply: dropBedrockRoute, isSafe: true },
  { apply: findCloudByName, isSafe: true },
  { apply: stopAtFineTuned, isSafe: true },
  { apply: dropContextMark, isSafe: true },
  { apply: dropVariant, isSafe: true },
  { apply: dropBedrockPrefix, isSafe: true },
  dropping(/:\d+(?::(?:\d+k|mm))?$/, 'version suffix', isOnBedrock),
  dropping(/-v\d+$/, 'version suffix', isClaude),
  dropping(/@(?:20\d{6}|latest|default|00\d)$/, 'version', () => true, true),
  { apply: respellDate, isSafe: true },
  dropping(/-20\d{2}(?:-[01]\d-[0-3]\d|[01]\d[0-3]\d)$/, 'date', () => true, true),
  { apply: shortenPreview, isSafe: false },
  dropping(/-latest$/, 'alias'),
  dropping(/-00\d$/, 'version pin'),
  dropping(/-(?:none|minimal|low|medium|high|xhigh|max)$/, 'effort', thinksByEffort),
  dropping(/-thinking$/, 'mode', thinksByEffort),
  { apply: respellClaude, isSafe: false },
  { apply: dropMakerPrefix, isSafe: true },
];

/** The next simpler form of a name, the dead end that it is, or undefined where nothing is left to drop. */
export function reduceName(name: string, biller: Biller | null): Reduction | DeadEnd | undefined {
  const isFreeText = biller?.isFreeText === true;
  for (const rule of RULES) {
    if (isFreeText && !rule.isSafe) continue;
    const reduced = rule.apply(name, biller);
    if (reduced !== undefined) return reduced;
  }
  return undefined;
}

function dropping(
  pattern: RegExp,
  what: string,
  holds: (name: string, biller: Biller | null) => boolean = () => true,
  isSafe = false,
): Rule {
  const apply: Rule['apply'] = (name, biller) => {
    const part = pattern.exec(name)?.[0];
    if (part === undefined || part === name || !holds(name, biller)) return undefined;
    return { name: name.slice(0, -part.length), step: `dropped the ${what} \`${part}\`` };
  };
  return { apply, isSafe };
}

function writeSpaces(name: string): Reduction | undefined {
  if (!/\s/.test(name)) return undefined;
  return { name: name.replace(/\s+/g, '-'), step: 'wrote spaces as hyphens' };
}

/** Resource names of Bedrock: docs.aws.amazon.com/service-authorization, "Resource types defined by Amazon Bedrock". */
function openArn(name: string): Reduction | DeadEnd | undefined {
  if (!name.startsWith('arn:')) return undefined;
  const resource = /^arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(foundation-model|inference-profile)\/(.+)$/.exec(
    name,
  );
  const model = resource?.[2];
  if (model === undefined)
    return { reason: 'opaque_profile', step: 'a resource that does not name its model' };
  return { name: model, step: `took the model out of the ARN`, ...billed('aws.bedrock') };
}

function openResourcePath(name: string, biller: Biller | null): Reduction | DeadEnd | undefined {
  if (/^(?:projects\/[^/]+\/locations\/[^/]+\/)?endpoints\/[^/]+$/.test(name))
    return { reason: 'opaque_profile', step: 'an endpoint that does not name its model' };
  if (name.startsWith('tunedmodels/')) return { reason: 'fine_tuned', step: 'a tuned model' };
  const published = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/[^/]+\/models\/(.+)$/.exec(
    name,
  )?.[1];
  if (published !== undefined)
    return { name: published, step: 'dropped the resource path of Vertex AI', ...billed('gcp.vertex_ai') };
  if (name.startsWith('models/') && name.length > 7)
    return { name: name.slice(7), step: 'dropped the prefix `models/`' };
  const account = /^accounts\/([^/]+)\//.exec(name)?.[1];
  if (account === undefined) return undefined;
  if (account !== 'fireworks')
    return { reason: 'fine_tuned', step: `a model of the account \`${account}\` on Fireworks` };
  const fireworks = findBiller('fireworks');
  if (fireworks === undefined || fireworks === biller) return undefined;
  return { name, step: 'a name as Fireworks writes them', biller: fireworks };
}

/** `openai/gpt-4o`, `bedrock/…` (LiteLLM, OpenRouter, AI gateways), `openai:gpt-4o` (Pydantic AI, AI SDK registries). */
function dropProviderPrefix(name: string, biller: Biller | null): Reduction | undefined {
  const found = findPrefix(name);
  if (found === undefined || !(passesOn(biller) || found.named === biller)) return undefined;
  return { name: found.rest, step: found.step, biller: found.named };
}

/**
 * `anthropic/claude-…` at a gateway or cloud with a list of its own, where names have the prefix: only dropped to ask
 * the maker. A host of open weights lists them under their maker's name, which is part of the model's.
 */
function dropMakerPrefix(name: string, biller: Biller | null): Reduction | undefined {
  const found = findPrefix(name);
  return found === undefined || biller?.fallback === 'none'
    ? undefined
    : { name: found.rest, step: found.step };
}

function findPrefix(name: string): { named: Biller; rest: string; step: string } | undefined {
  const [prefix, head] = /^~?([a-z0-9_.-]+)[/:](?=.)/.exec(name) ?? [];
  const named = head === undefined ? undefined : findBiller(head);
  if (prefix === undefined || named === undefined) return undefined;
  return { named, rest: name.slice(prefix.length), step: `dropped the prefix \`${prefix}\`` };
}

/** Whether a prefix in the name tells more about who bills than the provider does. */
function passesOn(biller: Biller | null): boolean {
  return biller === null || biller.list === null || biller.list === 'openai' || biller.list === 'anthropic';
}

/** `bedrock/us-east-1/…`, `bedrock/converse/…` (LiteLLM's Bedrock routes). */
function dropBedrockRoute(name: string, biller: Biller | null): Reduction | undefined {
  if (biller?.list !== 'aws') return undefined;
  const route = /^(?:[a-z]{2}(?:-[a-z]+)+-\d|converse|converse_like|invoke)\//.exec(name)?.[0];
  return route === undefined
    ? undefined
    : { name: name.slice(route.length), step: `dropped the route \`${route}\`` };
}

const BEDROCK_NAME =
  /^(?:(?:us|eu|apac|jp|au|ca|sa|in|us-gov|global)\.)?(?:anthropic|amazon|meta|cohere|mistral|ai21|deepseek|openai|qwen|nvidia|writer|google)\.[a-z]/;

/** `us.anthropic.claude-…` is how Bedrock alone writes names. */
function findCloudByName(name: string, biller: Biller | null): Reduction | undefined {
  if (!passesOn(biller) || !BEDROCK_NAME.test(name)) return undefined;
  return { name, step: 'a name as Amazon Bedrock writes them', ...billed('aws.bedrock') };
}

function stopAtFineTuned(name: string): DeadEnd | undefined {
  return /^ft:|\.ft-|:ft-/.test(name) ? { reason: 'fine_tuned', step: 'a fine-tuned model' } : undefined;
}

/** Claude Code marks the long context window in the name; the rates follow from the tokens. */
function dropContextMark(name: string): Reduction | undefined {
  const mark = CONTEXT_MARK.exec(name)?.[0];
  return mark === undefined
    ? undefined
    : { name: name.slice(0, -mark.length), step: `dropped the context mark \`${mark}\`` };
}

const CONTEXT_MARK = /\[\d+m\]$/;

/** Whether the name ends in such a mark, so that the list is asked without it and the path says so. */
export function hasContextMark(name: string): boolean {
  return CONTEXT_MARK.test(name);
}

/** OpenRouter's variants (openrouter.ai/docs, "Model variants"): those with a price of their own, and those without. */
const PRICED_VARIANT = /:(?:free|extended|batch|flex|priority)$/;
const FREE_CHOICE_VARIANT = /:(?:beta|nitro|floor|exacto|online|thinking|default|self-moderated)$/;

/** Whether the name ends in a variant with a price of its own, so that only the whole name may match. */
export function isPricedVariant(name: string): boolean {
  return PRICED_VARIANT.test(name);
}

const RESOURCE = /^(?:arn:|projects\/|endpoints\/|tunedmodels\/|accounts\/(?!fireworks\/))/;

/**
 * Whether the name is that of a resource in a cloud: the model that it has within may be the one it was made from, such
 * as that of a custom model of Bedrock.
 */
export function isResourceName(name: string): boolean {
  return RESOURCE.test(name);
}

function dropVariant(name: string): Reduction | DeadEnd | undefined {
  const priced = PRICED_VARIANT.exec(name)?.[0];
  if (priced !== undefined)
    return { reason: 'variant', step: `the variant \`${priced}\` is not in the list` };
  const variant = FREE_CHOICE_VARIANT.exec(name)?.[0];
  return variant === undefined
    ? undefined
    : { name: name.slice(0, -variant.length), step: `dropped the variant \`${variant}\`` };
}

/**
 * A regional profile may cost more than the maker asks, so only its region is dropped and Bedrock's own list is asked
 * again. The global endpoint has the maker's price (price comments of list `aws`, @pydantic/genai-prices@0.1.8).
 */
function dropBedrockPrefix(name: string, biller: Biller | null): Reduction | undefined {
  if (biller?.list !== 'aws') return undefined;
  const worldwide = /^global\.(anthropic)\./.exec(name);
  if (worldwide?.[1] !== undefined)
    return {
      name: name.slice(worldwide[0].length),
      step: `dropped \`${worldwide[0]}\`: the global endpoint has the maker's price`,
      ...billed(worldwide[1]),
    };
  const region = /^(?:us|eu|apac|jp|au|ca|sa|in|us-gov)\.(?=[a-z0-9]+\.)/.exec(name)?.[0];
  if (region !== undefined)
    return { name: name.slice(region.length), step: `dropped the region prefix \`${region}\`` };
  if (!/^anthropic\.claude/.test(name)) return undefined;
  return { name: name.slice('anthropic.'.length), step: 'dropped the vendor prefix `anthropic.`' };
}

function isOnBedrock(name: string, biller: Biller | null): boolean {
  return biller?.list === 'aws' || isClaude(name);
}

/** Of other makers `-v1` and `-v2` are different models. */
function isClaude(name: string): boolean {
  return name.startsWith('claude-');
}

/** OpenAI writes dates with hyphens; OpenRouter and some tools write the same snapshots without. */
function respellDate(name: string): Reduction | undefined {
  const date = /^(?:gpt-|o\d).*-(20\d{2})([01]\d)([0-3]\d)$/.exec(name);
  if (date === null) return undefined;
  const [, year = '', month = '', day = ''] = date;
  return { name: `${name.slice(0, -8)}${year}-${month}-${day}`, step: 'wrote the date with hyphens' };
}

/** A preview may cost more or less than what came of it, so only its date is dropped. */
function shortenPreview(name: string): Reduction | undefined {
  const date = /-(?:preview|exp)(-[01]\d-(?:[0-3]\d|20\d{2}))$/.exec(name)?.[1];
  return date === undefined
    ? undefined
    : { name: name.slice(0, -date.length), step: `dropped the date \`${date}\`` };
}

function thinksByEffort(name: string): boolean {
  return /^(?:gpt-[5-9]|o\d|claude-|gemini-)/.test(name);
}

/** `claude-4.5-sonnet` (Cursor), `claude-opus-4.1` (OpenRouter) for `claude-sonnet-4-5`, `claude-opus-4-1`. */
function respellClaude(name: string): Reduction | undefined {
  const swapped = /^claude-([4-9])(?:[.-](\d))?-(sonnet|opus|haiku)(?=-|$)/.exec(name);
  if (swapped !== null) {
    const [prefix, major = '', minor, family = ''] = swapped;
    const version = minor === undefined ? major : `${major}-${minor}`;
    return { name: `claude-${family}-${version}${name.slice(prefix.length)}`, step: 'put the version last' };
  }
  if (!/^claude-[a-z]+-\d\.\d/.test(name)) return undefined;
  return { name: name.replace(/(\d)\.(\d)/, '$1-$2'), step: 'wrote the version with a hyphen' };
}

function billed(provider: string): { biller?: Biller } {
  const biller = findBiller(provider);
  return biller === undefined ? {} : { biller };
}
