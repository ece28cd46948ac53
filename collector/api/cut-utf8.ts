/** The longest beginning of a text that takes at most `limit` bytes in UTF-8 and cuts no character. */
export function cutUtf8(text: string, limit: number): string {
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text;
  // A UTF-16 unit takes at least one byte, so no more of them than `limit` can stay.
  const bytes = Buffer.from(text.slice(0, limit));
  let end = Math.min(limit, bytes.length);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
