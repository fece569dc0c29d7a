import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTimeBase, createVoicePipeline, type PipelineEvent } from 'earshot';
import { loadKokoro } from 'earshot/adapters/kokoro';
import { loadMoonshine } from 'earshot/adapters/moonshine';
import { streamingService } from 'earshot/adapters/streaming-service';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { levelDetector } from 'earshot/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answersFrom } from '../examples/reference-server/answers.js';
import { startReferenceServer } from '../examples/reference-server/reference-server.js';
import { withSpeech } from '../src/core/speech/with-speech.js';
import { syntheticKokoro } from './support/synthetic-models/kokoro-model.js';
import { writeModel } from './support/synthetic-models/model-folder.js';
import { syntheticMoonshine } from './support/synthetic-models/moonshine-model.js';
import { listeningFormat, spell } from './support/synthetic-models/tone-alphabet.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const answers = {
  'what is the time': [
    'It is noon in this place.',
    'Or almost, to say it exactly.',
    'In other places it is not.',
  ],
  'and the weather': ['It rains.'],
  stop: ['Fine.'],
};

async function kokoro(folder: string) {
  const model = join(folder, 'mouth');
  writeModel(model, syntheticKokoro({ dtypes: ['fp32'] }));
  const voice = await loadKokoro({ model, threads: 1 });
  closing.push(voice.close);
  return voice;
}

/** A service that hums: 60 ms for each character. */
const hum = {
  name: 'hum',
  speak: async (text: string) =>
    Int16Array.from(
      { length: text.length * 2880 },
      (_, n) => 8000 * Math.sin((2 * Math.PI * 200 * n) / 48_000),
    ),
};

/**
 * The whole loop in real time, over a real socket; what the person says is known to nobody but the recogniser.
 *
 * @param speaker - who makes the audio of the answers: the service, or Kokoro on the device out of their text.
 */
async function visit(speaker: 'the service' | 'the device') {
  const folder = mkdtempSync(join(tmpdir(), 'listening-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  writeModel(join(folder, 'ears'), syntheticMoonshine({ dtypes: ['fp32'] }));
  const transcriber = await loadMoonshine({ model: join(folder, 'ears'), threads: 1 });
  closing.push(transcriber.close);
  const prompts: string[] = [];
  const server = await startReferenceServer({
    voice: hum,
    isTextOnly: speaker === 'the device',
    timeToFirstByteMs: 50,
    answers: answersFrom({ ...answers, '*': ['I did not get that.'] }),
    fault: (prompt) => {
      prompts.push(prompt);
      return undefined;
    },
  });
  closing.push(server.close);
  const scheduler = monotonicScheduler();
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase });
  const loudspeaker = memoryLoudspeaker({ timeBase });
  const events: PipelineEvent[] = [];
  const service = streamingService({
    target: `127.0.0.1:${server.port}`,
    hardwareId: 'listening-end-to-end',
    scheduler,
  });
  const upstream =
    speaker === 'the service' ? service : withSpeech(service, await kokoro(folder), { scheduler });
  const pipeline = createVoicePipeline(
    { microphone, loudspeaker, detector: levelDetector(), upstream, transcriber },
    { scheduler },
  );
  const subscription = pipeline.events$.subscribe((event) => events.push(event));
  closing.push(() => subscription.unsubscribe());

  const of = <Type extends PipelineEvent['type']>(type: Type) =>
    events.filter((event): event is Extract<PipelineEvent, { readonly type: Type }> => event.type === type);
  return {
    prompts,
    of,
    async until(what: string, met: () => boolean) {
      for (let waits = 0; !met(); waits++) {
        if (waits > 2500) {
          throw new Error(
            `${what} did not come; there was ${JSON.stringify(events.filter(({ type }) => type !== 'level' && type !== 'speech-probability').slice(-10))}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    /** Each letter is a tone; the microphone captures three times as many samples as the recogniser takes. */
    say(text: string) {
      const factor = microphone.format.sampleRateHz / listeningFormat.sampleRateHz;
      const heard = spell(text);
      const samples = Float32Array.from({ length: heard.length * factor }, (_, n) => {
        const [at, between] = [Math.floor(n / factor), (n % factor) / factor];
        return (heard[at] ?? 0) * (1 - between) + (heard[at + 1] ?? 0) * between;
      });
      microphone.say(samples);
    },
  };
}

describe.each(['the service', 'the device'] as const)(
  'a conversation in which the device itself understands what is said, and %s speaks',
  (speaker) => {
    it('asks the StreamingService what the person said, turn after turn, with no script', async () => {
      const it_ = await visit(speaker);
      it_.say('what is the time');
      await it_.until('the first answer', () => it_.of('playout-ended').length === 1);
      it_.say('and the weather');
      await it_.until('the second answer', () => it_.of('playout-ended').length === 2);

      expect(it_.prompts).toEqual(['what is the time', 'and the weather']);
      expect(it_.of('reply-ended').map(({ reason, text }) => ({ reason, text }))).toEqual([
        { reason: 'complete', text: answers['what is the time'].join(' ') },
        { reason: 'complete', text: 'It rains.' },
      ]);
      expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard' }, { reason: 'heard' }]);
      expect(it_.of('turn-failed')).toEqual([]);
    }, 60_000);

    it('is cut by what the person says, and answers that', async () => {
      const it_ = await visit(speaker);
      it_.say('what is the time');
      await it_.until('the answer', () => it_.of('playout-started').length === 1);
      it_.say('stop');
      await it_.until('the cut', () => it_.of('barge-in').length === 1);
      await it_.until('the second answer', () => it_.of('reply-ended').some(({ text }) => text === 'Fine.'));

      expect(it_.prompts.at(-1)).toBe('stop');
      expect(it_.of('playout-ended')[0]).toMatchObject({ reason: 'cut' });
    }, 60_000);
  },
);
