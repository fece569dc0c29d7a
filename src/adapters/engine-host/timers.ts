/** Something that will be done. */
export interface Timer {
  cancel(): void;
  /** Whether it keeps this program alive; it does not at first. */
  keepAlive(isKept: boolean): void;
}

/** Do something later. */
export type After = (delayMs: number, work: () => void) => Timer;

export const after: After = (delayMs, work) => {
  const timer = setTimeout(work, delayMs).unref();
  return {
    cancel: () => clearTimeout(timer),
    keepAlive: (isKept) => void (isKept ? timer.ref() : timer.unref()),
  };
};
