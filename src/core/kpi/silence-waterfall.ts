import type { PipelineEvent } from '../pipeline/pipeline-event.js';
import type { SilenceStages } from './kpi-event.js';

/** A barge-in, from the onset to the silence. Units: ms. */
export interface MeasuredBargeIn {
  readonly by: 'speech' | 'press';
  readonly totalMs: number;
  readonly stagesMs: SilenceStages;
}

interface BargeInMade {
  readonly by: 'speech' | 'press';
  readonly onsetMs: number;
  readonly atMs: number;
}

/** Follows one onset after the other. */
export interface SilenceWaterfall {
  next(event: PipelineEvent): MeasuredBargeIn | undefined;
}

/**
 * Follows what happens between an onset and the silence it brings.
 *
 * ```text
 *  onset  speech-started  speech-confirmed   its score    decision   barge-in   silenced
 *    |-- detector --|------- gate ------|---- loop ----|-- gate --|-- queue --|-- device --|
 * ```
 *
 * The times of speech are those of the audio; the score, the decision and the barge-in are when they were there. The second part of
 * the gate is what was waited for first words. A step that was not seen takes no time: the next one has it.
 */
export function createSilenceWaterfall(): SilenceWaterfall {
  let scored = { endMs: Number.NaN, atMs: Number.NaN };
  let started = { onsetMs: Number.NaN, atMs: Number.NaN };
  let confirmed = { onsetMs: Number.NaN, atMs: Number.NaN, scoredMs: Number.NaN };
  let decidedMs = Number.NaN;
  let silencedMs: number | undefined;
  /** Told before its silence was. */
  let waiting: BargeInMade | undefined;

  const measure = ({ by, onsetMs, atMs }: BargeInMade, silentMs: number): MeasuredBargeIn => {
    let before = onsetMs;
    /** How long after the step before; one that is not known, or out of order, was there at once. */
    const since = (ms: number): number => {
      const reached = Number.isNaN(ms) ? before : Math.min(Math.max(before, ms), Math.max(before, silentMs));
      const lasted = reached - before;
      before = reached;
      return lasted;
    };
    const isSpeech = by === 'speech';
    const detector = since(isSpeech && started.onsetMs === onsetMs ? started.atMs : Number.NaN);
    const isConfirmed = isSpeech && confirmed.onsetMs === onsetMs;
    const evidence = since(isConfirmed ? confirmed.atMs : Number.NaN);
    // A button is not scored: what lies between the press and the decision is the loop.
    const loop = since(isSpeech ? (isConfirmed ? confirmed.scoredMs : Number.NaN) : decidedMs);
    const held = since(decidedMs);
    const queue = since(atMs);
    const device = since(silentMs);
    return {
      by,
      totalMs: before - onsetMs,
      stagesMs: { detector, gate: evidence + held, loop, queue, device },
    };
  };

  return {
    next(event) {
      switch (event.type) {
        case 'speech-probability':
          scored = { endMs: event.endMs, atMs: event.atMs };
          return undefined;
        case 'speech-started':
          started = { onsetMs: event.onsetMs, atMs: event.atMs };
          return undefined;
        case 'speech-confirmed': {
          const { onsetMs, atMs } = event;
          // Its window was scored last, and its score told just before.
          const isScored = Math.abs(scored.endMs - atMs) < 1;
          confirmed = { onsetMs, atMs, scoredMs: isScored ? scored.atMs : Number.NaN };
          return undefined;
        }
        case 'state-changed':
          if (event.cause !== 'speech-confirmed' && event.cause !== 'floor-taken') return undefined;
          decidedMs = event.atMs;
          silencedMs = undefined;
          waiting = undefined;
          return undefined;
        case 'silenced': {
          silencedMs = event.atMs;
          if (!waiting) return undefined;
          const measured = measure(waiting, silencedMs);
          waiting = undefined;
          return measured;
        }
        case 'barge-in': {
          // Who goes on while nothing is heard silences nothing.
          if (event.replyId === null && event.fillerId === null) return undefined;
          if (silencedMs !== undefined) return measure(event, silencedMs);
          waiting = event;
          return undefined;
        }
        default:
          return undefined;
      }
    },
  };
}
