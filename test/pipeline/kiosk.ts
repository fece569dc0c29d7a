import {
  type AudioFrame,
  audioFrame,
  createTimeBase,
  createVoicePipeline,
  type FillerLibrary,
  type PipelineEvent,
  type PipelineOptions,
  type PipelinePorts,
  type Upstream,
  type UpstreamEvent,
  type UpstreamRequest,
} from 'earshot';
import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import {
  type MemoryLoudspeakerOptions,
  type MemoryMicrophoneOptions,
  memoryLoudspeaker,
  memoryMicrophone,
} from 'earshot/devices/memory';
import {
  createVirtualClock,
  levelDetector,
  type Script,
  type ScriptedTurn,
  scriptedUpstream,
  spokenSentence,
  tone,
} from 'earshot/testing';
import { delay, EMPTY, map, mergeWith, type Observable, of, type SchedulerLike, tap } from 'rxjs';

const format = { sampleRateHz: 48_000, channels: 1 };
const samplesOf = (ms: number) => Math.round((ms * 48_000) / 1000);

/** Audio that can be told from any other by its level. */
export const steady = (ms: number, level: number): AudioFrame =>
  audioFrame(format, new Float32Array(samplesOf(ms)).fill(level), 0);

/** An answer of one sentence, `afterMs` after the turn. */
export const answerOf = (text: string, ms: number, level = 0.3, afterMs = 1000): Script => [
  ...spokenSentence({ text, audio: steady(ms, level), afterMs, deliveryRate: 10 }),
  { type: 'end' },
];

export const oneFiller = (ms: number, level = 0.2): FillerLibrary => ({
  loadFillers: () => of([{ fillerId: 'moment', text: 'One moment.', audio: steady(ms, level) }]),
});

export interface KioskOptions {
  readonly answer?: (turn: ScriptedTurn) => Script;
  readonly ports?: Partial<PipelinePorts>;
  readonly options?: Partial<PipelineOptions>;
  readonly accepts?: 'audio' | 'text';
  readonly acceptsPartials?: boolean;
  /** A transcriber that tells what is being said, so much later than it is said. */
  readonly partialsAfterMs?: number;
  /** Another event in the place of one of the service. */
  readonly changed?: (event: UpstreamEvent) => UpstreamEvent;
  /** Ends each session when it errors; the loop opens another. */
  readonly sessionBreaks$?: Observable<never>;
  /** What stands between the service and the loop. */
  readonly through?: (upstream: Upstream, scheduler: SchedulerLike) => Upstream;
  /** Whether replies may be cut. */
  readonly interruptible?: boolean;
  readonly microphone?: Partial<MemoryMicrophoneOptions>;
  readonly loudspeaker?: Partial<MemoryLoudspeakerOptions>;
}

/** A whole loop in virtual time: say something, let time pass, look at what happened and at what was heard. */
export function kiosk({
  answer = () => answerOf('Hello there.', 1000),
  ports,
  options,
  accepts = 'text',
  acceptsPartials = false,
  interruptible = true,
  changed = (event) => event,
  through = (upstream) => upstream,
  partialsAfterMs,
  sessionBreaks$ = EMPTY,
  ...devices
}: KioskOptions = {}) {
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase, ...devices.microphone });
  const loudspeaker = memoryLoudspeaker({ timeBase, ...devices.loudspeaker });
  const upstream = scriptedUpstream({ scheduler, accepts, answer });
  const requests: UpstreamRequest[] = [];
  const said: { readonly startMs: number; readonly endMs: number; readonly text: string }[] = [];
  const transcriber = scriptedTranscriber({
    lookup: (startMs, endMs) =>
      said
        .filter((item) => Math.min(endMs, item.endMs) - Math.max(startMs, item.startMs) > 50)
        .map(({ text }) => text)
        .join(' '),
  });
  const pipeline = createVoicePipeline(
    {
      microphone,
      loudspeaker,
      detector: levelDetector(),
      upstream: through(
        {
          ...upstream,
          acceptsPartials,
          openSession: (requests$) =>
            upstream.openSession(requests$.pipe(tap((request) => requests.push(request)))).pipe(
              mergeWith(sessionBreaks$),
              map((event) => changed(event.type === 'reply-started' ? { ...event, interruptible } : event)),
            ),
        },
        scheduler,
      ),
      transcriber:
        partialsAfterMs === undefined
          ? transcriber
          : {
              ...transcriber,
              tellsPartials: true,
              transcribe: () => (audio$) =>
                audio$.pipe(transcriber.transcribe(), delay(partialsAfterMs, scheduler)),
            },
      ...ports,
    },
    { scheduler, ...options },
  );
  const events: PipelineEvent[] = [];
  let end: unknown = 'running';
  const subscription = pipeline.events$.subscribe({
    next: (event) => events.push(event),
    error: (error) => {
      end = error;
    },
    complete: () => {
      end = 'complete';
    },
  });

  return {
    clock,
    scheduler,
    microphone,
    loudspeaker,
    upstream,
    requests,
    pipeline,
    events,
    subscription,
    get end() {
      return end;
    },
    get state() {
      const last = events.findLast((event) => event.type === 'state-changed');
      return last?.state.name ?? 'idle';
    },
    /** States in the order they were entered. */
    get states() {
      return events.flatMap((event) => (event.type === 'state-changed' ? [event.state.name] : []));
    },
    wait: (ms: number) => clock.advanceBy(ms),
    /** Speak, or cough without a text, and let that time pass. */
    say(ms: number, text = '') {
      const saying = microphone.say(tone({ sampleRateHz: 48_000, durationMs: ms, frequencyHz: 500 }));
      if (text) said.push({ ...saying, text });
      clock.advanceBy(ms);
      return saying;
    },
    /** Let time pass until something happens, at most ten seconds. */
    waitFor(type: PipelineEvent['type'], after = events.length) {
      for (let waited = 0; waited < 10_000; waited += 10) {
        const found = events.slice(after).find((event) => event.type === type);
        if (found) return found;
        clock.advanceBy(10);
      }
      throw new Error(
        `no ${type} within ten seconds; there were ${events.slice(after).map((event) => event.type)}`,
      );
    },
    of: <Type extends PipelineEvent['type']>(type: Type) =>
      events.filter((event): event is Extract<PipelineEvent, { readonly type: Type }> => event.type === type),
    /** What the loudspeaker played between two instants. */
    heard: (fromMs = 0, toMs = clock.nowMs) =>
      loudspeaker.recorded().slice(samplesOf(fromMs), samplesOf(toMs)),
  };
}
