/** What lines are written to: `process.stdout`, `process.stderr`. */
export interface LineOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** What waits to be written. Units: bytes. */
  readonly writableLength: number;
  write(text: string): unknown;
}

/** Lines for a reader that may be slow, or may have stopped to read. */
export interface BoundedLines {
  write(line: string): void;
}

/** What may wait for a reader; a minute of everything that a loop tells. Units: bytes. */
const mostWaiting = 1024 * 1024;

/**
 * Writes lines while they are read; what there is no room for is dropped, and told in a line of its own as soon as there is.
 *
 * @param lostLine - what is written after `count` lines had no room.
 */
export function boundedLines(output: LineOutput, lostLine: (count: number) => string): BoundedLines {
  let lost = 0;
  return {
    write(line) {
      if (output.writableLength > mostWaiting) {
        lost += 1;
        return;
      }
      const told = lost === 0 ? '' : `${lostLine(lost)}\n`;
      lost = 0;
      output.write(`${told}${line}\n`);
    },
  };
}
