/** Colours a piece of text whose width is already settled. */
export type Brush = (text: string) => string;

export interface Paint {
  bold: Brush;
  dim: Brush;
  red: Brush;
  green: Brush;
  yellow: Brush;
  blue: Brush;
  magenta: Brush;
  cyan: Brush;
  plain: Brush;
}

/** What every renderer is told of the terminal it writes for. */
export interface Canvas {
  /** Columns. */
  width: number;
  paint: Paint;
  /** Milliseconds since the epoch, for relative times. */
  nowMillis: number;
}

/** Select Graphic Rendition codes (ECMA-48 8.3.117): what switches a rendition on, and what switches it off. */
const CODES: Readonly<Record<Exclude<keyof Paint, 'plain'>, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

const plain: Brush = (text) => text;

/** Brushes that colour, or that leave every text as it is. */
export function createPaint(isColoured: boolean): Paint {
  const brush = (name: keyof typeof CODES): Brush => {
    const [on, off] = CODES[name];
    return isColoured ? (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`) : plain;
  };
  return {
    bold: brush('bold'),
    dim: brush('dim'),
    red: brush('red'),
    green: brush('green'),
    yellow: brush('yellow'),
    blue: brush('blue'),
    magenta: brush('magenta'),
    cyan: brush('cyan'),
    plain,
  };
}

/**
 * Whether to colour: `FORCE_COLOR` (anything but 0 or false) wants it, `NO_COLOR` (no-color.org: present and not
 * empty) forbids it, else a terminal that is not dumb gets it.
 */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR']) return false;
  return isTerminal && env['TERM'] !== 'dumb';
}
