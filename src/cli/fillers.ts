import { filter, takeUntil } from 'rxjs';
import { type FillerRendered, renderFillers } from '../adapters/filler-cache/index.js';
import type { Synthesizer } from '../index.js';
import { exitCodes } from './command-error.js';
import type { Console } from './console.js';
import { type FillersCommandLine, readFillersCommandLine } from './fillers-command-line.js';
import { createFillersProgress } from './fillers-progress.js';
import { openVoice } from './fillers-voices.js';
import { createProgressLine, type ProgressLine } from './progress-line.js';

/** What the command reaches outside for. */
export interface FillersSurroundings {
  readonly openVoice: typeof openVoice;
  /** A clock that only goes forward. Units: ms. */
  readonly now: () => number;
  readonly drawn: ProgressLine;
}

/**
 * `earshot fillers`.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function fillers(
  args: readonly string[],
  console: Console,
  { openVoice, now, drawn }: FillersSurroundings = thisMachine(),
): Promise<number> {
  const line = readFillersCommandLine(args);
  const voice = await openVoice(line, console, drawn);
  const progress = createFillersProgress(console, drawn, line.json, now);
  const done: FillerRendered[] = [];
  try {
    await follow(voice.synthesizer, line, console, (filler) => {
      done.push(filler);
      progress.next(filler);
    });
  } catch (error) {
    progress.end();
    if (done.length > 0) console.say(goesOn(done, line));
    throw error;
  } finally {
    await voice.close();
  }
  progress.end();
  const last = done.at(-1);
  if (last === undefined || last.done < last.total) {
    console.say(goesOn(done, line));
    return exitCodes.done;
  }
  const report = reportOf(done, line, voice.synthesizer);
  console.print(line.json ? `${JSON.stringify(report, null, 2)}\n` : summaryOf(report));
  return exitCodes.done;
}

/** Resolves when all are there, or when the console says to stop; rejects with what it fails with. */
function follow(
  synthesizer: Synthesizer,
  { phrases, out, language, sampleRateHz }: FillersCommandLine,
  { stop$ }: Console,
  next: (filler: FillerRendered) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    renderFillers({ synthesizer, phrases, directory: out, language, sampleRateHz })
      // With nobody to read the progress there is still a folder to fill.
      .pipe(takeUntil(stop$.pipe(filter((reason) => reason === 'signal'))))
      .subscribe({ next, error: reject, complete: resolve });
  });
}

const thisMachine = (): FillersSurroundings => ({
  openVoice,
  now: () => performance.now(),
  drawn: createProgressLine(),
});

const goesOn = (done: readonly FillerRendered[], { out, phrases }: FillersCommandLine): string =>
  `${done.at(-1)?.done ?? 0} of ${done.at(-1)?.total ?? phrases.length} are in ${out}; the same command goes on from there`;

/** What `--json` prints. */
interface FillersReport {
  readonly directory: string;
  readonly language: string;
  readonly engine: string;
  readonly voice: string;
  readonly sampleRateHz: number;
  readonly rendered: number;
  readonly kept: number;
  readonly durationMs: number;
  readonly fillers: readonly Pick<FillerRendered, 'fillerId' | 'text' | 'durationMs' | 'outcome'>[];
}

function reportOf(
  done: readonly FillerRendered[],
  { out, language, sampleRateHz }: FillersCommandLine,
  { engine, voice }: Synthesizer,
): FillersReport {
  const rendered = done.filter(({ outcome }) => outcome === 'rendered').length;
  return {
    directory: out,
    language,
    engine,
    voice,
    sampleRateHz,
    rendered,
    kept: done.length - rendered,
    durationMs: Math.round(done.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    fillers: done.map(({ fillerId, text, durationMs, outcome }) => ({ fillerId, text, durationMs, outcome })),
  };
}

const summaryOf = ({ rendered, kept, directory, ...report }: FillersReport): string =>
  `${rendered + kept} fillers in ${directory}: ${rendered} rendered, ${kept} were there; ` +
  `${(report.durationMs / 1000).toFixed(1)} s of ${report.engine}, voice ${report.voice}, ` +
  `language ${report.language}, at ${report.sampleRateHz} Hz\n`;
