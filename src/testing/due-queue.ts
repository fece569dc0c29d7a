/** Something to do at an instant. */
export interface DueEntry {
  readonly dueMs: number;
  readonly work: () => void;
}

/** What is to be done and when, the earliest first; of the same instant, first come first served. */
export interface DueQueue {
  /** @returns takes the entry out again; without effect once it was popped. */
  push(dueMs: number, work: () => void): () => void;
  peek(): DueEntry | undefined;
  pop(): DueEntry | undefined;
}

interface Entry extends DueEntry {
  readonly order: number;
  state: 'waiting' | 'cancelled' | 'popped';
}

/**
 * A binary heap. Cancelled entries stay until they reach the top, or until they are the majority (every `debounceTime`
 * leaves one behind per value), so memory is at most twice what is waiting.
 */
export function createDueQueue(): DueQueue {
  let heap: Entry[] = [];
  let order = 0;
  let cancelled = 0;

  const before = (a: Entry, b: Entry): boolean =>
    a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

  function siftUp(entry: Entry): void {
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Entry;
      if (!before(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  function removeTop(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      if (childIndex + 1 < heap.length && before(heap[childIndex + 1] as Entry, heap[childIndex] as Entry)) {
        childIndex += 1;
      }
      const child = heap[childIndex] as Entry;
      if (!before(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }

  function compact(): void {
    if (cancelled < 64 || cancelled * 2 < heap.length) return;
    // A sorted array is a heap.
    heap = heap
      .filter((entry) => entry.state === 'waiting')
      .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    cancelled = 0;
  }

  function peek(): Entry | undefined {
    while (heap[0]?.state === 'cancelled') {
      removeTop();
      cancelled -= 1;
    }
    return heap[0];
  }

  return {
    push(dueMs, work) {
      const entry: Entry = { dueMs, work, order: order++, state: 'waiting' };
      siftUp(entry);
      return () => {
        if (entry.state !== 'waiting') return;
        entry.state = 'cancelled';
        cancelled += 1;
        compact();
      };
    },
    peek,
    pop() {
      const top = peek();
      if (top === undefined) return undefined;
      removeTop();
      top.state = 'popped';
      return top;
    },
  };
}
