import { createTimeBase, createVoicePipeline, type PipelineEvent } from 'earshot';
import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { streamingService } from 'earshot/adapters/streaming-service';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { levelDetector, tone } from 'earshot/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answersFrom } from '../examples/reference-server/answers.js';
import type { Fault } from '../examples/reference-server/faults.js';
import { startReferenceServer } from '../examples/reference-server/reference-server.js';

const sentence = 'Prudently.';
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The whole loop in real time, over a real socket, to a server whose first answer is faulty. */
async function visit(fault: Fault | 'none') {
  const server = await startReferenceServer({
    voice: 'prompts',
    timeToFirstByteMs: 100,
    deliveryRate: 20,
    answers: answersFrom({ '*': [sentence] }),
    fault: (prompt) => (prompt === 'first' && fault !== 'none' ? fault : undefined),
  });
  const scheduler = monotonicScheduler();
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase });
  const loudspeaker = memoryLoudspeaker({ timeBase });
  const said: { readonly text: string; readonly startMs: number; readonly endMs: number }[] = [];
  const events: PipelineEvent[] = [];
  const pipeline = createVoicePipeline(
    {
      microphone,
      loudspeaker,
      detector: levelDetector(),
      upstream: streamingService({
        target: `127.0.0.1:${server.port}`,
        hardwareId: 'end-to-end',
        firstMessageMs: 1000,
        betweenMessagesMs: 1000,
        maxRetries: 1,
        retryDelayMs: 50,
        scheduler,
      }),
      transcriber: scriptedTranscriber({
        lookup: (startMs, endMs) =>
          said.find((item) => Math.min(endMs, item.endMs) - Math.max(startMs, item.startMs) > 50)?.text ?? '',
      }),
    },
    { scheduler, patience: { reopenDelayMs: 50 } },
  );
  const subscription = pipeline.events$.subscribe((event) => events.push(event));
  closing.push(server.close, () => subscription.unsubscribe());

  const until = async (what: string, met: () => boolean) => {
    for (let waits = 0; !met(); waits++) {
      if (waits > 1500)
        throw new Error(
          `${what} did not come within 15 s; there was ${events.map(({ type }) => type).slice(-20)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const of = <Type extends PipelineEvent['type']>(type: Type) =>
    events.filter((event): event is Extract<PipelineEvent, { readonly type: Type }> => event.type === type);
  const isIdle = () => (of('state-changed').at(-1)?.state.name ?? 'idle') === 'idle';

  return {
    server,
    loudspeaker,
    of,
    until,
    /** Say something and wait until the loop is idle again. */
    async say(text: string) {
      const turns = of('turn-ended').length;
      const saying = microphone.say(tone({ sampleRateHz: 48_000, durationMs: 500, frequencyHz: 500 }));
      said.push({ ...saying, text });
      await until(`the end of the turn "${text}"`, () => of('turn-ended').length > turns);
      await until(`idle after "${text}"`, isIdle);
    },
    /** What was heard whole. Units: ms. */
    heardMs: () =>
      of('playout-ended')
        .filter(({ reason }) => reason === 'heard')
        .map(({ heardMs }) => Math.round(heardMs)),
  };
}

describe('over a real socket the loop answers, and after every fault it is idle, says why, and answers the next turn', () => {
  it('nothing goes wrong', async () => {
    const it_ = await visit('none');
    await it_.say('first');
    await it_.say('second');
    const [first, second] = it_.heardMs();
    expect(first).toBeGreaterThan(300);
    expect(second).toBe(first);
  });

  it.each<readonly [Fault, PipelineEvent['type'], object]>([
    ['never-answers', 'turn-failed', { error: { code: 'UPSTREAM_TIMEOUT' } }],
    ['stops-in-mid-sentence', 'reply-ended', { reason: 'truncated' }],
    ['error-after-data', 'reply-ended', { reason: 'truncated' }],
    ['drops-connection', 'reply-ended', { reason: 'truncated' }],
    ['drops-before-data', 'turn-failed', { error: { code: 'UPSTREAM_UNREACHABLE' } }],
    ['refuses', 'turn-failed', { error: { code: 'UPSTREAM_FORBIDDEN' } }],
    ['empty-answer', 'turn-failed', { error: { code: 'UPSTREAM_NO_RESPONSE' } }],
    ['mislabelled-audio', 'reply-ended', { reason: 'failed' }],
  ])('%s', async (fault, type, what) => {
    const it_ = await visit(fault);
    await it_.say('first');
    expect(it_.of(type as 'turn-failed')[0]).toMatchObject(what);
    await it_.say('second');
    await it_.until('a whole answer', () => (it_.heardMs().at(-1) ?? 0) > 300);
    expect(it_.server.openStreams()).toBe(0);
  });

  it('a loudspeaker that vanishes in the middle of an answer', async () => {
    const it_ = await visit('none');
    const first = it_.say('first');
    await it_.until('a reply', () => it_.of('playout-started').length > 0);
    it_.loudspeaker.vanish();
    await first;
    it_.loudspeaker.comeBack();
    expect(it_.of('device-lost')).toMatchObject([{ device: 'loudspeaker', error: { code: 'DEVICE_LOST' } }]);
    await it_.until(
      'the loudspeaker',
      () => it_.of('device-opened').filter(({ device }) => device === 'loudspeaker').length === 2,
    );
    await it_.say('second');
    expect(it_.heardMs()).toHaveLength(1);
  });
});
