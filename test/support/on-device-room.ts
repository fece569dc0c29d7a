import { createTimeBase, createVoicePipeline, type PipelineEvent, type Synthesizer } from 'earshot';
import type { MoonshineTranscriber } from 'earshot/adapters/moonshine';
import { streamingService } from 'earshot/adapters/streaming-service';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { levelDetector } from 'earshot/testing';
import { answersFrom } from '../../examples/reference-server/answers.js';
import type { Fault } from '../../examples/reference-server/faults.js';
import { startReferenceServer } from '../../examples/reference-server/reference-server.js';
import type { Voice } from '../../examples/reference-server/speech.js';
import { withSpeech } from '../../src/core/speech/with-speech.js';
import { listeningFormat, spell } from './synthetic-models/tone-alphabet.js';

export interface OnDeviceRoom {
  /** What understands the person: nobody else knows what they say. */
  readonly transcriber: MoonshineTranscriber;
  /** What the service says to each prompt. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
  /** The voice of the service. Without one it sends text alone, and this speaks. */
  readonly speaker: { readonly ofService: Voice } | { readonly onDevice: Synthesizer };
  readonly faults: Readonly<Record<string, Fault>>;
}

const rateHz = 48_000;

const open = new Set<{ close(): Promise<void> }>();

/** Leaves every room that is still open. */
export async function leaveRooms(): Promise<void> {
  for (const room of open) {
    open.delete(room);
    await room.close();
  }
}

/** The whole loop in real time, and a StreamingService behind a real socket; a person who speaks in tones. */
export async function onDeviceRoom({ transcriber, answers, speaker, faults }: OnDeviceRoom) {
  const prompts: string[] = [];
  const server = await startReferenceServer({
    ...('ofService' in speaker ? { voice: speaker.ofService } : { isTextOnly: true }),
    timeToFirstByteMs: 50,
    answers: answersFrom(answers),
    fault: (prompt) => {
      prompts.push(prompt);
      return faults[prompt];
    },
  });
  const scheduler = monotonicScheduler();
  const timeBase = createTimeBase(scheduler);
  const format = { sampleRateHz: rateHz, channels: 1 };
  const microphone = memoryMicrophone({ timeBase, format });
  const loudspeaker = memoryLoudspeaker({ timeBase, format });
  const service = streamingService({
    target: `127.0.0.1:${server.port}`,
    hardwareId: 'on-device-room',
    betweenMessagesMs: 1000,
    scheduler,
    promptAfterCut: (text, { heardText }) => `${text} (after: ${heardText})`,
  });
  const upstream =
    'ofService' in speaker
      ? service
      : withSpeech(service, speaker.onDevice, { scheduler, audioGraceMs: 100 });
  const events: PipelineEvent[] = [];
  let failure: unknown;
  const pipeline = createVoicePipeline(
    { microphone, loudspeaker, detector: levelDetector(), upstream, transcriber },
    { scheduler },
  );
  const subscription = pipeline.events$.subscribe({
    next: (event) => {
      if (event.type !== 'level' && event.type !== 'speech-probability') events.push(event);
    },
    error: (error: unknown) => {
      failure = error;
    },
  });

  const room = {
    server,
    /** What the service was asked. */
    prompts,
    of: <Type extends PipelineEvent['type']>(type: Type) =>
      events.filter((event): event is Extract<PipelineEvent, { readonly type: Type }> => event.type === type),
    /** Bounded, so that what does not come is told. */
    async until(what: string, met: () => boolean): Promise<void> {
      for (let waits = 0; !met(); waits++) {
        if (failure !== undefined) throw failure;
        if (waits > 2500)
          throw new Error(`${what} did not come; there was ${JSON.stringify(events.slice(-10))}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    /** Each letter is a tone; the microphone captures three times as many samples as the recogniser takes. */
    say(text: string): void {
      const factor = rateHz / listeningFormat.sampleRateHz;
      const heard = spell(text);
      const samples = Float32Array.from({ length: heard.length * factor }, (_, n) => {
        const [at, between] = [Math.floor(n / factor), (n % factor) / factor];
        return (heard[at] ?? 0) * (1 - between) + (heard[at + 1] ?? 0) * between;
      });
      microphone.say(samples);
    },
    /** What left the loudspeaker between two instants of the events. */
    heard(fromMs: number, toMs: number): Float32Array {
      const [from, to] = [fromMs, toMs].map((ms) => Math.max(0, timeBase.sampleAt(ms, rateHz)));
      return loudspeaker.recorded().slice(from, to);
    },
    async close(): Promise<void> {
      subscription.unsubscribe();
      await server.close();
    },
  };
  open.add(room);
  return room;
}
