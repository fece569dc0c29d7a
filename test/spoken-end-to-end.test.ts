import { createTimeBase, createVoicePipeline, type PipelineEvent } from 'earshot';
import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { streamingService } from 'earshot/adapters/streaming-service';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { levelDetector, tone, toneSynthesizer } from 'earshot/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answersFrom } from '../examples/reference-server/answers.js';
import type { Fault } from '../examples/reference-server/faults.js';
import { startReferenceServer } from '../examples/reference-server/reference-server.js';
import { withSpeech } from '../src/core/speech/with-speech.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const sentences = ['This is the first sentence.', 'And here is another one.', 'The third one ends it.'];

/** The whole loop in real time, over a real socket, to a server without a voice. */
async function visit(fault?: Fault) {
  const server = await startReferenceServer({
    isTextOnly: true,
    timeToFirstByteMs: 50,
    answers: answersFrom({ 'tell me': sentences, '*': ['Fine.'] }),
    fault: (prompt) => (prompt === 'tell me' ? fault : undefined),
  });
  const scheduler = monotonicScheduler();
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase });
  const loudspeaker = memoryLoudspeaker({ timeBase });
  const said: { readonly text: string; readonly startMs: number; readonly endMs: number }[] = [];
  const events: PipelineEvent[] = [];
  const service = streamingService({
    target: `127.0.0.1:${server.port}`,
    hardwareId: 'spoken-end-to-end',
    betweenMessagesMs: 1000,
    scheduler,
  });
  const pipeline = createVoicePipeline(
    {
      microphone,
      loudspeaker,
      detector: levelDetector(),
      upstream: withSpeech(service, toneSynthesizer({ scheduler, realTimeFactor: 0.1 }), {
        scheduler,
        audioGraceMs: 100,
      }),
      transcriber: scriptedTranscriber({
        lookup: (startMs, endMs) =>
          said.find((item) => Math.min(endMs, item.endMs) - Math.max(startMs, item.startMs) > 50)?.text ?? '',
      }),
    },
    { scheduler },
  );
  const subscription = pipeline.events$.subscribe((event) => events.push(event));
  closing.push(server.close, () => subscription.unsubscribe());

  const of = <Type extends PipelineEvent['type']>(type: Type) =>
    events.filter((event): event is Extract<PipelineEvent, { readonly type: Type }> => event.type === type);
  return {
    server,
    of,
    async until(what: string, met: () => boolean) {
      for (let waits = 0; !met(); waits++) {
        if (waits > 2000)
          throw new Error(
            `${what} did not come within 20 s; there was ${events.map(({ type }) => type).slice(-20)}`,
          );
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    say(text: string) {
      const saying = microphone.say(tone({ sampleRateHz: 48_000, durationMs: 500, frequencyHz: 500 }));
      said.push({ ...saying, text });
    },
  };
}

describe('a StreamingService without a voice, spoken on the device', () => {
  it('is heard to the end', async () => {
    const it_ = await visit();
    it_.say('tell me');
    await it_.until('the end of the answer', () => it_.of('playout-ended').length > 0);

    const [reply] = it_.of('reply-ended');
    expect(reply).toMatchObject({ reason: 'complete', text: sentences.join(' ') });
    expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard' }]);
    // Each letter takes 60 ms, each word ends with 80 ms of silence.
    const letters = sentences.join('').replace(/[^a-z]/giu, '').length;
    const words = sentences.join(' ').split(' ').length;
    expect(reply?.receivedMs).toBeCloseTo(letters * 60 + words * 80, -1);
    expect(it_.of('playout-ended')[0]?.heardMs).toBeCloseTo(reply?.receivedMs ?? 0, -1);
  });

  it('is interrupted in the second sentence, is told what was heard, and answers the next turn', async () => {
    const it_ = await visit();
    it_.say('tell me');
    await it_.until('the second sentence', () => (it_.of('playout-progress').at(-1)?.heardMs ?? 0) > 2200);
    it_.say('stop');
    await it_.until('the barge-in', () => it_.of('barge-in').length > 0);
    await it_.until('the second answer', () => it_.of('reply-ended').some(({ text }) => text === 'Fine.'));
    await it_.until('its end', () => it_.of('playout-ended').length > 1);

    const [bargeIn] = it_.of('barge-in');
    expect(bargeIn?.heardText.startsWith(sentences[0] as string)).toBe(true);
    expect(sentences.join(' ').startsWith(bargeIn?.heardText as string)).toBe(true);
    expect(bargeIn?.heardText).not.toContain('third');
    expect(it_.of('playout-ended').at(-1)).toMatchObject({ reason: 'heard' });
    expect(it_.server.openStreams()).toBe(0);
  });

  it.each<Fault>(['stops-in-mid-sentence', 'error-after-data', 'drops-connection'])(
    'lets what came be heard, and answers the next turn: %s',
    async (fault) => {
      const it_ = await visit(fault);
      it_.say('tell me');
      await it_.until('the end of what came', () => it_.of('playout-ended').length > 0);
      expect(it_.of('reply-ended')).toMatchObject([
        { reason: 'truncated', text: expect.stringMatching(/^This is the/) },
      ]);
      expect(it_.of('playout-ended')).toMatchObject([{ reason: 'heard' }]);
      it_.say('second');
      await it_.until('the next answer', () => it_.of('playout-ended').length > 1);
      expect(it_.of('reply-ended').at(-1)).toMatchObject({ reason: 'complete', text: 'Fine.' });
    },
  );
});
