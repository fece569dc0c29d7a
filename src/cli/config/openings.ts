/** Things that are being opened at the same time, and closed together. */
export interface Openings {
  /** Take part. What is opened after `close` is closed at once. */
  open<T>(opening: Promise<T>, close?: (opened: T) => unknown): Promise<T>;
  /** Close with the others. */
  keep(close: () => unknown): void;
  /**
   * Wait for all of them.
   *
   * @returns what failed. After the first failure the others are waited for only a little longer: a download of minutes must not
   * keep a missing package from being told.
   * @throws the reason of `stop`.
   */
  settle(): Promise<readonly unknown[]>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** What fails by itself does so within this; what takes longer is loading. Units: ms. */
const moreFailuresMs = 3000;

/** Begin. */
export function createOpenings(stop: AbortSignal | undefined): Openings {
  const closing: (() => unknown)[] = [];
  const underWay: Promise<unknown>[] = [];
  const failures: unknown[] = [];
  let firstFailed = (): void => {};
  const failed = new Promise<void>((resolve) => {
    firstFailed = resolve;
  });
  let isClosed = false;

  return {
    open(opening, close = () => {}) {
      const kept = opening.then(
        async (opened) => {
          if (isClosed) await close(opened);
          else closing.push(() => close(opened));
        },
        (error: unknown) => {
          failures.push(error);
          firstFailed();
        },
      );
      underWay.push(kept);
      return opening;
    },
    keep(close) {
      closing.push(close);
    },
    async settle() {
      const timers = new AbortController();
      const over = new Promise<void>((resolve) => {
        failed.then(() => {
          const timer = setTimeout(resolve, moreFailuresMs);
          timers.signal.addEventListener('abort', () => clearTimeout(timer));
        });
      });
      const stopped = new Promise<never>((_, reject) => {
        if (stop?.aborted) reject(stop.reason);
        stop?.addEventListener('abort', () => reject(stop.reason), { signal: timers.signal });
      });
      try {
        await Promise.race([Promise.all(underWay), over, stopped]);
      } finally {
        timers.abort();
      }
      return [...failures];
    },
    async close() {
      isClosed = true;
      await Promise.all(closing.splice(0).map((one) => one()));
    },
  };
}
