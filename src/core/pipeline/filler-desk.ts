import { type SchedulerLike, Subscription } from 'rxjs';
import { type AudioFrame, audioFrame, durationMs } from '../audio/audio-frame.js';
import { findPauses } from '../audio/levels.js';
import { toMono } from '../audio/mix.js';
import { chooseApology, type FillerChoice } from '../conversation/filler-choice.js';
import {
  type FillerInput,
  type FillerOptions,
  type FillerOutput,
  initialFillerMemory,
  stepFiller,
} from '../conversation/filler-policy.js';
import { turnContextOf } from '../conversation/turn-context.js';
import type { PlayoutCommand } from '../playout/playout-types.js';
import type { FillerClip } from '../ports/filler-library.js';
import type { TurnRevision } from '../ports/upstream.js';
import type { UnstampedEvent } from './pipeline-event.js';

interface LoadedClip {
  readonly clip: FillerClip;
  readonly choice: FillerChoice;
  /** Mixed down ahead: what is played is mono, and this is no work for the moment in which it is to be heard. */
  readonly frame: AudioFrame;
  readonly pausesMs: readonly number[];
}

type Proposal = Omit<Extract<FillerOutput, { readonly type: 'speak' }>, 'type' | 'turnId' | 'expectedMs'> & {
  readonly expectedMs: number | null;
  readonly fillerId: string;
};

export interface FillerDeskInput {
  readonly scheduler: SchedulerLike;
  readonly options: FillerOptions;
  readonly play: (command: PlayoutCommand) => void;
  /** One may be spoken; it is, if `speak` is called in return. */
  readonly due: (turn: TurnRevision, fillerId: string) => void;
  /** As `due`, of an apology. */
  readonly apologyDue: (turnId: string, fillerId: string) => void;
  /** It cannot be spoken after all. */
  readonly ended: (fillerId: string) => void;
  readonly tell: (event: UnstampedEvent) => void;
}

/** Runs the filler policy: its clock, its clips, and the speaking of the one it chose. */
export interface FillerDesk {
  load(clips: readonly FillerClip[]): void;
  /** So much of what the user says is known. */
  understood(turnId: string, text: string): void;
  /** A turn was sent. */
  await(turn: TurnRevision): void;
  /** First audio of the answer. */
  answered(): void;
  /** The turn will not be answered. */
  abandon(): void;
  /** Ask to say that the service cannot be reached. @returns false when there is nothing to say it with. */
  apologise(turnId: string): boolean;
  /** Speak the one that was due. */
  speak(turnId: string, fillerId: string): void;
  close(): void;
}

export function createFillerDesk(input: FillerDeskInput): FillerDesk {
  const { scheduler, options, play, due, tell } = input;
  let clips: readonly LoadedClip[] = [];
  let memory = initialFillerMemory;
  let turn: TurnRevision | undefined;
  let look = Subscription.EMPTY;
  let isClosed = false;
  let numbered = 0;
  /** What was asked for last. */
  let proposal: Proposal | undefined;

  const propose = (proposed: Omit<Proposal, 'fillerId'>): string => {
    numbered += 1;
    const fillerId = `${proposed.clipId}#${numbered}`;
    proposal = { ...proposed, fillerId };
    return fillerId;
  };
  const step = (fillerInput: FillerInput) => {
    const choices = clips.map(({ choice }) => choice);
    const next = stepFiller(memory, fillerInput, choices, options);
    memory = next.memory;
    for (const output of next.outputs) {
      // Whoever was told of the one before may have left.
      if (isClosed) return;
      switch (output.type) {
        case 'look-again':
          look.unsubscribe();
          look = scheduler.schedule(
            () => step({ type: 'looked', atMs: scheduler.now() }),
            output.atMs - scheduler.now(),
          );
          break;
        case 'held-back': {
          const { turnId, reason, expectedMs } = output;
          tell({ type: 'filler-held-back', turnId, reason, expectedMs });
          break;
        }
        case 'speak':
          if (turn) due(turn, propose(output));
      }
    }
  };
  const leave = (fillerInput: FillerInput) => {
    look.unsubscribe();
    step(fillerInput);
  };

  return {
    load(loaded) {
      clips = loaded.map((clip) => {
        const { samples, format } = clip.audio;
        const { sampleRateHz } = format;
        const mono = toMono(samples, format.channels);
        return {
          clip,
          choice: {
            clipId: clip.fillerId,
            durationMs: durationMs(clip.audio),
            contexts: clip.contexts ?? [],
          },
          frame: audioFrame({ sampleRateHz, channels: 1 }, mono, 0),
          pausesMs: findPauses(mono, sampleRateHz),
        };
      });
    },
    understood: (turnId, text) => step({ type: 'understood', turnId, context: turnContextOf(text) }),
    await(awaited) {
      turn = awaited;
      step({ type: 'wait-began', turnId: awaited.turnId, atMs: scheduler.now() });
    },
    answered: () => leave({ type: 'wait-ended', atMs: scheduler.now() }),
    abandon: () => leave({ type: 'wait-abandoned' }),
    apologise(turnId) {
      const choices = clips.map(({ choice }) => choice);
      const clipId = chooseApology(choices, memory.spokenOrder);
      if (clipId === undefined) return false;
      input.apologyDue(turnId, propose({ clipId, context: 'apology', expectedMs: null, nth: 0 }));
      return true;
    },
    speak(turnId, fillerId) {
      const found = clips.find(({ clip }) => clip.fillerId === proposal?.clipId);
      if (!found || proposal?.fillerId !== fillerId) {
        input.ended(fillerId);
        return;
      }
      const { clipId, context, expectedMs, nth } = proposal;
      step({ type: 'spoken', turnId, clipId });
      const owner = { kind: 'filler', id: fillerId } as const;
      tell({ type: 'filler-spoken', turnId, fillerId, text: found.clip.text, context, expectedMs, nth });
      if (isClosed) return;
      play({ type: 'play', owner, frame: found.frame, pausesMs: found.pausesMs });
      play({ type: 'end', owner });
    },
    close() {
      isClosed = true;
      look.unsubscribe();
    },
  };
}
