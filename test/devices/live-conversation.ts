import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AudioFrame,
  type AudioSource,
  audioFrame,
  createVoicePipeline,
  type DeviceRole,
  type Loudspeaker,
  type PipelineEvent,
} from 'earshot';
import { monotonicScheduler } from 'earshot/devices/clock';
import { levelDetector, scriptedUpstream, spokenSentence, tone } from 'earshot/testing';
import { BehaviorSubject, concatMap, first, map, type SchedulerLike, tap } from 'rxjs';
import { answerHz, answerIn } from './find-answer.js';
import type { Place } from './places.js';
import { waitUntil } from './wait-until.js';

/** Monotonic, and the clock that recordings of a kiosk are timed with. */
export const recordedClock: SchedulerLike = { ...monotonicScheduler(), now: () => performance.now() };

/** An answer that is just long enough to be told from a click. Units: ms. */
const shortMs = 250;
/** How much of an answer has to be heard; the rest may be lost to a machine that stalls. */
const heardShare = 0.6;
/** Captured audio that is kept. Units: frames, of 10 ms. */
const framesKept = 150;

type Named<Type extends PipelineEvent['type']> = Extract<PipelineEvent, { readonly type: Type }>;

/** A pipeline at work on real devices, with somebody to talk to it. */
export interface LiveConversation {
  /** Without levels and probabilities. */
  readonly events: readonly PipelineEvent[];
  /** The latest second and a half of what was captured. */
  readonly frames: readonly AudioFrame[];
  of<Type extends PipelineEvent['type']>(type: Type, sinceMs?: number): readonly Named<Type>[];
  /** When a frame came first after an instant; undefined when none did. Looks back over what is kept. */
  firstFrameAfter(ms: number): number | undefined;
  isOpen(device: DeviceRole): boolean;
  /** Both devices are open. */
  opened(): Promise<void>;
  /** Somebody says something, and it went up. The answer will last `answerMs`. */
  ask(answerMs: number): Promise<void>;
  /** Whether the service keeps its answers to itself. */
  hold(isHeld: boolean): void;
  /** The answer to the latest question was heard to its end. */
  answered(): Promise<void>;
  /** A question and its answer. Resolves when it was heard; rejects with what was missing. */
  converse(): Promise<void>;
  close(): void;
}

export function startConversation(
  place: Place,
  devices: { readonly microphone: AudioSource; readonly loudspeaker: Loudspeaker },
): LiveConversation {
  let durationMs = 0;
  const isHeld$ = new BehaviorSubject(false);
  const events: PipelineEvent[] = [];
  const frames: AudioFrame[] = [];
  const arrivals: number[] = [];
  let end: unknown;
  let askedMs = 0;
  const { microphone, loudspeaker } = devices;
  const upstream = scriptedUpstream({
    scheduler: recordedClock,
    accepts: 'audio',
    answer: () => [
      ...spokenSentence({
        text: 'Hello.',
        audio: audioFrame(
          { sampleRateHz: 48_000, channels: 1 },
          tone({ sampleRateHz: 48_000, frequencyHz: answerHz, durationMs }),
          0,
        ),
        deliveryRate: 10,
      }),
      { type: 'end' },
    ],
  });
  const pipeline = createVoicePipeline(
    {
      microphone: {
        ...microphone,
        capture: () =>
          microphone.capture().pipe(
            tap((frame) => {
              frames.push(frame);
              arrivals.push(performance.now());
              if (frames.length > framesKept) {
                frames.shift();
                arrivals.shift();
              }
            }),
          ),
      },
      loudspeaker,
      detector: levelDetector(),
      upstream: {
        ...upstream,
        openSession: (requests$) =>
          upstream.openSession(requests$).pipe(
            concatMap((event) =>
              isHeld$.pipe(
                first((isHeld) => !isHeld),
                // Nothing cancels echoes, and somebody may speak again and again.
                map(() => (event.type === 'reply-started' ? { ...event, interruptible: false } : event)),
              ),
            ),
          ),
      },
    },
    {
      scheduler: recordedClock,
      utterances: { minSilenceMs: 200 },
      endpointing: { minSilenceMs: 250 },
      // As long as a server takes to start on a busy machine.
      patience: { loudspeakerTimeoutMs: 20_000 },
    },
  );
  const subscription = pipeline.events$.subscribe({
    next(event) {
      if (event.type !== 'level' && event.type !== 'speech-probability') events.push(event);
    },
    error(error) {
      end = error;
    },
    complete() {
      end = 'completed';
    },
  });

  const of = <Type extends PipelineEvent['type']>(type: Type, sinceMs = -Infinity): readonly Named<Type>[] =>
    events.filter((event): event is Named<Type> => event.type === type && event.atMs >= sinceMs);

  const isOpen = (device: DeviceRole): boolean => {
    const last = events.findLast(
      (event) => (event.type === 'device-opened' || event.type === 'device-lost') && event.device === device,
    );
    return last?.type === 'device-opened';
  };

  async function until(what: string, isSo: () => boolean): Promise<void> {
    await waitUntil(what, () => {
      if (end !== undefined) throw new Error(`the conversation is over: ${String(end)}`);
      return isSo();
    }).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; last of all:\n${lastOf(events)}`, { cause: error });
    });
  }

  async function ask(answerMs: number): Promise<void> {
    durationMs = answerMs;
    askedMs = performance.now();
    await place.speak();
    await until('what was said went up', () => of('turn-sent', askedMs).length > 0);
  }

  const answered = (): Promise<void> =>
    until(
      'the answer was heard',
      () =>
        of('playout-ended', askedMs).some(({ reason }) => reason === 'heard') &&
        of('state-changed').at(-1)?.state.name === 'idle',
    );

  return {
    events,
    frames,
    of,
    isOpen,
    firstFrameAfter: (ms) => arrivals.find((atMs) => atMs > ms),
    opened: () => until('both are open', () => isOpen('microphone') && isOpen('loudspeaker')),
    ask,
    hold: (isHeld) => isHeld$.next(isHeld),
    answered,
    async converse() {
      const sinceMs = performance.now();
      const recorder = await place.recordLoudspeaker();
      await ask(shortMs);
      await answered();
      await sleep(50);
      const heard = answerIn(await recorder.stop(), sinceMs);
      if (heard.soundMs < heardShare * shortMs) {
        throw new Error(`of ${shortMs} ms ${heard.soundMs} were heard; last of all:\n${lastOf(events)}`);
      }
    },
    close: () => subscription.unsubscribe(),
  };
}

const lastOf = (events: readonly PipelineEvent[]): string =>
  events
    .filter(({ type }) => type !== 'fact' && type !== 'device-measured')
    .slice(-24)
    .map((event) => `${event.atMs.toFixed(0)} ${event.type} ${JSON.stringify(event).slice(0, 200)}`)
    .join('\n');
