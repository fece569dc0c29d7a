import type { FillerRendered } from '../adapters/filler-cache/index.js';
import type { Console } from './console.js';
import { printable } from './printable.js';
import type { ProgressLine } from './progress-line.js';

const barWidth = 20;

/** One line: a bar, how many are done, how long the rest will take, and what was done last. */
export function progressLine(
  { done, total, text }: Pick<FillerRendered, 'done' | 'total' | 'text'>,
  leftMs: number | undefined,
): string {
  const filled = Math.round((barWidth * done) / total);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
  const left = leftMs === undefined || done === total ? '' : `, ${durationWords(leftMs)} left`;
  return `${bar} ${done} of ${total}${left}  ${printable(text)}`;
}

/** How long the rest takes when it goes on as it went; undefined until one was rendered. Units: ms. */
export function leftMs(elapsedMs: number, rendered: number, remaining: number): number | undefined {
  return rendered === 0 ? undefined : (elapsedMs / rendered) * remaining;
}

function durationWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** Says how far it is: for whoever looks on one line that changes, else a line for each phrase. */
export interface FillersProgress {
  next(filler: FillerRendered): void;
  /** Nothing more comes. */
  end(): void;
}

/** @param now - a clock that only goes forward. Units: ms. */
export function createFillersProgress(
  console: Console,
  drawn: ProgressLine,
  isSilent: boolean,
  now: () => number,
): FillersProgress {
  const startedMs = now();
  let rendered = 0;
  return {
    next(filler) {
      if (filler.outcome === 'rendered') rendered += 1;
      if (drawn.isShown) {
        const left = leftMs(now() - startedMs, rendered, filler.total - filler.done);
        drawn.show(progressLine(filler, left));
        return;
      }
      if (isSilent) return;
      const { done, total, text, outcome, durationMs } = filler;
      const what = outcome === 'kept' ? 'was there' : `${(durationMs / 1000).toFixed(2)} s`;
      console.print(`${done} of ${total}: ${printable(text)} (${what})\n`);
    },
    end: drawn.clear,
  };
}
