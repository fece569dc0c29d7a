import type { EchoDiagnosis } from '../../ports/echo-diagnosis.js';

/** What the state and the confidence follow from. */
export interface PathKnowledge {
  readonly isEchoPossible: boolean;
  readonly convergence: number;
  readonly resemblance: number;
  readonly isEchoSuspected: boolean;
  readonly pathChanges: number;
}

/** Resemblance from which a surprise counts as echo, and at which it surely is. */
const suspectedResemblance = 0.35;
const certainResemblance = 0.55;

/** The judgement that a diagnosis gives. */
export function judgePath(path: PathKnowledge): Pick<EchoDiagnosis, 'state' | 'confidence'> {
  if (!path.isEchoPossible) return { state: 'no-echo', confidence: 1 };
  const suspicion = path.isEchoSuspected
    ? Math.min(1, (path.resemblance - suspectedResemblance) / (certainResemblance - suspectedResemblance))
    : 0;
  const confidence = Math.max(0, path.convergence * (1 - suspicion));
  if (path.convergence === 1 && !path.isEchoSuspected) return { state: 'ready', confidence };
  const wasKnown = path.pathChanges > 0 || path.convergence === 1;
  return { state: wasKnown ? 'changed' : 'learning', confidence };
}
