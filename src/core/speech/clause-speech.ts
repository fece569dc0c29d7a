import { defer, type SchedulerLike, Subscription } from 'rxjs';
import { durationMs } from '../audio/audio-frame.js';
import { isVoiceError, SpeechError } from '../errors.js';
import type { SpokenFrame, Synthesizer } from '../ports/synthesizer.js';
import type { Clause } from './clause-step.js';

/** A clause is asked for again once: a child process that died is there again at the next request. */
const maxTries = 2;
/** More audio than this of one clause is no speech. Units: ms. */
const maxClauseAudioMs = 120_000;

/** One clause on its way to speech. */
export interface ClauseSpeech {
  readonly clause: Clause;
  /** Counts the clauses of a reply from 1. */
  readonly number: number;
  readonly phase: 'waiting' | 'asked' | 'spoken' | 'failed';
  /** Why it failed. */
  readonly error: unknown;
  /** Audio that waits for its turn. Units: ms. */
  readonly heldMs: number;
  /** When it last gave a sign: asked for, or a frame. */
  readonly lastSignMs: number;
  /** Ask the synthesizer. */
  ask(): void;
  /** The next frame that waits. */
  shift(): SpokenFrame | undefined;
  /** It was silent for too long. */
  giveUp(timeoutMs: number): void;
  /** Nobody wants it any more. */
  stop(): void;
}

export interface ClauseSpeechInput {
  readonly clause: Clause;
  readonly number: number;
  readonly synthesizer: Synthesizer;
  readonly scheduler: SchedulerLike;
  /** There is something new about it. */
  readonly changed: () => void;
}

/** What cannot be said at all is not asked for again; what broke is. */
const isWorthRetrying = (error: unknown) => !isVoiceError(error) || error.retryable;

export function createClauseSpeech({
  clause,
  number,
  synthesizer,
  scheduler,
  changed,
}: ClauseSpeechInput): ClauseSpeech {
  const frames: SpokenFrame[] = [];
  let phase: ClauseSpeech['phase'] = clause.spoken === '' ? 'spoken' : 'waiting';
  let error: unknown;
  let heldMs = 0;
  let givenMs = 0;
  let lastSignMs = scheduler.now();
  let tries = 0;
  let asking = Subscription.EMPTY;

  const forgetUnheard = () => {
    frames.length = 0;
    heldMs = 0;
  };
  const settle = (to: 'spoken' | 'failed', why?: unknown) => {
    phase = to;
    error = why;
    if (to === 'failed') forgetUnheard();
    asking.unsubscribe();
    changed();
  };
  const fail = (why: unknown) => {
    if (tries >= maxTries || !isWorthRetrying(why)) {
      settle('failed', why);
      return;
    }
    // What was given out stays; a person who is interrupted begins again, too.
    forgetUnheard();
    // Not before the voice is done with this one.
    asking.unsubscribe();
    asking = scheduler.schedule(() => {
      phase = 'waiting';
      changed();
    });
  };
  const take = (frame: SpokenFrame) => {
    if (frame.samplesPerChannel <= 0) return;
    const frameMs = durationMs(frame);
    givenMs += frameMs;
    lastSignMs = scheduler.now();
    if (givenMs > maxClauseAudioMs) {
      settle(
        'failed',
        new SpeechError(
          'SYNTHESIS_FAILED',
          `the voice gave more than ${maxClauseAudioMs / 1000} s of audio for ${clause.spoken.length} letters; check the synthesizer`,
        ),
      );
      return;
    }
    frames.push(frame);
    heldMs += frameMs;
    changed();
  };
  const ask = () => {
    asking.unsubscribe();
    // A voice that answers at once must be able to be stopped while it does.
    const current = new Subscription();
    asking = current;
    phase = 'asked';
    tries += 1;
    givenMs = 0;
    lastSignMs = scheduler.now();
    const isCurrent = () => asking === current && phase === 'asked' && !current.closed;
    current.add(
      defer(() => synthesizer.synthesize(clause.spoken)).subscribe({
        next: (frame) => isCurrent() && take(frame),
        error: (why) => isCurrent() && fail(why),
        complete: () => {
          if (!isCurrent()) return;
          if (givenMs > 0) settle('spoken');
          else fail(new SpeechError('SYNTHESIS_FAILED', 'the voice gave no audio; check the synthesizer'));
        },
      }),
    );
  };

  return {
    clause,
    number,
    get phase() {
      return phase;
    },
    get error() {
      return error;
    },
    get heldMs() {
      return heldMs;
    },
    get lastSignMs() {
      return lastSignMs;
    },
    ask,
    shift() {
      const frame = frames.shift();
      if (frame) heldMs -= durationMs(frame);
      return frame;
    },
    giveUp(timeoutMs) {
      if (phase !== 'asked') return;
      settle(
        'failed',
        new SpeechError(
          'SYNTHESIS_FAILED',
          `the voice was silent for ${timeoutMs} ms; it is asked again for the next clause`,
          {
            retryable: true,
          },
        ),
      );
    },
    stop() {
      asking.unsubscribe();
      phase = 'failed';
      forgetUnheard();
    },
  };
}
