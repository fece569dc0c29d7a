import type { EchoDiagnosis } from '../ports/echo-diagnosis.js';
import type { SpeechOpinions } from './combine-speech.js';

/** What an echo canceller said of the last second. */
export interface EchoRecord {
  add(diagnosis: EchoDiagnosis): void;
  /** It says no more: an echo is possible from now on. */
  end(): void;
  /** What it said of a stretch of time: the worst counts. */
  over(startMs: number, endMs: number): Pick<SpeechOpinions, 'confidence' | 'isEchoPossible'>;
  /** Whether an echo was possible when it last said something; also when it never did, or says no more. */
  readonly isEchoPossible: boolean;
}

/** Frames may come by the millisecond; more than a second of them is never asked for. */
const maxKept = 1024;
const keptMs = 1000;

/** Remembers diagnoses for as long as windows of their time may still be judged. */
export function createEchoRecord(): EchoRecord {
  let kept: EchoDiagnosis[] = [];
  let isOver = false;

  return {
    add(diagnosis) {
      const oldest = kept[0];
      kept.push(diagnosis);
      if (oldest && (kept.length > maxKept || diagnosis.timestampMs - oldest.timestampMs > 2 * keptMs)) {
        kept = kept
          .slice(-maxKept / 2)
          .filter(({ timestampMs }) => diagnosis.timestampMs - timestampMs <= keptMs);
      }
    },
    end() {
      isOver = true;
    },
    over(startMs, endMs) {
      let confidence: number | undefined;
      let isEchoPossible = false;
      for (let i = kept.length - 1; i >= 0; i--) {
        const said = kept[i] as EchoDiagnosis;
        if (said.timestampMs + said.durationMs <= startMs) break;
        if (said.timestampMs >= endMs) continue;
        confidence = Math.min(confidence ?? 1, said.confidence);
        isEchoPossible ||= said.state !== 'no-echo';
      }
      return confidence === undefined ? { isEchoPossible: true } : { confidence, isEchoPossible };
    },
    get isEchoPossible() {
      return isOver || kept.at(-1)?.state !== 'no-echo';
    },
  };
}
