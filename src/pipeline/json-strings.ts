/** What is put in the place of strings; each is given a literal with its quotes and answers one. */
export interface JsonStringMap {
  /** Of values; `key` is the decoded key that it is the value of, or an item of the list that is the value. */
  replace: (literal: string, key: string | undefined) => string;
  /** Of keys, which stay as they are without it. */
  replaceKey?: (literal: string) => string;
  /** Of what stands between literals: brackets, numbers, spaces. `key` is the one right before a colon that begins it. */
  replaceBetween?: (text: string, key: string | undefined) => string;
}

/**
 * Puts other text in place of the strings in a JSON text, and leaves all else as it is written: spaces, and numbers that
 * a parse would round. `text` must be valid JSON, otherwise the result means nothing. Takes time in proportion to the
 * text's length.
 */
export function mapJsonStrings(text: string, { replace, replaceKey, replaceBetween }: JsonStringMap): string {
  let result = '';
  let position = 0;
  let key: string | undefined;
  let isInList = false;
  for (;;) {
    const start = text.indexOf('"', position);
    const between = text.slice(position, start === -1 ? undefined : start);
    result += replaceBetween === undefined ? between : replaceBetween(between, key);
    if (start === -1) return result;
    // What follows a comma or a bracket is not the value of the key before it.
    isInList = key !== undefined && (isInList ? NEXT_ITEM : FIRST_ITEM).test(between);
    if (!isInList && /[,[\]{}]/.test(between)) key = undefined;
    const end = findLiteralEnd(text, start);
    const literal = text.slice(start, end);
    if (isFollowedByColon(text, end)) {
      key = decodeLiteral(literal);
      result += replaceKey === undefined ? literal : replaceKey(literal);
    } else {
      result += replace(literal, key);
    }
    position = end;
  }
}

const FIRST_ITEM = /^\s*:\s*\[\s*$/;
const NEXT_ITEM = /^\s*,\s*$/;

/** The string of a JSON literal with its quotes. */
export function decodeLiteral(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

/** Whether the text is an object, a list or a string in JSON. */
export function isJsonText(text: string): boolean {
  if (!/^\s{0,64}[[{"]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Behind the closing quote; the end of the text where there is none. */
function findLiteralEnd(text: string, start: number): number {
  let position = start + 1;
  for (;;) {
    const quote = text.indexOf('"', position);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 92) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    position = quote + 1;
  }
}

function isFollowedByColon(text: string, end: number): boolean {
  let position = end;
  while (/\s/.test(text.charAt(position))) position += 1;
  return text.charAt(position) === ':';
}
