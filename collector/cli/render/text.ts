const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Printable characters of one UTF-16 unit and one column each: Latin letters, common punctuation, and what we draw with. */
const PLAIN =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2013\u2014\u2018-\u201d\u2026\u2500-\u259f\u25b2\u2713\u2717]*$/;
const BLANK = /[\t\n\r\v\f\u0085\u2028\u2029]+/g;
const CONTROL = /\p{Cc}/gu;
/** Marks that turn the direction of what follows (UAX #9): they could make one text look like another. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Unicode 16, East_Asian_Width W and F, by script where whole scripts are wide. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\uff01-\uff60\uffe0-\uffe6\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Yi}\p{Script=Bopomofo}]/u;
const PICTURE = /\p{Emoji_Presentation}|\ufe0f|\p{Regional_Indicator}{2}/u;
const INVISIBLE = /^[\p{M}\p{Cf}\u200b]+$/u;

/**
 * One line that a terminal only prints: line breaks and tabs become a blank, control characters a picture of
 * themselves, and marks that turn the direction of writing U+FFFD, so that no data moves the cursor or hides text.
 */
export function cleanLine(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .toWellFormed()
    .replace(BLANK, ' ')
    .replace(CONTROL, (control) => {
      const code = control.charCodeAt(0);
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
    })
    .replace(DIRECTION, '\ufffd');
}

/** How many columns of a terminal a clean line takes. */
export function measureWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += measureGrapheme(segment);
  return width;
}

/** The line, or its beginning and `…` where it takes more than `width` columns. */
export function cutText(text: string, width: number): string {
  if (PLAIN.test(text))
    return text.length <= width ? text : endCut(text.slice(0, Math.max(0, width - 1)), width);
  let used = 0;
  let kept = '';
  for (const { segment } of GRAPHEMES.segment(text)) {
    const next = used + measureGrapheme(segment);
    if (next > width - 1) return measureWidth(text) <= width ? text : endCut(kept, width);
    used = next;
    kept += segment;
  }
  return kept;
}

/** The line in pieces of at most `width` columns, broken at blanks where there are any. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => splitWord(one, width))) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && measureWidth(next) > width) {
      lines.push(line);
      line = word;
    } else line = next;
  }
  return [...lines, line];
}

function splitWord(word: string, width: number): string[] {
  if (measureWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const { segment } of GRAPHEMES.segment(word)) {
    const taken = measureGrapheme(segment);
    if (piece !== '' && used + taken > width) {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += segment;
    used += taken;
  }
  return [...pieces, piece];
}

/** The line filled with blanks to `width` columns. */
export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - measureWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

function endCut(kept: string, width: number): string {
  return width < 1 ? '' : `${kept.trimEnd()}…`;
}

function measureGrapheme(grapheme: string): number {
  if (PLAIN.test(grapheme)) return 1;
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) || PICTURE.test(grapheme) ? 2 : 1;
}
