/**
 * Cut a text into parts that are spoken one after the other, at the ends of sentences, else at commas, else at spaces.
 *
 * Between two parts a cancellation is seen, and a part is a bounded piece of work. Nothing but white space at a cut is lost.
 *
 * @param most - longest part. Units: characters; a word that is longer is cut within.
 */
export function speechParts(text: string, most = 240): readonly string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > most) {
    const cut = cutAt(rest.slice(0, most + 1), most);
    parts.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return rest === '' ? parts : [...parts, rest];
}

/** Where a part ends: behind the last sentence, clause or word in `text`. */
function cutAt(text: string, most: number): number {
  for (const end of [/[.!?…]["')\]»”]*(?=\s)/gu, /[,;:—–](?=\s)/gu, /\S(?=\s)/gu]) {
    const last = [...text.matchAll(end)].at(-1);
    if (last) return last.index + last[0].length;
  }
  // Not between the two halves of a character.
  const code = text.charCodeAt(most - 1);
  return code >= 0xd800 && code < 0xdc00 ? most - 1 : most;
}
