/** What is wrong with a text that is meant to be JSON. */
export type JsonFault = 'cut off' | 'not JSON';

/** Longer texts are judged by their ends alone. */
const PARSE_LIMIT = 16 * 1024;

const [BRACE, BRACKET, CLOSING_BRACE, CLOSING_BRACKET, QUOTE, BACKSLASH] = [
  0x7b, 0x5b, 0x7d, 0x5d, 0x22, 0x5c,
];

/**
 * How an object or a list begins, in JSON or as Python writes it: `[link](…)`, `{name}` and `[INST]` are nobody's
 * JSON. A list of numbers is one only from its first comma on, so that `[1]` in front of a text is none.
 */
const JSON_HEAD =
  /^(?:\[\s*)*(?:\{\s*(?:["}]|$)|\[\s*(?:["\]]|-?\d[\d.eE+-]*\s*,|(?:true|false|null)\s*[,\]]|$))/;
const PYTHON_HEAD = /^(?:\[\s*)*(?:\{\s*'|\[\s*(?:'|(?:True|False|None)\s*[,\]]))/;

/**
 * The fault of a text that looks like a JSON object or list and is none; undefined for JSON, and for texts that are
 * not meant to be any. Looks only at both ends of a text that is whole, unless it is known that it can't be parsed.
 */
export function findJsonFault(text: string, isUnparsed = false): JsonFault | undefined {
  const first = text.charCodeAt(0);
  if (first !== BRACE && first !== BRACKET) return undefined;
  const last = text.charCodeAt(text.length - 1);
  const isClosed = last === (first === BRACE ? CLOSING_BRACE : CLOSING_BRACKET);
  const second = text.charCodeAt(1);
  // The usual case: `{"…}`, `[{…]` or `["…]`.
  if (
    isClosed &&
    !isUnparsed &&
    (second === QUOTE || (first === BRACKET && second === BRACE && isQuoted(text)))
  ) {
    return undefined;
  }
  return diagnose(text, isClosed);
}

/** Of a list of objects, that its first object begins with a quoted name. */
function isQuoted(text: string): boolean {
  return text.charCodeAt(2) === QUOTE;
}

function diagnose(text: string, isClosed: boolean): JsonFault | undefined {
  const head = text.slice(0, 200);
  if (PYTHON_HEAD.test(head)) return 'not JSON';
  if (!JSON_HEAD.test(head)) return undefined;
  if (text.length > PARSE_LIMIT) return isClosed || /\s$/.test(text) ? undefined : 'cut off';
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return judgeBrackets(text);
  }
}

/** `cut off` where a bracket or a string is still open at the end; a text that goes on after its JSON is a text. */
function judgeBrackets(text: string): JsonFault | undefined {
  let depth = 0;
  let isString = false;
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (isString) {
      if (code === BACKSLASH) place++;
      else if (code === QUOTE) isString = false;
    } else if (code === QUOTE) isString = true;
    else if (code === BRACE || code === BRACKET) depth++;
    else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) {
      depth--;
      if (depth === 0) return place === text.trimEnd().length - 1 ? 'not JSON' : undefined;
    }
  }
  return 'cut off';
}
