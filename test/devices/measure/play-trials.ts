import { setTimeout as sleep } from 'node:timers/promises';
import { type AudioSink, audioFrame } from '../../../src/index.js';
import { countedAudio, type Take, takeAfter } from './counted-audio.js';

/** What is done to a stretch of audio once it has played for a while, and when the next one is written. */
export interface Trial {
  /** `end`: nothing, it plays to its end. */
  readonly endsBy: 'hard' | 'soft' | 'end';
  readonly playMs: number;
  /** From the flush, or the end, to the next write; 0 is in the same breath. */
  readonly restMs: number;
}

/** What was done, and what the sink said of it. Numbers are sample frames of the audio, times ms of `performance.now()`. */
export interface PlayedTrial extends Trial {
  readonly take: Take;
  /** Number of its first sample. */
  readonly from: number;
  readonly frames: number;
  readonly writtenAtMs: number;
  /** When the flush was called, and when it was back. Undefined where there was none. */
  readonly flush?: { readonly calledAtMs: number; readonly backAtMs: number };
  /** Where the next one continues. */
  readonly next: number;
  /** When the next one was about to be written. */
  readonly overAtMs: number;
}

/** What `position()` said at a time. */
export interface Claim {
  readonly atMs: number;
  readonly heardMs: number;
}

/** Written beyond what is going to be played, so that there is something to take back. Units: ms. */
const beyondMs = 350;
/** Units: ms. */
const claimEveryMs = 10;

/** Plays one trial after the other, asking for the position all the time. Every trial continues where the sink says that it is. */
export async function playTrials(
  sink: AudioSink,
  trials: Iterable<Trial>,
): Promise<{ readonly played: readonly PlayedTrial[]; readonly claims: readonly Claim[] }> {
  const { sampleRateHz } = sink.format;
  const claims: Claim[] = [];
  const played: PlayedTrial[] = [];
  const claim = (): void => {
    // Both reads take microseconds; in between lies what is claimed.
    const { heardMs } = sink.position();
    claims.push({ atMs: performance.now(), heardMs });
  };
  const asking = setInterval(claim, claimEveryMs);
  try {
    let take: Take = 0;
    let next = Math.round((sink.position().heardMs * sampleRateHz) / 1000);
    for (const trial of trials) {
      const { endsBy, playMs, restMs } = trial;
      const from = next;
      const frames = Math.round(((playMs + (endsBy === 'end' ? 0 : beyondMs)) * sampleRateHz) / 1000);
      const samples = countedAudio(from, frames, take);
      const writtenAtMs = performance.now();
      sink.write(audioFrame(sink.format, samples, 0));
      await sleep(playMs);
      claim();
      let flush: PlayedTrial['flush'];
      if (endsBy !== 'end') {
        const calledAtMs = performance.now();
        const { heardMs } = sink.flush(endsBy);
        flush = { calledAtMs, backAtMs: performance.now() };
        next = Math.round((heardMs * sampleRateHz) / 1000);
      } else {
        next = from + frames;
      }
      claim();
      if (restMs > 0) await sleep(restMs);
      const overAtMs = performance.now();
      played.push({ ...trial, take, from, frames, writtenAtMs, next, overAtMs, ...(flush && { flush }) });
      take = takeAfter(take);
    }
  } finally {
    clearInterval(asking);
  }
  return { played, claims };
}
