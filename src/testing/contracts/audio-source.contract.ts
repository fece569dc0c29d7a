import { take } from 'rxjs';
import { type AudioFrame, endMs, sameFormat } from '../../core/audio/audio-frame.js';
import type { AudioSource } from '../../core/ports/audio-source.js';
import {
  type DeviceContractSetup,
  type DevicePatience,
  isAway,
  onFreshDevice,
  patiently,
  type Watched,
  watch,
} from './device-setup.js';
import type { ContractTestFunctions } from './test-functions.js';

/** A source under test. @public */
export interface AudioSourceContractSetup extends DeviceContractSetup {
  readonly source: AudioSource;
}

/** What is said about a source under test. @public */
export interface AudioSourceContract {
  /** What the suite is called in the report. */
  readonly name: string;
  /** Makes a fresh source for each clause. It must give frames for at least two seconds, unless it `completes`. */
  readonly setup: () => AudioSourceContractSetup | Promise<AudioSourceContractSetup>;
  readonly capabilities: DevicePatience & {
    /** The setup can unplug it. */
    readonly vanishes: boolean;
    /** It ends by itself within two seconds of being opened, but not within the first half. */
    readonly completes: boolean;
  };
  /**
   * How far apart the clock of the frames and the test's may be, for devices that keep their own. Units: milliseconds.
   * @defaultValue 0.01
   */
  readonly clockToleranceMs?: number;
}

/**
 * The clauses that every `AudioSource` keeps.
 *
 * @example
 * describeAudioSourceContract({ describe, it, expect }, {
 *   name: 'my microphone',
 *   setup: () => ({ source: myMicrophone(clock.scheduler), now: () => clock.nowMs, advance: clock.advanceBy }),
 *   capabilities: { vanishes: false, completes: false },
 * });
 * @public
 */
export function describeAudioSourceContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, setup, capabilities, clockToleranceMs = 0.01 }: AudioSourceContract,
): void {
  const clause = (says: string, body: (device: AudioSourceContractSetup) => void | Promise<void>): void => {
    it(says, onFreshDevice(setup, body));
  };
  const { openMs = 0, lossMs = 100 } = capabilities;
  /** Subscribe, and wait for the first frame of a device that takes its time to open. */
  const begin = async (
    device: AudioSourceContractSetup,
    frames$ = device.source.capture(),
    onFrame: (frame: AudioFrame) => void = () => {},
  ): Promise<Watched<AudioFrame>> => {
    const capture = watch(frames$, onFrame);
    await patiently(device, openMs, () => capture.values.length > 0 || capture.end() !== 'open');
    return capture;
  };

  describe(`${name}, as every audio source`, () => {
    clause('opens nothing until somebody subscribes', async (device) => {
      const { source, now, advance } = device;
      source.capture();
      const unused$ = source.capture();
      await advance(50);

      const subscribedMs = now();
      const capture = watch(unused$);
      expect(capture.values.length, 'frames on subscription').toBe(0);
      await patiently(device, openMs, () => capture.values.length > 0);
      await advance(100);

      expect(capture.values.length, 'frames').toBeGreaterThan(0);
      const first = capture.values[0] as AudioFrame;
      // A device may begin inside a sample, so one sample is granted.
      const openedMs = subscribedMs - clockToleranceMs - 1000 / source.format.sampleRateHz;
      expect(first.timestampMs, 'first sample').toBeGreaterThanOrEqual(openedMs);
      capture.subscription.unsubscribe();
    });

    clause('emits whole frames of its format, in range', async (device) => {
      const { source, advance } = device;
      const { values, subscription } = await begin(device);
      await advance(100);
      subscription.unsubscribe();

      for (const frame of values) {
        expect(sameFormat(frame.format, source.format), 'same format').toBe(true);
        expect(Number.isInteger(frame.samplesPerChannel) && frame.samplesPerChannel > 0, 'whole').toBe(true);
        expect(frame.samples.length).toBe(frame.samplesPerChannel * frame.format.channels);
        expect(
          frame.samples.every((sample) => Math.abs(sample) <= 1),
          'samples in [-1, 1]',
        ).toBe(true);
      }
      expect(values.length).toBeGreaterThan(0);
    });

    clause('emits contiguous frames', async (device) => {
      const { source, advance } = device;
      const { values, subscription } = await begin(device);
      await advance(300);
      subscription.unsubscribe();

      expect(values.length).toBeGreaterThan(1);
      const sampleMs = 1000 / source.format.sampleRateHz;
      for (const [index, frame] of values.slice(1).entries()) {
        const gapMs = frame.timestampMs - endMs(values[index] as AudioFrame);
        expect(Math.abs(gapMs), `gap before frame ${index + 1}`).toBeLessThanOrEqual(sampleMs);
      }
    });

    clause('never emits a frame before its last sample was captured', async (device) => {
      const { source, now, advance } = device;
      const earlyMs: number[] = [];
      const { subscription } = await begin(device, source.capture(), (frame) =>
        earlyMs.push(endMs(frame) - now()),
      );
      await advance(300);
      subscription.unsubscribe();

      expect(earlyMs.length).toBeGreaterThan(0);
      expect(Math.max(...earlyMs)).toBeLessThanOrEqual(clockToleranceMs);
    });

    clause('never changes a frame that it has emitted', async (device) => {
      const { source, advance } = device;
      const copies: Float32Array[] = [];
      const { values, subscription } = await begin(device, source.capture(), (frame) =>
        copies.push(frame.samples.slice()),
      );
      await advance(200);
      subscription.unsubscribe();

      expect(values.map((frame) => frame.samples)).toEqual(copies);
      expect(new Set(values.map((frame) => frame.samples.buffer)).size).toBe(values.length);
    });

    clause('falls silent when unsubscribed, and can be opened again', async (device) => {
      const { advance } = device;
      const first = await begin(device);
      await advance(100);
      first.subscription.unsubscribe();
      const emitted = first.values.length;
      await advance(100);
      expect(first.values.length, 'frames after unsubscribing').toBe(emitted);

      const second = await begin(device);
      await advance(100);
      second.subscription.unsubscribe();

      expect(second.end()).toBe('open');
      expect(second.values.length).toBeGreaterThan(0);
      expect((second.values[0] as AudioFrame).timestampMs).toBeGreaterThanOrEqual(
        endMs(first.values.at(-1) as AudioFrame) - clockToleranceMs,
      );
    });

    clause('can be opened again in the same breath', async (device) => {
      const { advance } = device;
      const first = await begin(device);
      await advance(50);
      first.subscription.unsubscribe();
      const second = await begin(device);
      await advance(100);
      second.subscription.unsubscribe();

      expect(second.end()).toBe('open');
      expect(second.values.length).toBeGreaterThan(0);
    });

    clause('stops at once when unsubscribed from inside a frame', async (device) => {
      const { source, advance } = device;
      const first = await begin(device, source.capture().pipe(take(1)));
      await advance(100);
      expect([first.values.length, first.end()]).toEqual([1, 'completed']);

      const second = await begin(device);
      await advance(100);
      second.subscription.unsubscribe();
      expect(second.values.length).toBeGreaterThan(0);
    });

    clause('serves a second listener, or says that it is busy', async (device) => {
      const { advance } = device;
      const first = await begin(device);
      await advance(50);
      const second = await begin(device);
      const emitted = first.values.length;
      await advance(100);

      expect(first.end(), 'the first listener').toBe('open');
      expect(first.values.length).toBeGreaterThan(emitted);
      const end = second.end();
      if (end === 'open') expect(second.values.length).toBeGreaterThan(0);
      else expect(end).toEqual({ code: 'DEVICE_BUSY', retryable: true });
      first.subscription.unsubscribe();
      second.subscription.unsubscribe();
    });

    if (capabilities.completes) {
      clause('completes after its last frame, each time', async (device) => {
        const { advance } = device;
        for (const time of ['first', 'second']) {
          const capture = await begin(device);
          await advance(2500);
          expect(capture.end(), `the ${time} time`).toBe('completed');
          expect(capture.values.length).toBeGreaterThan(0);
        }
      });
    } else {
      clause('goes on until it is unsubscribed', async (device) => {
        const { advance } = device;
        const capture = await begin(device);
        await advance(1000);
        expect(capture.end()).toBe('open');
        capture.subscription.unsubscribe();
      });
    }

    if (capabilities.vanishes) {
      clause('says when it vanishes, and works when it is back', async (device) => {
        const { advance } = device;
        const first = await begin(device);
        await advance(100);
        await device.vanish?.();
        await patiently(device, lossMs, () => first.end() !== 'open');
        const emitted = first.values.length;
        expect(first.end()).toEqual({ code: 'DEVICE_LOST', retryable: true });

        const away = await begin(device);
        await patiently(device, openMs, () => away.end() !== 'open');
        expect(isAway(away.end()), `opening it while it is away: ${JSON.stringify(away.end())}`).toBe(true);
        expect(away.values.length).toBe(0);

        await device.comeBack?.();
        await advance(20);
        const second = await begin(device);
        await advance(100);
        second.subscription.unsubscribe();
        expect(second.end()).toBe('open');
        expect(second.values.length).toBeGreaterThan(0);
        expect((second.values[0] as AudioFrame).timestampMs).toBeGreaterThan(
          endMs(first.values.at(-1) as AudioFrame),
        );
        expect(first.values.length, 'frames after it vanished').toBe(emitted);
      });
    }
  });
}
