const SYLLABLES =
  'ka to mi ren sol ver an ti do pra len ex ul or stra fi con de ba lum ner go sha per il qua ze mon'.split(
    ' ',
  );
const WORDS = 4000;
const POOL_CHARACTERS = 2_000_000;

/** Numbers that are the same for the same seed (mulberry32). */
export function createRandom(seed) {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits) => {
    let text = '';
    while (text.length < digits) text += ((next() * 2 ** 32) >>> 0).toString(16).padStart(8, '0');
    return text.slice(0, digits);
  };
  return { next, hex, below: (limit) => Math.floor(next() * limit) };
}

/**
 * Text that compresses as prose does: words of a list made from the seed, the frequent ones far more often, as in any
 * language (Zipf). Every text begins with a number of its own, so that no two are alike, and texts are cut from one
 * long pool, so that making them costs the load generator next to nothing.
 */
export function createText(random) {
  const words = Array.from({ length: WORDS }, () => {
    const syllables = 1 + random.below(4);
    return Array.from({ length: syllables }, () => SYLLABLES[random.below(SYLLABLES.length)]).join('');
  });
  const parts = [];
  for (let length = 0; length < POOL_CHARACTERS;) {
    const word = words[Math.floor(WORDS ** random.next()) - 1] + (random.below(12) === 0 ? '. ' : ' ');
    parts.push(word);
    length += word.length;
  }
  const pool = parts.join('');
  return (length) => {
    const wanted = Math.max(1, Math.round(length * (0.7 + 0.6 * random.next())));
    const start = random.below(pool.length - wanted);
    return `${Math.floor(random.next() * 1e9).toString(36)} ${pool.slice(start, start + wanted)}`;
  };
}
