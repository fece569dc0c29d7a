/** Where a sentence may be cut best, where it still sounds right, and where a word ends. */
const breaks = [/[;:.!?…—]+["”')\]]*\s+/g, /,["”')\]]*\s+/g, /\s+/g] as const;

/**
 * Cut a text into parts of at most so many characters, at the end of a clause where there is one, else of a word, else anywhere.
 *
 * @returns parts without space around them, none empty; all that is not space is in one of them, in order.
 */
export function splitLong(text: string, maxCharacters: number): string[] {
  const parts: string[] = [];
  let left = text.trim();
  while (left.length > maxCharacters) {
    const at = placeToCut(left, maxCharacters);
    parts.push(left.slice(0, at).trim());
    left = left.slice(at).trim();
  }
  if (left !== '') parts.push(left);
  return parts;
}

function placeToCut(text: string, max: number): number {
  // One more, for a space that is cut away.
  const reach = text.slice(0, max + 1);
  for (const pattern of breaks) {
    // A stub of a few words sounds worse than a pause at a poor place.
    const ends = [...reach.matchAll(pattern)]
      .map(({ index, 0: { length } }) => index + length)
      .filter((end) => end >= max / 3 && reach.slice(0, end).trim().length <= max);
    const last = ends.at(-1);
    if (last !== undefined) return last;
  }
  const spaces = [...reach.matchAll(/\s+/g)].map(({ index }) => index);
  return spaces.findLast((at) => at > 0) ?? beforePair(text, max);
}

/** Never between the two halves of a character. */
function beforePair(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return at > 1 && code >= 0xd800 && code < 0xdc00 ? at - 1 : at;
}
