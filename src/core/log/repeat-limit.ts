/** How many kinds are told apart; those after that share one limit. Names of facts may come from a service. */
const maxKinds = 256;
const minuteMs = 60_000;

interface Kind {
  sinceMs: number;
  written: number;
  unwritten: number;
}

/** Bounds how often one kind of line is written. */
export interface RepeatLimit {
  /** @returns undefined when there were too many in this minute; else how many of the same kind were not written since the last one. */
  ask(kind: string, atMs: number): number | undefined;
}

/** @param maxPerMinute - of one kind. */
export function createRepeatLimit(maxPerMinute: number): RepeatLimit {
  const kinds = new Map<string, Kind>();

  const find = (name: string, atMs: number): Kind => {
    const key = kinds.has(name) || kinds.size < maxKinds ? name : '';
    const found = kinds.get(key) ?? { sinceMs: atMs, written: 0, unwritten: 0 };
    kinds.set(key, found);
    return found;
  };

  return {
    ask(name, atMs) {
      const kind = find(name, atMs);
      // A clock that was set back begins a new minute too, or nothing would be written until it is there again.
      const isOver = atMs - kind.sinceMs >= minuteMs || atMs < kind.sinceMs;
      if (isOver) {
        kind.sinceMs = atMs;
        kind.written = 0;
      }
      if (kind.written >= maxPerMinute) {
        kind.unwritten += 1;
        return undefined;
      }
      kind.written += 1;
      const { unwritten } = kind;
      kind.unwritten = 0;
      return unwritten;
    },
  };
}
