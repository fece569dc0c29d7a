import type { Observable } from 'rxjs';
import { monotonicScheduler } from '../../devices/clock/index.js';
import { openDevices } from '../../devices/index.js';
import { type AcousticProbeEvent, createCalibration, probeAcoustics } from '../../index.js';
import { requireWritable, writeCalibration } from '../calibration-file.js';
import { exitCodes } from '../command-error.js';
import type { Console } from '../console.js';
import { doctorReport, doctorWords, failureReport } from './acoustics-report.js';
import type { AcousticsCommandLine } from './doctor-command-line.js';

/** What an examination of a room needs besides its command line. */
export interface AcousticsParts {
  /** The time of day, for the calibration file. */
  readonly now: () => Date;
  /** What measures. */
  readonly probe: (line: AcousticsCommandLine) => Observable<AcousticProbeEvent>;
}

/**
 * `earshot doctor --acoustics`.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function examineAcoustics(
  line: AcousticsCommandLine,
  console: Console,
  { now, probe }: AcousticsParts,
): Promise<number> {
  const { capture, playout, write, json } = line;
  let figures: Figures | undefined;
  try {
    if (write !== undefined) await requireWritable(write);
    figures = await follow(probe(line), console, createProgress(console, json));
  } catch (error) {
    if (json) console.print(`${JSON.stringify(failureReport(error, { capture, playout }), null, 2)}\n`);
    throw error;
  } finally {
    if (console.isTerminal && !json) console.print(clearLine);
  }
  // Stopped before the end.
  if (figures === undefined) return exitCodes.done;

  // Before the file: what was measured is not lost with a disk that is full.
  const report = doctorReport(figures, { capture, playout });
  if (json) console.print(`${JSON.stringify(report, null, 2)}\n`);
  else console.print(doctorWords(report));
  const isHeard = figures.delayMs !== null;
  if (write !== undefined && isHeard) {
    const about = { measuredAt: now().toISOString(), devices: { capture, playout } };
    await writeCalibration(write, createCalibration(figures, about));
  }
  if (write !== undefined) {
    console.say(isHeard ? `written to ${write}` : `nothing was heard, so ${write} was not written`);
  }
  return report.ok ? exitCodes.done : exitCodes.declined;
}

/** Chirps from the loudspeaker to the microphone. */
export function probeDevices(line: AcousticsCommandLine): Observable<AcousticProbeEvent> {
  const { capture, playout, backend, api, channel, seconds, levelDb } = line;
  const scheduler = monotonicScheduler();
  const { microphone, loudspeaker } = openDevices({
    scheduler,
    backend,
    api,
    // What keeps the pace of the loudspeaker would hide that their clocks differ.
    capture: { device: capture, channel, driftCorrection: 'off' },
    playout: { device: playout },
  });
  return probeAcoustics({ microphone, loudspeaker, scheduler }, { seconds, levelDb });
}

type Figures = Extract<AcousticProbeEvent, { readonly type: 'measured' }>['figures'];

/** Resolves with the figures, or with nothing when the console says to stop; rejects with what a device errors with. */
function follow(
  events$: Observable<AcousticProbeEvent>,
  { stop$ }: Console,
  tell: (event: AcousticProbeEvent) => void,
): Promise<Figures | undefined> {
  return new Promise((resolve, reject) => {
    let figures: Figures | undefined;
    const subscription = events$.subscribe({
      next: (event) => {
        tell(event);
        if (event.type === 'measured') figures = event.figures;
      },
      error: reject,
      complete: () => resolve(figures),
    });
    subscription.add(
      stop$.subscribe(() => {
        subscription.unsubscribe();
        resolve(undefined);
      }),
    );
  });
}

/** Back to the beginning of the line, and empty it. */
const clearLine = '\r\x1b[K';

/** What is said while it goes on: on a terminal one line that changes, elsewhere a line for each step. */
function createProgress(console: Console, isSilent: boolean): (event: AcousticProbeEvent) => void {
  if (isSilent) return () => {};
  let isPlaying = false;
  return (event) => {
    if (event.type === 'opened') {
      const { sampleRateHz, channels } = event.format;
      console.print(
        `${event.device}: open, ${sampleRateHz} Hz, ${channels} ${channels === 1 ? 'channel' : 'channels'}\n`,
      );
    } else if (event.type === 'measured') {
      return;
    } else if (console.isTerminal) {
      const [played, of] = [event.playedMs, event.ofMs].map((ms) => Math.round(ms / 1000));
      console.print(`${clearLine}chirps: ${played} of ${of} s; keep quiet`);
    } else if (!isPlaying) {
      isPlaying = true;
      console.print(`chirps for ${Math.round(event.ofMs / 1000)} s; keep quiet\n`);
    }
  };
}
