/** Scores the scenarios that it is sent, in a process of its own at the lowest priority. */
import { setPriority } from 'node:os';
import { gatherCorpus } from './corpus.js';
import { type FrontEnd, type FrontEndUse, hearScene, loadScorer, openFrontEnd } from './hear-scene.js';
import type { Scenario } from './scenarios.js';
import { createScene } from './scene.js';
import { openScoreCache } from './score-cache.js';

/** One scenario, and the front ends that are still to be scored. */
export interface ScoreJob {
  readonly scenario: Scenario;
  readonly frontEnds: readonly FrontEnd[];
}

/** What a worker answers: that it is ready for a job, or why it could not do one. */
export type ScoreAnswer = { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };

setPriority(19);
const corpus = gatherCorpus();
const cache = openScoreCache(corpus.fingerprint);
const scorer = await loadScorer();
const answer = (message: ScoreAnswer) => process.send?.(message);

process.on('message', async ({ scenario, frontEnds }: ScoreJob) => {
  try {
    const scene = createScene(scenario, corpus);
    cache.writeMarks(scenario, scene);
    for (const frontEnd of frontEnds) {
      // A module of its own for each scenario: nothing learnt goes from one to the next.
      const use: FrontEndUse = await openFrontEnd(frontEnd);
      try {
        cache.writeScores(scenario, frontEnd, await hearScene(scenario, scene, use, scorer));
      } finally {
        use.close();
      }
    }
    answer({ type: 'ready' });
  } catch (error) {
    answer({ type: 'failed', message: `${scenario.id}: ${String(error)}` });
  }
});
answer({ type: 'ready' });
