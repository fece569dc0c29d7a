import { createTimeBase, createVoicePipeline, type PipelineEvent } from 'earshot';
import { memoryLoudspeaker, memoryMicrophone } from 'earshot/devices/memory';
import { createVirtualClock, levelDetector, scriptedUpstream, tone } from 'earshot/testing';
import { describe, expect, it } from 'vitest';
import { operatePipeline } from '../../src/core/operation/operate-pipeline.js';
import type { StopReport, SwapReport } from '../../src/core/operation/operated-pipeline.js';
import { answerOf, kiosk } from './kiosk.js';

describe('a loop that is operated', () => {
  it('lets a real reply be heard to its last sample before the devices are released', () => {
    const loop = kiosk({ answer: () => answerOf('It is noon.', 2000) });
    const operatedLoop = operatePipeline(loop.pipeline, { scheduler: loop.scheduler });
    operatedLoop.events$.subscribe();
    loop.subscription.unsubscribe();
    const states: string[] = [];
    operatedLoop.state$.subscribe(({ name }) => states.push(name));
    const ends: PipelineEvent[] = [];
    operatedLoop.events$.subscribe((event) => {
      if (event.type === 'playout-ended') ends.push(event);
    });
    loop.wait(1000);
    loop.say(1500, 'what time is it');
    for (let ms = 0; ms < 10_000 && states.at(-1) !== 'replying'; ms += 10) loop.wait(10);
    const stops: StopReport[] = [];
    operatedLoop.stopGracefully().subscribe((report) => stops.push(report));
    loop.wait(10_000);
    expect(ends).toMatchObject([{ reason: 'heard', heardMs: 2000 }]);
    expect(stops).toMatchObject([{ how: 'finished' }]);
    expect(loop.pipeline.answerTool('none', '')).toBe(false);
  });

  it('exchanges two real loops on the same devices, which only one of them may have', () => {
    const clock = createVirtualClock();
    const { scheduler } = clock;
    const timeBase = createTimeBase(scheduler);
    const microphone = memoryMicrophone({ timeBase });
    const loudspeaker = memoryLoudspeaker({ timeBase });
    const pipelineThatSays = (level: number) =>
      createVoicePipeline(
        {
          microphone,
          loudspeaker,
          detector: levelDetector(),
          upstream: scriptedUpstream({
            scheduler,
            accepts: 'audio',
            answer: () => answerOf('Hello.', 800, level, 300),
          }),
        },
        { scheduler },
      );
    const loop = operatePipeline(pipelineThatSays(0.1), { scheduler });
    const events: PipelineEvent[] = [];
    loop.events$.subscribe((event) => events.push(event));
    const ask = () => {
      microphone.say(tone({ sampleRateHz: 48_000, durationMs: 1000, frequencyHz: 500 }));
      clock.advanceBy(1000);
    };
    const swaps: SwapReport[] = [];
    clock.advanceBy(500);
    ask();
    loop.swapBetweenTurns(pipelineThatSays(0.4)).subscribe((report) => swaps.push(report));
    clock.advanceBy(6000);
    ask();
    clock.advanceBy(6000);

    expect(swaps).toMatchObject([{ type: 'swapped', how: 'between-turns' }]);
    expect(events.filter(({ type }) => type === 'device-lost')).toEqual([]);
    const heard = events.flatMap((event) => (event.type === 'playout-ended' ? [event.reason] : []));
    expect(heard).toEqual(['heard', 'heard']);
    expect(loudspeaker.recorded().some((sample) => Math.abs(sample - 0.1) < 0.001)).toBe(true);
    expect(loudspeaker.recorded().some((sample) => Math.abs(sample - 0.4) < 0.001)).toBe(true);
  });
});
