import { Observable, type SchedulerLike } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat } from '../../src/core/audio/audio-frame.js';
import { SpeechError } from '../../src/core/errors.js';
import type { SpokenFrame, Synthesizer } from '../../src/core/ports/synthesizer.js';

/** How a voice does with one text, each time it is asked for it. */
export interface VoiceTurn {
  /** From the request to the first frame. Units: ms. */
  readonly afterMs?: number;
  /** Frames that come. */
  readonly frames?: number;
  readonly frameMs?: number;
  /** Between two frames. Units: ms. */
  readonly gapMs?: number;
  /** Its frames are a signal, and no speech. */
  readonly saysNothing?: true;
  /** How it ends, behind the last frame. */
  readonly end?: 'complete' | 'breaks' | 'refuses' | 'silence';
}

export interface FakeVoice extends Synthesizer {
  /** Texts in the order they were asked for; a text asked for twice stands there twice. */
  readonly asked: readonly string[];
  /** The most that were under way at a time, and how many are now. */
  readonly most: number;
  readonly open: number;
  /** Which request a frame answers, as an index of `asked`. */
  requestOf(frame: AudioFrame): number;
  /** The text that a frame says. */
  said(frame: AudioFrame): string | undefined;
}

/** A voice in the time of a scheduler whose every sample tells which request it answers. A delay of 0 answers within the call. */
export function fakeVoice(
  scheduler: SchedulerLike,
  turnOf: (text: string, attempt: number) => VoiceTurn = () => ({}),
  {
    engine = 'fake',
    format = { sampleRateHz: 8000, channels: 1 },
  }: { engine?: string; format?: PcmFormat } = {},
): FakeVoice {
  const asked: string[] = [];
  let open = 0;
  let most = 0;
  const requestOf = ({ samples }: AudioFrame) => Math.round((samples[0] ?? 0) * 10_000) - 1;

  return {
    format,
    engine,
    voice: 'nobody',
    speed: 1,
    asked,
    get most() {
      return most;
    },
    get open() {
      return open;
    },
    requestOf,
    said: (frame) => asked[requestOf(frame)],
    synthesize: (text) =>
      new Observable<SpokenFrame>((subscriber) => {
        const attempt = asked.filter((other) => other === text).length + 1;
        const value = asked.push(text) / 10_000;
        const turn = turnOf(text, attempt);
        const { afterMs = 0, frames = 2, frameMs = 100, gapMs = 0, end = 'complete', saysNothing } = turn;
        open += 1;
        most = Math.max(most, open);
        subscriber.add(() => {
          open -= 1;
        });
        const samples = Math.round((frameMs * format.sampleRateHz) / 1000) * format.channels;
        const finish = () => {
          if (end === 'complete') subscriber.complete();
          else if (end !== 'silence')
            subscriber.error(
              new SpeechError('SYNTHESIS_FAILED', 'the fake broke off', { retryable: end === 'breaks' }),
            );
        };
        const give = (index: number) => {
          if (index >= frames) {
            finish();
            return;
          }
          const frame = audioFrame(format, new Float32Array(samples).fill(value), index * frameMs);
          subscriber.next(saysNothing ? { ...frame, saysNothing } : frame);
          later(gapMs, () => give(index + 1));
        };
        const later = (ms: number, work: () => void) => {
          if (subscriber.closed) return;
          if (ms === 0) work();
          else subscriber.add(scheduler.schedule(work, ms));
        };
        later(afterMs, () => give(0));
      }),
  };
}
