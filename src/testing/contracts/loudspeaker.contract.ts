import type { Subscription } from 'rxjs';
import { type AudioFrame, audioFrame, endMs, sameFormat } from '../../core/audio/audio-frame.js';
import type { AudioSink, Loudspeaker, PlayoutPosition } from '../../core/ports/audio-sink.js';
import { framesOf, ramp } from '../signals.js';
import {
  type DeviceContractSetup,
  type DevicePatience,
  isAway,
  onFreshDevice,
  patiently,
  thrownBy,
  type Watched,
  watch,
} from './device-setup.js';
import type { ContractTestFunctions } from './test-functions.js';

/** A loudspeaker under test. @public */
export interface LoudspeakerContractSetup extends DeviceContractSetup {
  readonly loudspeaker: Loudspeaker;
}

/** What is said about a loudspeaker under test. @public */
export interface LoudspeakerContract {
  /** What the suite is called in the report. */
  readonly name: string;
  /** Makes a fresh loudspeaker for each clause. */
  readonly setup: () => LoudspeakerContractSetup | Promise<LoudspeakerContractSetup>;
  readonly capabilities: DevicePatience & {
    /** The setup can unplug it. */
    readonly vanishes: boolean;
    /** Bound of the queue of the loudspeaker that `setup` makes. Units: milliseconds. Range: 500..20_000. */
    readonly maxQueuedMs: number;
    /** What the hardware holds at most, beyond the queue: what a soft flush cannot take back. Units: milliseconds. @defaultValue 10, one period */
    readonly committedMs?: number;
    /** What a hard flush counts as heard beyond the period under way: what nobody can fetch back in time. Units: milliseconds. @defaultValue 0 */
    readonly tailMs?: number;
  };
}

interface Opened {
  readonly opening: Watched<AudioSink>;
  readonly sink: AudioSink;
  readonly rendered: Watched<AudioFrame>;
  readonly subscription: Subscription;
  /** Write numbers that are all different, `ms` of them, from number `first` on. */
  writeRamp(ms: number, first?: number): void;
  /** Which of these numbers were rendered, in order, the silence around them left out. */
  heardNumbers(): number[];
}

/** Subscribe, and look at what came of it once there is a sink. */
async function open(device: LoudspeakerContractSetup, openMs: number): Promise<Opened> {
  let rendered: Watched<AudioFrame> | undefined;
  const opening = watch(device.loudspeaker.openSink(), (sink) => {
    rendered = watch(sink.rendered$);
  });
  await patiently(device, openMs, () => rendered !== undefined || opening.end() !== 'open');
  const sink = opening.values[0];
  if (!sink || !rendered)
    throw new Error(`no sink was emitted within ${openMs} ms: ${JSON.stringify(opening.end())}`);
  const { values } = rendered;
  const { format } = sink;
  return {
    opening,
    sink,
    rendered,
    subscription: opening.subscription,
    writeRamp(ms, first = 0) {
      const length = Math.round((ms * format.sampleRateHz) / 1000);
      for (const frame of framesOf(ramp(length, first), format, 7)) sink.write(frame);
    },
    heardNumbers: () => numbersIn(values, format.channels).filter((number) => number !== -1),
  };
}

/** The numbers that frames hold, one for each sample frame; -1 is silence. */
const numbersIn = (frames: readonly AudioFrame[], channels: number): number[] =>
  frames.flatMap(({ samples }) =>
    Array.from(samples)
      .filter((_, index) => index % channels === 0)
      .map((sample) => sample * 2 ** 17 - 1),
  );

const count = (length: number): number[] => Array.from({ length }, (_, index) => index);

/**
 * The clauses that every `Loudspeaker` and its `AudioSink` keep.
 *
 * @remarks
 * The sink must render the numbers k / 131072 as they are.
 * @public
 */
export function describeLoudspeakerContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, setup, capabilities }: LoudspeakerContract,
): void {
  const { maxQueuedMs, committedMs = 10, tailMs = 0, openMs = 0, lossMs = 100 } = capabilities;
  const clause = (says: string, body: (device: LoudspeakerContractSetup) => void | Promise<void>): void => {
    it(says, onFreshDevice(setup, body));
  };
  const toSamples = (sink: AudioSink, ms: number): number =>
    Math.round((ms * sink.format.sampleRateHz) / 1000);

  describe(`${name}, as every loudspeaker`, () => {
    clause('opens nothing until somebody subscribes, then emits one sink and stays', async (device) => {
      device.loudspeaker.openSink();
      const unused$ = device.loudspeaker.openSink();
      await device.advance(30);
      const opening = watch(unused$);
      await patiently(device, openMs, () => opening.values.length > 0);
      await device.advance(100);

      expect([opening.values.length, opening.end()]).toEqual([1, 'open']);
      opening.subscription.unsubscribe();
    });

    clause('renders contiguous frames of silence while nothing is written', async (device) => {
      const { sink, rendered, subscription } = await open(device, openMs);
      await device.advance(100);
      subscription.unsubscribe();

      expect(rendered.values.length).toBeGreaterThan(1);
      for (const [index, frame] of rendered.values.entries()) {
        const before = rendered.values[index - 1];
        expect(sameFormat(frame.format, sink.format), 'same format').toBe(true);
        expect(frame.samples.length).toBe(frame.samplesPerChannel * sink.format.channels);
        expect(
          frame.samples.every((sample) => sample === 0),
          'silent',
        ).toBe(true);
        const gapMs = before ? frame.timestampMs - endMs(before) : 0;
        expect(Math.abs(gapMs), `gap before frame ${index}`).toBeLessThanOrEqual(
          1000 / sink.format.sampleRateHz,
        );
      }
      expect(sink.position()).toEqual({ heardMs: 0, queuedMs: 0 });
    });

    clause('renders what was written, in order and whole, on every channel', async (device) => {
      const { sink, rendered, heardNumbers, subscription } = await open(device, openMs);
      await device.advance(15);
      const samples = ramp(toSamples(sink, 120));
      let written = 0;
      for (const length of [1, 2, 479, 0, 481, 1000, Number.POSITIVE_INFINITY]) {
        const piece = samples.subarray(written, written + length);
        for (const frame of framesOf(piece, sink.format, 10_000)) sink.write(frame);
        if (piece.length === 0) sink.write(audioFrame(sink.format, new Float32Array(0), 0));
        written += piece.length;
      }
      await device.advance(300);
      subscription.unsubscribe();

      expect(heardNumbers()).toEqual(count(samples.length));
      const { channels } = sink.format;
      for (const frame of rendered.values) {
        const isSame = frame.samples.every((sample, i) => sample === frame.samples[i - (i % channels)]);
        expect(isSame, 'the same on every channel').toBe(true);
      }
    });

    clause('never lets heardMs decrease, and heard and queued add up to what was written', async (device) => {
      const { sink, writeRamp, subscription } = await open(device, openMs);
      let expected = 0;
      let last: PlayoutPosition = sink.position();
      for (let step = 0; step < 40; step += 1) {
        if (step % 5 === 0) {
          writeRamp(33);
          expected += toSamples(sink, 33);
        }
        if (step % 13 === 12) expected = toSamples(sink, sink.flush().heardMs);
        const position = sink.position();
        expect(position.heardMs, `heardMs at step ${step}`).toBeGreaterThanOrEqual(last.heardMs);
        expect(position.queuedMs, `queuedMs at step ${step}`).toBeGreaterThanOrEqual(0);
        expect(position.heardMs + position.queuedMs, `sum at step ${step}`).toBeCloseTo(
          (expected * 1000) / sink.format.sampleRateHz,
          6,
        );
        last = position;
        await device.advance(3 + (step % 7));
      }
      subscription.unsubscribe();
    });

    clause('renders no sample of what was flushed after the period that flush counted', async (device) => {
      const { sink, writeRamp, heardNumbers, subscription } = await open(device, openMs);
      writeRamp(400);
      await device.advance(55);
      const cut = sink.flush();
      const heard = toSamples(sink, cut.heardMs);
      const underWay = heard - heardNumbers().length;
      await device.advance(300);
      subscription.unsubscribe();

      expect(cut.queuedMs).toBe(0);
      expect(underWay, 'what flush counts and was not rendered yet').toBeGreaterThanOrEqual(0);
      expect(underWay, 'what flush counts and was not rendered yet').toBeLessThanOrEqual(
        toSamples(sink, tailMs),
      );
      expect(heardNumbers()).toEqual(count(heard));
      expect(sink.position()).toEqual(cut);
    });

    clause('continues exactly at the returned position when written again after a flush', async (device) => {
      const { sink, writeRamp, heardNumbers, subscription } = await open(device, openMs);
      writeRamp(300);
      await device.advance(42);
      const first = toSamples(sink, sink.flush().heardMs);
      writeRamp(300, first);
      await device.advance(57);
      const second = toSamples(sink, sink.flush().heardMs);
      await device.advance(33);
      writeRamp(50, second);
      await device.advance(250);
      subscription.unsubscribe();

      expect(heardNumbers()).toEqual(count(second + toSamples(sink, 50)));
    });

    clause('takes back softly what it can, and what follows joins on without a seam', async (device) => {
      const { sink, rendered, writeRamp, subscription } = await open(device, openMs);
      writeRamp(300);
      await device.advance(60 + committedMs);
      const before = sink.position();
      const cut = sink.flush('soft');
      writeRamp(150, toSamples(sink, cut.heardMs));
      const after = sink.position();
      await device.advance(350 + 2 * committedMs);
      subscription.unsubscribe();

      expect(cut.queuedMs).toBe(0);
      expect(cut.heardMs).toBeGreaterThanOrEqual(before.heardMs);
      expect(cut.heardMs - before.heardMs, 'out of reach').toBeLessThanOrEqual(committedMs + 0.01);
      const again = (toSamples(sink, 150) * 1000) / sink.format.sampleRateHz;
      expect(after.heardMs + after.queuedMs).toBeCloseTo(cut.heardMs + again, 6);
      const numbers = numbersIn(rendered.values, sink.format.channels);
      const first = numbers.findIndex((number) => number !== -1);
      const length = toSamples(sink, cut.heardMs) + toSamples(sink, 150);
      expect(numbers.slice(first, first + length)).toEqual(count(length));
    });

    clause('lets what a soft flush could not take back be heard, and nothing more', async (device) => {
      const { sink, heardNumbers, writeRamp, subscription } = await open(device, openMs);
      writeRamp(300);
      await device.advance(60 + committedMs);
      const cut = sink.flush('soft');
      const drain = watch(sink.drain());
      await device.advance(200 + 2 * committedMs);
      subscription.unsubscribe();

      expect(heardNumbers()).toEqual(count(toSamples(sink, cut.heardMs)));
      expect(sink.position()).toEqual(cut);
      expect([drain.values, drain.end()]).toEqual([[cut], 'completed']);
    });

    clause('drains when the last sample written before was heard, and no earlier', async (device) => {
      const { sink, rendered, writeRamp, subscription } = await open(device, openMs);
      writeRamp(100);
      let drainedMs = 0;
      const drain = watch(sink.drain(), () => {
        drainedMs = device.now();
      });
      expect(drain.end()).toBe('open');
      // Later audio is not waited for.
      const later = audioFrame(
        sink.format,
        new Float32Array(toSamples(sink, maxQueuedMs - 120) * sink.format.channels),
        0,
      );
      sink.write(later);
      await device.advance(200 + 2 * committedMs);
      subscription.unsubscribe();

      expect([drain.values.length, drain.end()]).toEqual([1, 'completed']);
      const [position] = drain.values as [PlayoutPosition];
      expect(position.heardMs).toBeGreaterThanOrEqual(100);
      const firstHeard = rendered.values.find(({ samples }) => samples.some((sample) => sample !== 0));
      const startMs = (firstHeard?.timestampMs ?? Number.NaN) + silenceBeforeMs(firstHeard);
      expect(drainedMs - startMs).toBeGreaterThanOrEqual(100 - 0.01);
    });

    clause('drains at once when all was heard or flushed', async (device) => {
      const { sink, writeRamp, subscription } = await open(device, openMs);
      expect(watch(sink.drain()).end(), 'nothing was written').toBe('completed');

      writeRamp(300);
      await device.advance(25);
      const waiting = watch(sink.drain());
      const cut = sink.flush();
      expect(waiting.end(), 'a drain that a flush overtook').toBe('completed');
      expect(waiting.values).toEqual([cut]);

      const after = watch(sink.drain());
      await device.advance(30);
      expect([after.values, after.end()], 'a drain after the flush').toEqual([[cut], 'completed']);
      subscription.unsubscribe();
    });

    clause('forgets a drain that is unsubscribed', async (device) => {
      const { sink, writeRamp, subscription } = await open(device, openMs);
      writeRamp(50);
      const drain = watch(sink.drain());
      drain.subscription.unsubscribe();
      await device.advance(150);
      expect(drain.values).toEqual([]);
      subscription.unsubscribe();
    });

    clause('refuses another layout and goes on', async (device) => {
      const { sink, writeRamp, heardNumbers, subscription } = await open(device, openMs);
      const { sampleRateHz, channels } = sink.format;
      const otherRate = { sampleRateHz: sampleRateHz === 16_000 ? 48_000 : 16_000, channels };
      const otherChannels = { sampleRateHz, channels: channels + 1 };
      for (const format of [otherRate, otherChannels]) {
        const frame = audioFrame(format, new Float32Array(10 * format.channels).fill(0.5), 0);
        expect(thrownBy(() => sink.write(frame))).toBe('DEVICE_FORMAT_UNSUPPORTED');
      }
      writeRamp(20);
      await device.advance(100);
      expect(heardNumbers()).toEqual(count(toSamples(sink, 20)));
      subscription.unsubscribe();
    });

    clause('holds no more than its bound, and takes more when there is room', async (device) => {
      const { sink, subscription } = await open(device, openMs);
      const second = audioFrame(
        sink.format,
        new Float32Array(sink.format.sampleRateHz * sink.format.channels).fill(0.25),
        0,
      );
      for (let writtenMs = 0; writtenMs < 2 * maxQueuedMs; writtenMs += 1000) sink.write(second);
      const full = sink.position();
      expect(full.queuedMs).toBeLessThanOrEqual(maxQueuedMs + committedMs);
      expect(full.queuedMs).toBeGreaterThan(0);

      await device.advance(100);
      const before = sink.position();
      sink.write(second);
      const after = sink.position();
      expect(after.queuedMs + after.heardMs).toBeGreaterThan(before.queuedMs + before.heardMs);
      expect(after.queuedMs).toBeLessThanOrEqual(maxQueuedMs + committedMs);
      subscription.unsubscribe();
    });

    clause('can be closed twice; then it only answers', async (device) => {
      const { sink, rendered, writeRamp } = await open(device, openMs);
      writeRamp(300);
      await device.advance(45);
      const drain = watch(sink.drain());
      sink.close();
      sink.close();
      const frames = rendered.values.length;
      await device.advance(100);

      expect(rendered.end()).toBe('completed');
      expect(rendered.values.length, 'frames after close').toBe(frames);
      expect(drain.end(), 'a drain that was waiting').toBe('completed');
      expect(thrownBy(() => writeRamp(10))).toBe('DEVICE_CLOSED');
      const position = sink.position();
      expect(position.queuedMs).toBe(0);
      expect(sink.flush()).toEqual(position);
      expect(watch(sink.drain()).end()).toBe('completed');
    });

    clause('closes its sink when unsubscribed, and can be opened again', async (device) => {
      const first = await open(device, openMs);
      first.writeRamp(100);
      await device.advance(30);
      first.subscription.unsubscribe();
      expect(first.rendered.end()).toBe('completed');
      expect(thrownBy(() => first.writeRamp(10))).toBe('DEVICE_CLOSED');

      const second = await open(device, openMs);
      expect(second.sink.position()).toEqual({ heardMs: 0, queuedMs: 0 });
      second.writeRamp(40);
      await device.advance(150);
      second.subscription.unsubscribe();
      expect(second.heardNumbers()).toEqual(count(toSamples(second.sink, 40)));
    });

    clause('never changes a frame that it has rendered', async (device) => {
      const { sink, writeRamp, subscription } = await open(device, openMs);
      const copies: Float32Array[] = [];
      const late = watch(sink.rendered$, (frame) => copies.push(frame.samples.slice()));
      writeRamp(60);
      await device.advance(150);
      subscription.unsubscribe();

      expect(copies.length).toBeGreaterThan(0);
      expect(late.values.map((frame) => frame.samples)).toEqual(copies);
    });

    if (capabilities.vanishes) {
      clause('says when it vanishes, and works when it is back', async (device) => {
        const first = await open(device, openMs);
        first.writeRamp(400);
        await device.advance(50);
        const drain = watch(first.sink.drain());
        await device.vanish?.();
        await patiently(device, lossMs, () => first.opening.end() !== 'open');
        const lost = { code: 'DEVICE_LOST', retryable: true };
        expect(first.opening.end(), 'openSink').toEqual(lost);
        expect(first.rendered.end(), 'rendered$').toEqual(lost);
        expect(drain.end(), 'a drain that was waiting').toEqual(lost);
        expect(thrownBy(() => first.writeRamp(10))).toBe('DEVICE_CLOSED');
        expect(first.sink.position().heardMs).toBeLessThanOrEqual(400);

        const away = watch(device.loudspeaker.openSink());
        await patiently(device, Math.max(50, openMs), () => away.end() !== 'open');
        expect(isAway(away.end()), `opening it while it is away: ${JSON.stringify(away.end())}`).toBe(true);

        await device.comeBack?.();
        const second = await open(device, openMs);
        second.writeRamp(40);
        await device.advance(150);
        second.subscription.unsubscribe();
        expect(second.heardNumbers()).toEqual(count(toSamples(second.sink, 40)));
      });
    }
  });
}

/** How much silence a frame begins with. */
function silenceBeforeMs(frame: AudioFrame | undefined): number {
  if (!frame) return 0;
  const first = frame.samples.findIndex((sample) => sample !== 0);
  return (Math.floor(first / frame.format.channels) * 1000) / frame.format.sampleRateHz;
}
