import type { EchoDiagnosis } from '../../ports/echo-diagnosis.js';

/** What the state and the confidence follow from. */
export interface PathKnowledge {
  readonly isEchoPossible: boolean;
  readonly convergence: number;
  readonly suspicion: number;
  readonly remainder: number;
  readonly isQuestioned: boolean;
  readonly pathChanges: number;
}

/** From this on what is left over is rather echo than speech. */
const strongSuspicion = 0.5;

/**
 * What a remainder takes from the confidence at most. A door that opens leaves an echo of 15 dB less for half a second, which is what was to be
 * expected then, and sounds like somebody who talks. It is less than what would make a person who begins to talk wait for a second opinion.
 */
const doubtOfRemainder = 0.4;

/** The judgement that a diagnosis gives. */
export function judgePath(path: PathKnowledge): Pick<EchoDiagnosis, 'state' | 'confidence'> {
  if (!path.isEchoPossible) return { state: 'no-echo', confidence: 1 };
  const confidence = path.isQuestioned
    ? 0
    : path.convergence * (1 - path.suspicion) * (1 - doubtOfRemainder * path.remainder);
  const isDoubted = path.isQuestioned || path.suspicion >= strongSuspicion;
  if (path.convergence === 1 && !isDoubted) return { state: 'ready', confidence };
  const wasKnown = path.pathChanges > 0 || path.convergence === 1;
  return { state: wasKnown ? 'changed' : 'learning', confidence };
}
