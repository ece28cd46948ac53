import { closedMakersOf, hasLocalForm, isOpenWeights, makersOf } from './makers.js';
import { hasContextMark, isPricedVariant, isResourceName, reduceName, type DeadEnd } from './model-name.js';
import type { ListedModel, PriceLibrary } from './price-library.js';
import { billerOfList, findBiller, isLocalProvider, type Biller } from './providers.js';
import { hostOf, isLocalHost } from './server-address.js';
import type { UnpricedReason } from './unpriced.js';

/** Longer names are no model's; it also bounds what matching can cost. */
const MAX_NAME_LENGTH = 256;

/** Where a call went, as far as it is known. */
export interface Origin {
  /** Null where nothing tells who bills. */
  biller: Biller | null;
  isLocalProvider: boolean;
  isLocalHost: boolean;
  steps: readonly string[];
}

export interface Finding {
  /** What a name was found to be; a reason where it has no price. */
  outcome: { model: ListedModel } | { isLocal: true } | { reason: UnpricedReason };
  /** All forms of the name, as sent first, in lower case, and how each came about. */
  spellings: readonly Pick<Spelling, 'name' | 'steps'>[];
  steps: readonly string[];
}

/** Who bills: the host that answered tells more than the provider's name, which may be only that of a client. */
export function findOrigin(
  provider: string | null,
  serverAddress: string | null,
  library: PriceLibrary,
): Origin {
  const name = provider?.trim().toLowerCase() ?? '';
  const host = serverAddress === null || serverAddress.length > MAX_NAME_LENGTH ? '' : hostOf(serverAddress);
  const isLocal = isLocalHost(host);
  const named = name === '' ? null : (findBiller(name) ?? billerNamed(name, library));
  const places = { isLocalProvider: isLocalProvider(name), isLocalHost: isLocal };
  const list = host === '' || isLocal ? undefined : library.findListOfHost(host);
  if (list === undefined || list === named?.list) return { biller: named, ...places, steps: [] };
  const step = `the server \`${host}\` is that of the price list ${list}`;
  return { biller: billerOfList(list), isLocalProvider: false, isLocalHost: false, steps: [step] };
}

const UNKNOWN: Biller = { list: null, fallback: 'makers' };

function billerNamed(name: string, library: PriceLibrary): Biller {
  return library.findList(name) === undefined ? UNKNOWN : billerOfList(name);
}

/** A form of a name, who bills by it, and how it came about. */
interface Spelling {
  name: string;
  biller: Biller | null;
  steps: readonly string[];
}

/** Finds the model that a name means. Names are tried as sent, then in ever simpler forms, then in the maker's list. */
export function findModel(sent: string, origin: Origin, library: PriceLibrary): Finding {
  const name = sent.trim().toLowerCase();
  const first: Spelling = { name, biller: origin.biller, steps: [`model ${quote(sent)}`, ...origin.steps] };
  if (name.length > MAX_NAME_LENGTH)
    return {
      ...end({ reason: 'unknown_model' }, first, 'too long to be the name of a model'),
      spellings: [],
    };
  const { spellings, deadEnd } = spell(first);
  const listed = origin.isLocalProvider
    ? endLocal(first, 'the provider runs on machines of your own')
    : endListed(spellings, origin, library);
  const finding = listed ?? endAtMakers(spellings, deadEnd, library);
  return { ...finding, spellings };
}

/** All forms of a name, up to the simplest or the one that must not be made simpler. */
function spell(first: Spelling): { spellings: readonly Spelling[]; deadEnd: DeadEnd | undefined } {
  const spellings = [first];
  let last = first;
  // A name has fewer parts than this; the bound is there so that no pair of rules can go round in circles.
  while (spellings.length < 24) {
    const reduced = reduceName(last.name, last.biller);
    if (reduced === undefined) break;
    if ('reason' in reduced) return { spellings, deadEnd: reduced };
    last = {
      name: reduced.name,
      biller: reduced.biller ?? last.biller,
      steps: [...last.steps, reduced.step],
    };
    spellings.push(last);
  }
  return { spellings, deadEnd: undefined };
}

type Ending = Pick<Finding, 'outcome' | 'steps'>;

function end(outcome: Finding['outcome'], { steps }: Spelling, ...last: string[]): Ending {
  return { outcome, steps: [...steps, ...last] };
}

/** A model on a machine of one's own; but Ollama runs those named `…-cloud` on its servers (docs.ollama.com/cloud). */
function endLocal(spelling: Spelling, why: string): Ending {
  return /[:-]cloud$/.test(spelling.name)
    ? end({ reason: 'no_token_rate' }, spelling, "runs on Ollama's servers, billed by subscription")
    : end({ isLocal: true }, spelling, why);
}

/** The first form that is in the list of whoever bills, or that is a model on a machine of one's own. */
function endListed(
  spellings: readonly Spelling[],
  origin: Origin,
  library: PriceLibrary,
): Ending | undefined {
  for (const spelling of spellings) {
    const { name, biller } = spelling;
    if (origin.isLocalHost && speaksForAnything(biller) && isOpenWeights(name))
      return endLocal(spelling, 'an open model on a machine or network of your own');
    const listed = lookUp(name, biller, biller?.list ?? null, library);
    if (listed === 'ambiguous')
      return end({ reason: 'ambiguous' }, spelling, 'fits several models of the list equally well');
    if (listed !== undefined) return end({ model: listed }, spelling, `matched ${listed.list}/${listed.id}`);
    const head = /^([a-z0-9_.-]+)\/./.exec(name)?.[1];
    if (head !== undefined && isLocalProvider(head) && speaksForAnything(biller))
      return endLocal(spelling, `the prefix \`${head}/\` is that of a local server`);
  }
  return undefined;
}

/** Whether a provider's name may stand for any server that speaks its API. */
function speaksForAnything(biller: Biller | null): boolean {
  return biller === null || biller.fallback === 'makers';
}

function lookUp(
  name: string,
  biller: Biller | null,
  list: string | null,
  library: PriceLibrary,
): ListedModel | 'ambiguous' | undefined {
  if (list === null || name === '') return undefined;
  // OpenAI serves no open weights; the library has them in OpenAI's list at prices "imported from OpenRouter" (0.1.8).
  if (list === 'openai' && /^gpt-oss/.test(name)) return undefined;
  const isWhole =
    biller?.isFreeText === true ||
    isPricedVariant(name) ||
    isResourceName(name) ||
    hasLocalForm(name) ||
    hasContextMark(name);
  return library.findList(list)?.findModel(name, isWhole ? 'whole' : 'loose');
}

function endAtMakers(
  spellings: readonly Spelling[],
  deadEnd: DeadEnd | undefined,
  library: PriceLibrary,
): Ending {
  const last = spellings[spellings.length - 1];
  if (last === undefined) return { outcome: { reason: 'unknown_model' }, steps: [] };
  const { biller } = last;
  for (const spelling of spellings) {
    const lists = fallbackLists(spelling.name, biller).filter((list) => list !== biller?.list);
    const found = lists.flatMap((list) => lookUp(spelling.name, biller, list, library) ?? []);
    const [listed] = found;
    if (listed === undefined) continue;
    if (lists.length > 1 || listed === 'ambiguous')
      return end({ reason: 'ambiguous' }, spelling, `sold at several prices: ${lists.join(', ')}`);
    const why =
      biller?.list == null
        ? `by its name a model of ${listed.list}`
        : `not in the price list ${biller.list}: the price of its maker ${listed.list} is taken`;
    return end({ model: listed }, spelling, why, `matched ${listed.list}/${listed.id}`);
  }
  if (deadEnd !== undefined) return end({ reason: deadEnd.reason }, last, deadEnd.step);
  const why = biller?.list == null ? "in nobody's price list" : `not in the price list ${biller.list}`;
  return end({ reason: reasonFor(biller) }, last, why);
}

function fallbackLists(name: string, biller: Biller | null): string[] {
  if (biller === null) return makersOf(name);
  if (biller.fallback === 'none') return [];
  if (biller.fallback === 'makers') return closedMakersOf(name);
  const { fallback } = biller;
  return makersOf(name).filter((list) => fallback.includes(list));
}

function reasonFor(biller: Biller | null): UnpricedReason {
  if (biller?.isFreeText === true) return 'azure_deployment';
  return biller?.list == null ? 'unknown_model' : 'not_in_list';
}

function quote(name: string): string {
  return `\`${name.length > 120 ? `${name.slice(0, 120)}…` : name}\``;
}
