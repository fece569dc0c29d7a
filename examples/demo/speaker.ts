import type { PipelineEvent } from 'earshot';
import type { Observable, SchedulerLike, Unsubscribable } from 'rxjs';
import type { Cue } from './dialogue.js';
import type { Spoken } from './stage/stage.js';

/** A cue that was said, and when. */
export interface Said extends Spoken {
  readonly cue: Cue;
}

export interface SpeakerInput {
  readonly cues: readonly Cue[];
  /** Is told what was said, as it is said. */
  readonly said: Said[];
  readonly scheduler: SchedulerLike;
  /** Says it in front of the microphone; emits when it is known from when to when. */
  readonly say: (samples: Float32Array) => Observable<Spoken>;
  /** Everything was said and answered; or a cue never came to its turn. */
  readonly done: (missed: Cue | undefined) => void;
  /** Something could not be said. */
  readonly failed: (error: unknown) => void;
}

/** A person in front of the loudspeaker: listens, and says the next thing when its moment has come. */
export interface Speaker {
  hear(event: PipelineEvent): void;
  /** Goes away, and leaves nothing scheduled. */
  stop(): void;
}

/** Longest wait for the moment of a cue, or for the last answer. Units: ms. */
const patienceMs = 40_000;
/** The loop must rest so long after the last answer. Units: ms. */
const restMs = 800;

export function createSpeaker({ cues, said, scheduler, say, done, failed }: SpeakerInput): Speaker {
  let next = 0;
  let planned = false;
  let idle = true;
  /** Nothing is said on top of what is still being said. */
  let speakingUntilMs = 0;
  let watchdog = scheduler.schedule(() => done(cues[next]), patienceMs);
  let plannedAction: Unsubscribable | undefined;
  let saying: Unsubscribable | undefined;

  const plan = (atMs: number, action: () => void) => {
    planned = true;
    plannedAction = scheduler.schedule(action, Math.max(0, atMs - scheduler.now()));
  };
  const speak = (cue: Cue) => {
    planned = false;
    next += 1;
    idle = false;
    speakingUntilMs = Infinity;
    watchdog.unsubscribe();
    saying = say(cue.samples).subscribe({
      next({ startMs, endMs }) {
        said.push({ cue, startMs, endMs });
        speakingUntilMs = endMs;
        watchdog = scheduler.schedule(() => done(cues[next]), endMs - scheduler.now() + patienceMs);
      },
      error: failed,
    });
  };
  const finish = () => {
    planned = false;
    if (!idle) return;
    watchdog.unsubscribe();
    done(undefined);
  };
  const moment = (name: Cue['when']['after'], atMs: number) => {
    const cue = cues[next];
    if (planned || atMs < speakingUntilMs) return;
    if (cue?.when.after === name) plan(atMs + cue.when.delayMs, () => speak(cue));
    else if (!cue && name === 'idle') plan(atMs + restMs, finish);
  };

  return {
    hear(event) {
      if (event.type === 'device-opened' && event.device === 'microphone' && idle) moment('idle', event.atMs);
      if (event.type === 'state-changed') {
        idle = event.state.name === 'idle';
        if (idle) moment('idle', event.atMs);
      }
      if (event.type === 'playout-started') moment(`${event.owner.kind}-heard`, event.atMs);
    },
    stop() {
      watchdog.unsubscribe();
      plannedAction?.unsubscribe();
      saying?.unsubscribe();
    },
  };
}
