import { afterAll, describe, expect, it } from 'vitest';
import { kioskProblem } from '../virtual-kiosk/problem.js';
import { problemsOfLongRun, tabulateLongRun } from './measure/judge-long-run.js';
import { longRun } from './measure/long-run.js';
import { takePrecedence } from './measure/take-precedence.js';

takePrecedence();

/** The same for ten minutes: `bench/devices-long-run.ts`. */
const durationMs = 20_000;
/** A machine that is busy spoils a round. */
const mostRounds = 3;

const report: string[] = [];
afterAll(() => {
  if (report.length > 0) console.log(report.join('\n'));
});

describe.skipIf(kioskProblem('pulseaudio') !== null)('capture and playout at once', () => {
  it.each(['process', 'audify'] as const)(
    'have no gap and keep their echo delay, on %s',
    async (backend) => {
      const problems: (readonly string[])[] = [];
      while (problems.length < mostRounds && !problems.some(({ length }) => length === 0)) {
        const figures = await longRun({ server: 'pulseaudio', backend, api: 'pulse', durationMs });
        problems.push(problemsOfLongRun(figures, durationMs));
        report.push(`${backend} on pulse`, ...tabulateLongRun(figures));
      }
      expect(problems.reduce((least, round) => (round.length < least.length ? round : least))).toEqual([]);
    },
    mostRounds * 2 * durationMs,
  );
});
