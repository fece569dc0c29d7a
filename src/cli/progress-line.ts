/** One line at the end of a terminal that is drawn anew, while something takes its time. */
export interface ProgressLine {
  /** Whether anybody sees it. */
  readonly isShown: boolean;
  show(text: string): void;
  /** Gone, until the next `show`. Whatever else is written comes after this. */
  clear(): void;
}

/** What it is drawn on: `process.stderr`, so that what is read from stdout has nothing of it. */
interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Of a terminal that says nothing of itself. */
const usualColumns = 80;
/** Back to the beginning of the line, and empty it. */
const clearLine = '\r\x1b[K';

/** Draws nothing where the output is no terminal. */
export function createProgressLine(output: ProgressOutput = process.stderr): ProgressLine {
  const isShown = output.isTTY === true;
  let shown = '';
  return {
    isShown,
    show(text) {
      // A line that wraps could not be drawn anew: the next one would be drawn below it.
      const columns = output.columns || usualColumns;
      const line = text.length < columns ? text : `${text.slice(0, columns - 2)}\u2026`;
      if (!isShown || line === shown) return;
      shown = line;
      output.write(`${clearLine}${line}`);
    },
    clear() {
      if (shown !== '') output.write(clearLine);
      shown = '';
    },
  };
}

/** How often the seconds are drawn. Units: ms. */
const tickMs = 1000;

/**
 * What is being waited for, and for how long, from its first second on.
 *
 * @returns what ends it.
 */
export function countSeconds(progress: ProgressLine, what: string): () => void {
  if (!progress.isShown) return () => {};
  let passed = 0;
  const ticks = setInterval(() => {
    passed += 1;
    progress.show(`${what}: ${passed} s`);
  }, tickMs);
  ticks.unref();
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    clearInterval(ticks);
    progress.clear();
  };
}
