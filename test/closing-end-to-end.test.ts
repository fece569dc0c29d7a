import {
  createTimeBase,
  createVoicePipeline,
  operatePipeline,
  type PipelineEvent,
  type StopReport,
} from 'earshot';
import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { streamingService } from 'earshot/adapters/streaming-service';
import { monotonicScheduler } from 'earshot/devices/clock';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { levelDetector, tone } from 'earshot/testing';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { answersFrom } from '../examples/reference-server/answers.js';
import { startReferenceServer } from '../examples/reference-server/reference-server.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A loop over a real socket in the middle of a reply that the service is still sending. */
async function overReply() {
  const server = await startReferenceServer({
    voice: 'prompts',
    timeToFirstByteMs: 20,
    deliveryRate: 1.5,
    answers: answersFrom({ '*': Array(20).fill('Prudently.') }),
  });
  const scheduler = monotonicScheduler();
  const timeBase = createTimeBase(scheduler);
  const microphone = memoryMicrophone({ timeBase });
  const service = streamingService({
    target: `127.0.0.1:${server.port}`,
    hardwareId: 'closing',
    interruptOnCut: true,
    scheduler,
  });
  const loop = operatePipeline(
    createVoicePipeline(
      {
        microphone,
        loudspeaker: memoryLoudspeaker({ timeBase }),
        detector: levelDetector(),
        upstream: service,
        transcriber: scriptedTranscriber({ lookup: () => 'tell me' }),
      },
      { scheduler },
    ),
    // Longer than any machine is busy: what is held here is the order, not the time.
    { scheduler, cutWithinMs: 10_000 },
  );
  const events: PipelineEvent[] = [];
  const subscription = loop.events$.subscribe((event) => events.push(event));
  closing.push(server.close, service.close, () => subscription.unsubscribe());
  microphone.say(tone({ sampleRateHz: 48_000, durationMs: 300, frequencyHz: 500 }));
  await firstValueFrom(
    loop.events$.pipe(filter((event) => event.type === 'playout-progress' && event.heardMs > 1200)),
  );
  return { server, loop, events };
}

describe('a stop that cuts', () => {
  it('has reached the service when it is done: the call is cancelled, and the session interrupted', async () => {
    const { server, loop, events } = await overReply();
    loop.stopGracefully();
    const report: StopReport = await firstValueFrom(loop.stopGracefully('cut'));

    expect(report.how).toBe('cut');
    expect(server.calls().map(({ method, state }) => [method, state])).toEqual([
      ['StreamAudio', 'cancelled'],
      ['InterruptSession', 'answered'],
    ]);
    const told = events.find((event) => event.type === 'reply-cancelled');
    expect(told?.heardMs).toBeGreaterThan(1200);
    expect(told?.heardText).toMatch(/^Prudently\./);
  });
});
