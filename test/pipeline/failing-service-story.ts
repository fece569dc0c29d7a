import {
  type AudioFrame,
  audioFrame,
  createTimeBase,
  createVoicePipeline,
  type FillerClip,
  type FillerContext,
  type PipelineEvent,
  type UpstreamRequest,
  type VoiceActivityDetector,
} from 'earshot';
import { memoryLoudspeaker } from 'earshot/devices/memory';
import { createVirtualClock } from 'earshot/testing';
import { BehaviorSubject, map, Observable, of, tap } from 'rxjs';
import { type Random, randomOf } from '../support/random.js';
import { failingService, steady } from './failing-service.js';
import { planBy } from './failing-service-plan.js';

export const fillerLevel = 0.1;
/** Of what the fillers say, and no reply. */
export const fillerWord = 'filler';

const windowMs = 32;
const listeningFormat = { sampleRateHz: 8000, channels: 1 };

const clip = (name: string, ms: number, ...contexts: readonly FillerContext[]): FillerClip => ({
  fillerId: name,
  text: `${fillerWord} ${name}`,
  contexts,
  audio: steady(ms, fillerLevel),
});

/** Lengths that end on the grid of the service's instants. */
const clips = (random: Random): readonly FillerClip[] => [
  clip('moment', random.pick(300, 700, 1900)),
  clip('second', random.pick(400, 1000)),
  clip('still', random.pick(300, 900), 'long-wait'),
  ...(random.next() < 0.9 ? [clip('no-server', random.pick(200, 500, 2500), 'apology')] : []),
  ...(random.next() < 0.5 ? [clip('still-no-server', 600, 'apology')] : []),
];

/** A room in which nothing but who speaks when is simulated: a minute of it takes some thirty milliseconds. */
function room(seed: number) {
  const random = randomOf(seed);
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const timeBase = createTimeBase(scheduler, 20);
  const speech: { readonly fromMs: number; readonly toMs: number }[] = [];
  const silence = new Float32Array(windowMs * 8);
  const capture = () =>
    new Observable<AudioFrame>((subscriber) => {
      const next = () => {
        subscriber.next(audioFrame(listeningFormat, silence, scheduler.now() - windowMs));
        subscriber.add(scheduler.schedule(next, windowMs));
      };
      subscriber.add(scheduler.schedule(next, windowMs));
    });
  const detector: VoiceActivityDetector = {
    format: listeningFormat,
    windowSamples: windowMs * 8,
    scoreSpeech: () =>
      map((frame) => {
        const { timestampMs } = frame;
        const isSpeech = speech.some(
          ({ fromMs, toMs }) => timestampMs < toMs && timestampMs + windowMs > fromMs,
        );
        return { frame, speechProbability: isSpeech ? 1 : 0, skipped: false };
      }),
  };
  const loudspeaker = memoryLoudspeaker({ timeBase, format: listeningFormat, maxRecordedMs: 200_000 });
  const service = failingService(scheduler, random, () => planBy(random));
  const requests: (UpstreamRequest & { readonly atMs: number })[] = [];
  const button$ = new BehaviorSubject(false);
  const hasButton = random.next() < 0.4;
  const events: PipelineEvent[] = [];
  const fillers = clips(random);
  const replyTimeoutMs = random.pick(3000, 30_000);
  const { upstream } = service;
  const pipeline = createVoicePipeline(
    {
      microphone: { format: listeningFormat, capture },
      loudspeaker,
      detector,
      upstream: {
        ...upstream,
        openSession: (requests$) =>
          upstream.openSession(
            requests$.pipe(tap((request) => requests.push({ ...request, atMs: scheduler.now() }))),
          ),
      },
      fillers: { loadFillers: () => of(fillers) },
      ...(hasButton && { floor: { kind: 'push-to-talk', pressed$: button$ } as const }),
    },
    {
      scheduler,
      reopenWindowMs: random.pick(0, 800),
      filler: {
        delayMs: random.pick(0, 300, 600),
        againAfterMs: random.pick(1000, 6000),
        initialWaitMs: random.pick(1000, 2500, 5000),
      },
      playout: { leadMs: random.pick(40, 200), pollMs: 20 },
      patience: {
        replyTimeoutMs,
        replyStallMs: random.pick(700, 2000),
        reopenDelayMs: random.pick(100, 250),
        maxReopenDelayMs: 1000,
      },
    },
  );
  const subscription = pipeline.events$.subscribe((event) => {
    if (event.type !== 'level' && event.type !== 'speech-probability') events.push(event);
  });
  return {
    random,
    clock,
    loudspeaker,
    service,
    requests,
    events,
    hasApology: fillers.some(({ contexts }) => contexts?.includes('apology')),
    replyTimeoutMs,
    subscription,
    of: <Type extends PipelineEvent['type']>(type: Type) =>
      events.filter((event): event is Extract<PipelineEvent, { readonly type: Type }> => event.type === type),
    get state() {
      return events.findLast((event) => event.type === 'state-changed')?.state.name ?? 'idle';
    },
    /** From now on, for so long, by voice or by the button. */
    speak(ms: number) {
      if (!hasButton) {
        speech.push({ fromMs: clock.nowMs, toMs: clock.nowMs + ms });
        return;
      }
      if (button$.value) return;
      button$.next(true);
      scheduler.schedule(() => button$.next(false), ms);
    },
  };
}
type Room = ReturnType<typeof room>;

/** How long it takes until all is said, and with the patience for a reply over. Units: ms. */
const quietMs = 12_000;
/** Then it is at rest: longer than it takes until speech is known to be some. Units: ms. */
const idleForMs = 2000;

/** A conversation with a service that is lost again and again, the same for the same seed; then it is there, and is asked once more. */
export function failingServiceStory(seed: number) {
  const it_: Room = room(seed);
  const { random, clock, service } = it_;
  const log: string[] = [];
  const note = (what: string) => log.push(`${clock.nowMs} ${what}`);
  clock.run(500);
  const steps = random.integer(2, 6);
  for (let step = 0; step < steps; step++) {
    const what = random.integer(0, 9);
    if (what <= 4) {
      const ms = random.pick(300, 600, 1000);
      note(`somebody speaks for ${ms} ms`);
      it_.speak(ms);
    } else if (what === 5) {
      note('somebody coughs');
      it_.speak(60);
    } else if (what === 6) {
      const how = random.pick('told', 'error');
      note(`the session is lost, ${how}`);
      service.lose(how);
    }
    // Onto the grid: what happens next coincides with what the service does.
    const waitMs = random.pick(0, 100, 700, 1000, 1300, 2500, 4000);
    clock.run(Math.ceil((clock.nowMs + waitMs) / 100) * 100);
  }
  note('the service is there from now on');
  service.heal();
  let idleMs = 0;
  for (let waited = 0; idleMs < idleForMs && waited < it_.replyTimeoutMs + quietMs; waited += 100) {
    clock.advanceBy(100);
    idleMs = it_.state === 'idle' ? idleMs + 100 : 0;
  }
  const rest = { atMs: clock.nowMs, state: it_.state };
  note('and is asked once more');
  it_.speak(600);
  clock.advanceBy(6000);
  it_.subscription.unsubscribe();
  return { it_, log, rest };
}
export type FailingServiceStory = ReturnType<typeof failingServiceStory>;
