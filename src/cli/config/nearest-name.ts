/** A name without what people write differently: case, dashes, underscores. */
const plain = (name: string): string => name.toLowerCase().replace(/[-_\s.$]/g, '');

/** Longest name that is compared. Units: letters. */
const longestCompared = 64;

/**
 * The name that was probably meant.
 *
 * @returns undefined when none is near: more than a third of its letters would have to change.
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const wanted = plain(given).slice(0, longestCompared);
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const name of known) {
    const edits = editsBetween(wanted, plain(name));
    if (edits <= Math.max(1, Math.floor(plain(name).length / 3)) && edits < (best?.edits ?? Infinity))
      best = { name, edits };
  }
  return best?.name;
}

/** Letters to insert, leave out, change or swap with the next one, to make one of the other. */
function editsBetween(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let edits = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
