import type { Spread } from './compare-edges.js';
import type { LongRunFigures } from './long-run.js';
import type { LongRunEvent } from './long-run-events.js';

/** The echo canceller is told one delay. Units: ms. */
const echoWithinMs = 5;
/** Units: MB. What a heap takes that has not settled; a leak of a frame in a second would be 100 in 10 minutes. */
const grownWithinMb = 24;

/** What may be missing where the machine stood still. */
const stalledShare = 0.01;
/** The recording of the microphone may see a sample more or less of each gap. */
const silentWithin = 48;

/** What is wrong with a long run. */
export function problemsOfLongRun(figures: LongRunFigures, durationMs: number): readonly string[] {
  const { echo, unexplained, silentSamples, memoryMb, playedMs, capturedMs } = figures;
  const { middle, low, high, drift } = echo.offMs;
  const lostMs = figures.events.some(({ kind }) => kind === 'stall') ? durationMs * stalledShare : 0;
  const checks: readonly (readonly [boolean, string])[] = [
    [playedMs < durationMs - lostMs, `${playedMs} ms were played of ${durationMs}`],
    [capturedMs < durationMs - lostMs, `${capturedMs} ms were captured of ${durationMs}`],
    [unexplained.length > 0, `${unexplained.length} gaps and facts that no stall of the machine explains`],
    [echo.captureGaps > 0, `${echo.captureGaps} gaps in what was captured`],
    [
      silentSamples.captured > silentSamples.recorded + silentWithin,
      `${silentSamples.captured} samples were captured as silence, and ${silentSamples.recorded} were`,
    ],
    [Math.abs(drift) > echoWithinMs, `the echo delay drifted by ${drift.toFixed(1)} ms against the room's`],
    [
      Math.max(high - middle, middle - low) > echoWithinMs,
      `the echo delay was more than ${echoWithinMs} ms from where it usually is`,
    ],
    [memoryMb.grown > grownWithinMb, `memory grew by ${memoryMb.grown.toFixed(1)} MB`],
  ];
  return checks.flatMap(([isWrong, what]) => (isWrong ? [what] : []));
}

/** A table, as lines. */
export function tabulateLongRun(figures: LongRunFigures): readonly string[] {
  const { echo, driftPpm, memoryMb, cpu, lagMs, stalls, facts } = figures;
  const count = (kind: LongRunEvent['kind']): number =>
    figures.events.filter((event) => event.kind === kind).length;
  const unexplained = (kind: LongRunEvent['kind']): number =>
    figures.unexplained.filter((event) => event.kind === kind).length;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const spread = ({ least, low, middle, high, most, drift }: Spread): string =>
    `${[least, low, middle, high, most].map((value) => value.toFixed(1)).join(' / ')} ms, drift ${ms(drift)}`;
  const ppm = (value: number | null): string => (value === null ? 'unknown' : `${value.toFixed(0)} ppm`);
  const rows: readonly (readonly [string, string])[] = [
    [
      'played',
      `${(figures.playedMs / 1000).toFixed(1)} s, ${count('gap')} gaps, ${unexplained('gap')} of them unexplained`,
    ],
    [
      'captured',
      `${(figures.capturedMs / 1000).toFixed(1)} s, ${echo.captureGaps} gaps, ${figures.silentSamples.captured} silent samples of ${figures.silentSamples.recorded}`,
    ],
    ['echo delay, as the devices say', spread(echo.delayMs)],
    ['echo delay, as recorded', spread(echo.roomMs)],
    ['the one less the other', `${spread(echo.offMs)} (${echo.edges} measured)`],
    ['clock drift', `loudspeaker ${ppm(driftPpm.playout)}, microphone ${ppm(driftPpm.capture)}`],
    [
      'facts',
      `${
        Object.entries(facts)
          .map(([name, times]) => `${name} ${times}`)
          .join(', ') || 'none'
      }, ${unexplained('fact')} of them unexplained`,
    ],
    [
      'memory',
      `${memoryMb.start.toFixed(1)} MB to ${memoryMb.end.toFixed(1)} MB, grown by at most ${memoryMb.grown.toFixed(1)} MB`,
    ],
    ['processor', `${percent(cpu.start)} of a core to ${percent(cpu.end)}`],
    ['event loop late', `${ms(lagMs.p50)} / p99 ${ms(lagMs.p99)} / ${ms(lagMs.max)}`],
    ['machine stalled', `${stalls.count} times, ${ms(stalls.longestMs)} at most`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(32)}${value}`);
}
