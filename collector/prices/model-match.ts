import type { MatchLogic } from '@pydantic/genai-prices';

/**
 * How well a name fits: the length of the text that was asked for, infinite where the whole name was. Undefined where
 * it does not fit.
 */
export type Matcher = (name: string) => number | undefined;

/** Compiles the match logic of one model once. Names are lower case and short (see `MAX_NAME_LENGTH`). */
export function compileMatch(logic: MatchLogic): Matcher {
  if ('or' in logic) return bestOf(logic.or.map(compileMatch));
  if ('and' in logic) return allOf(logic.and.map(compileMatch));
  if ('equals' in logic) {
    const literal = logic.equals.toLowerCase();
    return (name) => (name === literal ? Infinity : undefined);
  }
  if ('starts_with' in logic)
    return compilePart(logic.starts_with, (name, literal) => name.startsWith(literal));
  if ('contains' in logic) return compilePart(logic.contains, (name, literal) => name.includes(literal));
  if ('ends_with' in logic) return compilePart(logic.ends_with, (name, literal) => name.endsWith(literal));
  const pattern = new RegExp(logic.regex);
  return (name) => (pattern.test(name) ? logic.regex.length : undefined);
}

function bestOf(matchers: readonly Matcher[]): Matcher {
  return (name) => {
    let best: number | undefined;
    for (const matcher of matchers) {
      const fit = matcher(name);
      if (fit !== undefined && (best === undefined || fit > best)) best = fit;
    }
    return best;
  };
}

function allOf(matchers: readonly Matcher[]): Matcher {
  return (name) => {
    let best = 0;
    for (const matcher of matchers) {
      const fit = matcher(name);
      if (fit === undefined) return undefined;
      best = Math.max(best, fit);
    }
    return best;
  };
}

function compilePart(text: string, fits: (name: string, literal: string) => boolean): Matcher {
  const literal = text.toLowerCase();
  return (name) => {
    if (!fits(name, literal)) return undefined;
    if (name === literal) return Infinity;
    const rest = name.slice(name.indexOf(literal) + literal.length);
    return isOtherModel(literal, rest) ? undefined : literal.length;
  };
}

/** `claude-sonnet-5` and then `-5` or `.5`; a date (`-05-20`, `-20250929`) and a pin (`-001`) are not versions. */
const OTHER_VERSION = /^(?:[-.]\d(?!\d)|[-.]\d\d(?!\d)(?!-\d{2}(?!\d))(?!-\d{4}(?!\d)))/;
const OTHER_SIBLING =
  /-(?:mini|nano|lite|flash|pro|ultra|max|turbo|fast|highspeed|tts|image|audio|live|embedding|distill|coder|codex|vision|realtime|transcribe|search|computer-use|\d+(?:\.\d+)?b)(?=$|[-.:@])/;

/**
 * The library's prefixes also hold for names that are another model: `gemini-1.5-flash-8b` begins with
 * `gemini-1.5-flash` and costs half (@pydantic/genai-prices@0.1.8). Better no price than that of a sibling.
 */
function isOtherModel(literal: string, rest: string): boolean {
  // Claude 2.0 and 2.1 cost the same; what follows a fine-tuned model is the customer's own text.
  if (literal === 'claude-2' || literal.startsWith('ft:')) return false;
  // The Live API's models are named `…-preview-native-audio-…` and are priced as such.
  if (literal.includes('live')) return OTHER_VERSION.test(rest);
  return OTHER_VERSION.test(rest) || OTHER_SIBLING.test(rest);
}

const RELEASE = /-v(\d+)(?=$|[:@-])/;

/** Whether a name and a model's id say different releases, such as Titan Embeddings `-v2:0` and `-v1`. */
export function isOtherRelease(name: string, modelId: string): boolean {
  const said = RELEASE.exec(name)?.[1];
  const listed = RELEASE.exec(modelId)?.[1];
  return said !== undefined && listed !== undefined && said !== listed;
}
