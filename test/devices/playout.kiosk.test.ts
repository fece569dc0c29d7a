import { afterAll, describe, expect, it } from 'vitest';
import { type KioskServer, kioskProblem } from '../virtual-kiosk/problem.js';
import { checkRecorder } from './measure/check-recorder.js';
import { type MeasuredPlayout, type MeasuredTrial, measurePlayout } from './measure/measure-playout.js';
import { median } from './measure/statistics.js';
import { describeFigures, type PlayoutFigures, summarizePlayout } from './measure/summarize-playout.js';
import { takePrecedence } from './measure/take-precedence.js';
import { type Way, ways } from './ways.js';

takePrecedence();

/** A machine that is busy spoils a round, not a way. */
const mostRounds = 4;
/** Fewer undisturbed flushes than this say too little. */
const enoughFlushes = 10;
/** How far a position may be from what was audible. Units: ms. */
const positionWithinMs = 10;
/** A path of 16 bits may make a number one higher or lower; and positions are rounded. Units: samples. */
const samplesOff = 2;

const limits = (way: Way): { readonly hardTailMs: number; readonly softTailMs: number } =>
  way.name.startsWith('audify') ? { hardTailMs: 40, softTailMs: 90 } : { hardTailMs: 10, softTailMs: 75 };

/** What a round shows to be wrong; none of it may be there in every round. */
function problemsOf({
  lowestErrorMs,
  highestErrorMs,
  startsOff,
  softOff,
  strangers,
}: PlayoutFigures): readonly string[] {
  return [
    [lowestErrorMs < -positionWithinMs, `a position was ${-lowestErrorMs} ms behind what was heard`] as const,
    [
      highestErrorMs > positionWithinMs,
      `a position was ${highestErrorMs} ms ahead of what was heard`,
    ] as const,
    [startsOff > samplesOff, `what was written after a flush began ${startsOff} samples off`] as const,
    [softOff > samplesOff, `a soft flush ended ${softOff} samples off`] as const,
    [strangers > 0, `${strangers} sounds of what had been flushed`] as const,
  ].flatMap(([isWrong, what]) => (isWrong ? [what] : []));
}

const report: string[] = [];
afterAll(() => {
  if (report.length > 0) console.log(report.join('\n'));
});

/** Rounds until one of them has nothing wrong, and flushes are enough. */
async function measure(way: Way, server: KioskServer) {
  const rounds: MeasuredPlayout[] = [];
  const problems: (readonly string[])[] = [];
  for (let round = 0; round < mostRounds; round += 1) {
    const measured = await measurePlayout(way, server);
    rounds.push(measured);
    problems.push(problemsOf(summarizePlayout(measured)));
    const flushes = undisturbed(rounds).filter(({ played }) => played.endsBy === 'hard').length;
    if (problems.some(({ length }) => length === 0) && flushes >= enoughFlushes) break;
  }
  const trials = undisturbed(rounds);
  const figures = summarizePlayout(
    {
      strangers: rounds.reduce((sum, { strangers }) => sum + strangers, 0),
      trials: rounds.flatMap((each) => each.trials),
    },
    trials,
  );
  return { figures, problems };
}

const undisturbed = (rounds: readonly MeasuredPlayout[]): readonly MeasuredTrial[] =>
  rounds.flatMap(({ trials }) => trials.filter(({ isDisturbed }) => !isDisturbed));

function describePlayout(way: Way, server: KioskServer): void {
  const name = `${way.name}, on ${server}`;
  describe.skipIf(kioskProblem(server) !== null)(name, () => {
    it('is silent soon after a flush, begins again where its position says, and the position is what is heard', async () => {
      const { figures, problems } = await measure(way, server);
      report.push(describeFigures(name, figures));
      const { hardTailMs, softTailMs } = limits(way);
      expect(figures.flushes).toBeGreaterThanOrEqual(enoughFlushes);
      expect(figures.hardTailMs).toBeLessThanOrEqual(hardTailMs);
      expect(figures.softTailMs).toBeLessThanOrEqual(softTailMs);
      expect(problems.reduce((least, round) => (round.length < least.length ? round : least))).toEqual([]);
    });
  });
}

for (const server of ['pulseaudio', 'pipewire'] as const) {
  describe.skipIf(kioskProblem(server) !== null)(`a recording of the loudspeaker, on ${server}`, () => {
    it('tells within 2.5 ms when something was audible', async () => {
      const errors = await checkRecorder(server);
      report.push(`recorder on ${server}: ${median(errors).toFixed(1)} ms off, of ${errors.length}`);
      expect(errors.length).toBeGreaterThan(5);
      expect(Math.abs(median(errors))).toBeLessThan(2.5);
    });
  });
}

for (const way of ways) describePlayout(way, 'pulseaudio');
for (const way of ways.filter(
  ({ name }) => name.includes('parec') || name === 'audify on pulse, in a child process',
)) {
  describePlayout(way, 'pipewire');
}
