import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { FrontEnd } from './hear-scene.js';
import { createRandom, shuffled } from './random.js';
import type { Scenario } from './scenarios.js';
import type { ScoreCache } from './score-cache.js';
import type { ScoreAnswer, ScoreJob } from './score-worker.js';

/** Of how many places of each half the raw microphone is scored too: it is hopeless, and a few show it. */
const rawPlaces = 8;

/** Which front ends are compared on a scenario. */
export function frontEndsOf({ place }: Scenario, isWebrtcThere: boolean): FrontEnd[] {
  const index = Number(place.id.slice(1));
  return [
    'linear',
    ...(isWebrtcThere ? (['webrtc'] as const) : []),
    ...(index < rawPlaces ? (['raw'] as const) : []),
  ];
}

export interface ScoreProgress {
  readonly done: number;
  readonly total: number;
  /** Scenarios that could not be scored, and why. */
  readonly failures: readonly string[];
}

/**
 * Score what the cache does not know yet, with as many processes as there are cores.
 *
 * @param untilMs - on the clock of `performance.now()`: no scenario is begun later.
 */
export async function scoreScenarios(
  scenarios: readonly Scenario[],
  cache: ScoreCache,
  {
    isWebrtcThere,
    untilMs,
    onProgress,
  }: {
    readonly isWebrtcThere: boolean;
    readonly untilMs: number;
    readonly onProgress: (progress: ScoreProgress) => void;
  },
): Promise<ScoreProgress> {
  const jobs: ScoreJob[] = [];
  for (const scenario of scenarios) {
    const frontEnds = frontEndsOf(scenario, isWebrtcThere).filter(
      (frontEnd) => !cache.readScores(scenario, frontEnd),
    );
    if (frontEnds.length > 0 || !cache.readMarks(scenario)) jobs.push({ scenario, frontEnds });
  }
  // In an order that mixes everything: when time is up, there is some of each.
  const mixed = shuffled(createRandom(1), jobs);
  const total = jobs.length;
  const failures: string[] = [];
  let next = 0;
  let done = 0;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(fileURLToPath(new URL('./score-worker.ts', import.meta.url)), [], {
        execArgv: ['--import', 'tsx'],
      });
      let isBusy = false;
      child.on('message', (answer: ScoreAnswer) => {
        if (answer.type === 'failed') failures.push(answer.message);
        if (isBusy) {
          done++;
          onProgress({ done, total, failures });
        }
        const job = performance.now() < untilMs ? mixed[next++] : undefined;
        isBusy = job !== undefined;
        if (job) child.send(job);
        else child.kill();
      });
      child.on('error', reject);
      child.on('exit', () =>
        isBusy ? reject(new Error('a process that scores ended in the middle of a scenario')) : resolve(),
      );
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), total) }, work));
  return { done, total, failures };
}
