import { boundedLines, type LineOutput } from './bounded-lines.js';

/** Where lines go, and one line that is drawn anew below them. */
export interface Screen {
  /** A line that stays. */
  line(text: string): void;
  /** What the last line shows from now on; nothing where there is no terminal. */
  live(text: string): void;
  readonly columns: number;
  readonly isLive: boolean;
  /** The last line goes, and does not come back. */
  end(): void;
}

/** Of a terminal that does not say. */
const usualColumns = 80;
const clear = '\r\u001b[2K';

/** @param wantsLive - whether a line may be drawn anew where that is possible. */
export function createScreen(output: LineOutput, wantsLive: boolean): Screen {
  const lines = boundedLines(
    output,
    (count) => `${count} lines of the log were not read in time and are lost`,
  );
  let isLive = wantsLive && output.isTTY === true;
  let shown = '';
  return {
    line(text) {
      if (shown !== '') output.write(clear);
      lines.write(text);
      if (shown !== '') output.write(shown);
    },
    live(text) {
      if (!isLive || text === shown) return;
      shown = text;
      output.write(`${clear}${text}`);
    },
    get columns() {
      // 0 where the terminal has no size, as one without a window.
      return output.columns || usualColumns;
    },
    get isLive() {
      return isLive;
    },
    end() {
      if (shown !== '') output.write(clear);
      shown = '';
      isLive = false;
    },
  };
}
