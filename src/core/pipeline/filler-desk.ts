import { type SchedulerLike, Subscription } from 'rxjs';
import { durationMs } from '../audio/audio-frame.js';
import { findPauses } from '../audio/levels.js';
import { toMono } from '../audio/mix.js';
import {
  type FillerInput,
  type FillerOptions,
  initialFillerMemory,
  stepFiller,
} from '../conversation/filler-policy.js';
import type { PlayoutCommand } from '../playout/playout-types.js';
import type { FillerClip } from '../ports/filler-library.js';
import type { TurnRevision } from '../ports/upstream.js';
import type { UnstampedEvent } from './pipeline-event.js';

interface LoadedClip {
  readonly clip: FillerClip;
  readonly pausesMs: readonly number[];
}

export interface FillerDeskInput {
  readonly scheduler: SchedulerLike;
  readonly options: FillerOptions;
  readonly play: (command: PlayoutCommand) => void;
  readonly due: (turn: TurnRevision, fillerId: string) => void;
  readonly tell: (event: UnstampedEvent) => void;
}

/** Runs the filler policy: its clock, its clips, and the speaking of the one it chose. */
export interface FillerDesk {
  load(clips: readonly FillerClip[]): void;
  /** A turn was sent. */
  await(turn: TurnRevision): void;
  /** First audio of the answer. */
  answered(): void;
  /** The turn will not be answered. */
  abandon(): void;
  /** Speak the one that was due. */
  speak(turnId: string, fillerId: string): void;
  close(): void;
}

export function createFillerDesk({ scheduler, options, play, due, tell }: FillerDeskInput): FillerDesk {
  let clips: readonly LoadedClip[] = [];
  let memory = initialFillerMemory;
  let turn: TurnRevision | undefined;
  let look = Subscription.EMPTY;
  let spoken = 0;

  const step = (fillerInput: FillerInput) => {
    const choices = clips.map(({ clip }) => ({ clipId: clip.fillerId, durationMs: durationMs(clip.audio) }));
    const next = stepFiller(memory, fillerInput, choices, options);
    memory = next.memory;
    for (const output of next.outputs) {
      switch (output.type) {
        case 'look-again':
          look.unsubscribe();
          look = scheduler.schedule(
            () => step({ type: 'looked', atMs: scheduler.now() }),
            output.atMs - scheduler.now(),
          );
          break;
        case 'held-back':
          tell({ type: 'filler-held-back', turnId: output.turnId, reason: output.reason });
          break;
        case 'speak':
          spoken += 1;
          if (turn) due(turn, `${output.clipId}#${spoken}`);
      }
    }
  };
  const leave = (fillerInput: FillerInput) => {
    look.unsubscribe();
    step(fillerInput);
  };

  return {
    load(loaded) {
      clips = loaded.map((clip) => ({
        clip,
        pausesMs: findPauses(
          toMono(clip.audio.samples, clip.audio.format.channels),
          clip.audio.format.sampleRateHz,
        ),
      }));
    },
    await(awaited) {
      turn = awaited;
      step({ type: 'wait-began', turnId: awaited.turnId, atMs: scheduler.now() });
    },
    answered: () => leave({ type: 'wait-ended', atMs: scheduler.now() }),
    abandon: () => leave({ type: 'wait-abandoned' }),
    speak(turnId, fillerId) {
      const clipId = fillerId.slice(0, fillerId.lastIndexOf('#'));
      const found = clips.find(({ clip }) => clip.fillerId === clipId);
      if (!found) return;
      const owner = { kind: 'filler', id: fillerId } as const;
      tell({ type: 'filler-spoken', turnId, fillerId, text: found.clip.text });
      play({ type: 'play', owner, frame: found.clip.audio, pausesMs: found.pausesMs });
      play({ type: 'end', owner });
    },
    close: () => look.unsubscribe(),
  };
}
