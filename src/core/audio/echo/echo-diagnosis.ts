import type { EchoDiagnosis } from '../../ports/echo-diagnosis.js';

/** What the state and the confidence follow from. */
export interface PathKnowledge {
  readonly isEchoPossible: boolean;
  readonly convergence: number;
  readonly suspicion: number;
  readonly isQuestioned: boolean;
  readonly pathChanges: number;
}

/** From this on what is left over is rather echo than speech. */
const strongSuspicion = 0.5;

/** The judgement that a diagnosis gives. */
export function judgePath(path: PathKnowledge): Pick<EchoDiagnosis, 'state' | 'confidence'> {
  if (!path.isEchoPossible) return { state: 'no-echo', confidence: 1 };
  const confidence = path.isQuestioned ? 0 : path.convergence * (1 - path.suspicion);
  const isDoubted = path.isQuestioned || path.suspicion >= strongSuspicion;
  if (path.convergence === 1 && !isDoubted) return { state: 'ready', confidence };
  const wasKnown = path.pathChanges > 0 || path.convergence === 1;
  return { state: wasKnown ? 'changed' : 'learning', confidence };
}
