import type { FillerRendered } from '../adapters/filler-cache/index.js';
import type { Console } from './console.js';
import { printable } from './printable.js';

const barWidth = 20;
/** Of a terminal that says nothing of itself; a longer line would not be drawn anew but below. */
const lineWidth = 79;
/** Back to the beginning of the line, and empty it. */
const clearLine = '\r\x1b[K';

/** One line: a bar, how many are done, how long the rest will take, and what was done last. */
export function progressLine(
  { done, total, text }: Pick<FillerRendered, 'done' | 'total' | 'text'>,
  leftMs: number | undefined,
): string {
  const filled = Math.round((barWidth * done) / total);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
  const left = leftMs === undefined || done === total ? '' : `, ${durationWords(leftMs)} left`;
  const line = `${bar} ${done} of ${total}${left}  ${printable(text)}`;
  return line.length <= lineWidth ? line : `${line.slice(0, lineWidth - 1)}\u2026`;
}

/** How long the rest takes when it goes on as it went; undefined until one was rendered. Units: ms. */
export function leftMs(elapsedMs: number, rendered: number, remaining: number): number | undefined {
  return rendered === 0 ? undefined : (elapsedMs / rendered) * remaining;
}

function durationWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** Says how far it is: on a terminal one line that changes, elsewhere a line for each phrase. */
export interface FillersProgress {
  next(filler: FillerRendered): void;
  /** Nothing more comes. */
  end(): void;
}

/** @param now - a clock that only goes forward. Units: ms. */
export function createFillersProgress(
  console: Console,
  isSilent: boolean,
  now: () => number,
): FillersProgress {
  const startedMs = now();
  let rendered = 0;
  return {
    next(filler) {
      if (filler.outcome === 'rendered') rendered += 1;
      if (isSilent) return;
      if (console.isTerminal) {
        const left = leftMs(now() - startedMs, rendered, filler.total - filler.done);
        console.print(`${clearLine}${progressLine(filler, left)}`);
        return;
      }
      const { done, total, text, outcome, durationMs } = filler;
      const what = outcome === 'kept' ? 'was there' : `${(durationMs / 1000).toFixed(2)} s`;
      console.print(`${done} of ${total}: ${printable(text)} (${what})\n`);
    },
    end() {
      if (console.isTerminal && !isSilent) console.print(clearLine);
    },
  };
}
