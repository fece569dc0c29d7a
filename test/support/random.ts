/** Numbers that are the same for the same seed. */
export function randomOf(seed: number) {
  let state = seed >>> 0;
  /** In 0..1. */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  /** One of these. The first stands for all, should there be none. */
  const pick = <Item>(first: Item, ...more: readonly Item[]): Item =>
    [first, ...more][integer(0, more.length)] ?? first;
  return { next, integer, pick };
}
export type Random = ReturnType<typeof randomOf>;
