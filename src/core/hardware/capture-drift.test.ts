import { describe, expect, it } from 'vitest';
import { captureDevice, randomNumbers } from '../../../test/support/capture-device.js';
import { fitSine } from '../../../test/support/sine-fit.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import type { DriftConverter } from '../audio/drift-converter.js';
import type { DeviceReport } from '../ports/device-report.js';
import { createCaptureClock } from './capture-clock.js';
import { createCaptureFramer } from './capture-framer.js';
import { createDriftLock } from './drift-lock.js';
import { createStreamClock } from './stream-clock.js';
import { streamedMicrophone } from './streamed-microphone.js';
import type { StreamedMicrophoneOptions } from './streamed-microphone-options.js';
import type { Timeline } from './timeline.js';

const hourMs = 3_600_000;

/** Counts as the real converter does, without computing any sound. */
function countingConverter(): DriftConverter {
  const silence = new Float32Array(4096);
  let inputs = 0;
  let position = 0;
  let ppm = 0;
  return {
    get ppm() {
      return ppm;
    },
    get inputsPerOutput() {
      return 1 / (1 + ppm * 1e-6);
    },
    get nextInputPosition() {
      return position;
    },
    setPpm(next) {
      ppm = next;
    },
    push(samples) {
      inputs += samples.length;
      const outputs = Math.max(0, Math.ceil((inputs - position) * (1 + ppm * 1e-6) - 1e-9));
      position += outputs / (1 + ppm * 1e-6);
      return silence.subarray(0, outputs);
    },
  };
}

/** Delays with a floor, a tail and now and then a process that stands still. Units: ms. */
function arrivals(seed: number): (completeMs: number) => number {
  const random = randomNumbers(seed);
  let lastMs = 0;
  let stalledUntilMs = 0;
  return (completeMs) => {
    if (random() < 1e-4) stalledUntilMs = completeMs + 3000 * random();
    const jitterMs = random() < 0.02 ? 40 * random() : -2 * Math.log(1 - random());
    lastMs = Math.max(lastMs, stalledUntilMs, completeMs + 5 + jitterMs);
    return lastMs;
  };
}

/** What is seen of a loudspeaker: its position, reported every 100 ms, late by more or less. */
function observedLoudspeaker(
  sampleRateHz: number,
  ppm: number,
): { timeline: Timeline; until: (ms: number) => void } {
  const clock = createStreamClock(sampleRateHz);
  const perMs = sampleRateHz / 1000;
  const arrival = arrivals(11);
  let reportedMs = 0;
  return {
    timeline: { at: (ms) => clock.countAt(ms) / perMs },
    until(ms) {
      for (; reportedMs <= ms; reportedMs += 100) {
        clock.observe(reportedMs * perMs * (1 + ppm * 1e-6), arrival(reportedMs));
      }
    },
  };
}

interface Day {
  /** Echo delay in samples of the two streams, against its mean. Units: ms. */
  readonly lowMs: number;
  readonly highMs: number;
  /** How much later than true a frame was stamped. Units: ms. */
  readonly stampLowMs: number;
  readonly stampHighMs: number;
  readonly largestPpm: number;
  /** Against the true pitch of what was heard. */
  readonly largestPitchPpm: number;
  readonly resets: number;
  readonly frames: number;
}

/** Everything real but the sound: clocks, controller and accounting of frames, at the lowest rate and in blocks of 100 ms. */
function captureFor(hours: number, { microphonePpm = -100, loudspeakerPpm = 100, isLocked = true }): Day {
  const sampleRateHz = 8000;
  const perMs = sampleRateHz / 1000;
  const truePerMs = perMs * (1 + microphonePpm * 1e-6);
  const { timeline, until } = observedLoudspeaker(sampleRateHz, loudspeakerPpm);
  const clock = createCaptureClock(sampleRateHz, 0);
  const converter = countingConverter();
  const framer = createCaptureFramer({
    format: { sampleRateHz, channels: 1 },
    frameSamples: 800,
    converter,
    clock,
    lock: isLocked ? createDriftLock(timeline) : undefined,
  });
  const block = new Float32Array(800);
  const arrival = arrivals(5);
  let outputs = 0;
  let count = 0;
  let [lowMs, highMs, stampLowMs, stampHighMs] = [Infinity, -Infinity, Infinity, -Infinity];
  let [largestPpm, largestPitchPpm, resets, frames] = [0, 0, 0, 0];
  while (count < hours * hourMs * truePerMs) {
    count += block.length;
    const atMs = arrival(count / truePerMs);
    until(atMs);
    if (clock.observe(count, atMs)) resets += 1;
    const before = converter.nextInputPosition;
    framer.push(block);
    outputs += Math.round((converter.nextInputPosition - before) / converter.inputsPerOutput);
    if (!clock.isSettled) continue;
    for (
      let endsMs = framer.nextEndMs();
      endsMs !== undefined && endsMs <= atMs;
      endsMs = framer.nextEndMs()
    ) {
      const first = converter.nextInputPosition - (outputs - frames * 800) * converter.inputsPerOutput;
      const lateMs = framer.shift().timestampMs - first / truePerMs;
      stampLowMs = Math.min(stampLowMs, lateMs);
      stampHighMs = Math.max(stampHighMs, lateMs);
      frames += 1;
    }
    framer.correct(atMs);
    largestPpm = Math.max(largestPpm, Math.abs(converter.ppm));
    largestPitchPpm = Math.max(largestPitchPpm, Math.abs(microphonePpm + converter.ppm));
    // The output with number `outputs` was captured at this time; the loudspeaker had played so much by then.
    const capturedMs = converter.nextInputPosition / truePerMs;
    const delayMs = outputs / perMs - capturedMs * (1 + loudspeakerPpm * 1e-6);
    lowMs = Math.min(lowMs, delayMs);
    highMs = Math.max(highMs, delayMs);
  }
  return { lowMs, highMs, stampLowMs, stampHighMs, largestPpm, largestPitchPpm, resets, frames };
}

describe('a microphone and a loudspeaker whose clocks differ by 200 ppm', () => {
  it('keep their echo delay within 5 ms for 24 hours, without a gap or an audible change of pitch', () => {
    const day = captureFor(24, {});

    expect(day.highMs - day.lowMs).toBeLessThan(2.5);
    expect(day.resets).toBe(0);
    expect(day.largestPpm).toBeLessThan(500);
    expect(day.largestPitchPpm).toBeLessThan(500);
    expect(day.stampLowMs).toBeGreaterThan(4);
    expect(day.stampHighMs).toBeLessThan(12);
    expect(day.frames).toBeGreaterThan((24 * hourMs) / 100 - 100);
  });

  it('drift apart by seconds without correction, which is what the test above would see', () => {
    const day = captureFor(2, { isLocked: false });

    expect(day.highMs - day.lowMs).toBeGreaterThan(1300);
  });

  it('keep their echo delay also when the microphone is the fast one', () => {
    const day = captureFor(2, { microphonePpm: 120, loudspeakerPpm: -80 });

    expect(day.highMs - day.lowMs).toBeLessThan(2.5);
    expect(day.largestPitchPpm).toBeLessThan(500);
  });
});

const rate = 16_000;
const echoHz = 400;

interface Heard {
  /** Echo delay of each second, in ms. */
  readonly delayMs: readonly number[];
  readonly samples: Float32Array;
  readonly reports: readonly DeviceReport[];
}

/** A tone that a loudspeaker plays and a microphone hears 60 ms later, each by its own clock. */
function hearEcho(
  seconds: number,
  {
    microphonePpm = -100,
    loudspeakerPpm = 100,
    deviceHz = rate,
    ...options
  }: Partial<StreamedMicrophoneOptions> & {
    readonly microphonePpm?: number;
    readonly loudspeakerPpm?: number;
    readonly deviceHz?: number;
  },
): Heard {
  const clock = createVirtualClock();
  const random = randomNumbers(9);
  const playedAt = (ms: number): number => (ms - 60) * 1e-3 * (1 + loudspeakerPpm * 1e-6);
  const device = captureDevice({
    scheduler: clock.scheduler,
    format: { sampleRateHz: deviceHz, channels: 1 },
    ppm: microphonePpm,
    signal: (index) => 0.5 * Math.sin(2 * Math.PI * echoHz * playedAt(device.msOf(index))),
    latencyMs: () => 4 + 6 * random() ** 2,
  });
  const microphone = streamedMicrophone({
    driver: device.driver,
    format: { sampleRateHz: rate, channels: 1 },
    scheduler: clock.scheduler,
    timeline: { at: (ms) => ms * (1 + loudspeakerPpm * 1e-6) },
    ...options,
  });
  const samples = new Float32Array(seconds * rate);
  const reports: DeviceReport[] = [];
  let length = 0;
  microphone.reports$.subscribe((report) => reports.push(report));
  microphone.capture().subscribe((frame) => {
    samples.set(frame.samples.subarray(0, samples.length - length), length);
    length = Math.min(samples.length, length + frame.samples.length);
  });
  clock.run(seconds * 1000 + 500);
  const delayMs: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const { phase } = fitSine(samples.subarray(second * rate, (second + 1) * rate), echoHz, rate);
    const delay = (-phase / (2 * Math.PI * echoHz)) * 1000;
    const periodMs = 1000 / echoHz;
    const last = delayMs.at(-1) ?? 60;
    delayMs.push(delay + Math.round((last - delay) / periodMs) * periodMs);
  }
  return { delayMs, samples, reports };
}

/** How bent the wave is at its sharpest, against a sine: a click bends it more. */
function sharpness(samples: Float32Array, frequencyHz: number, peak: number): number {
  const step = (2 * Math.PI * frequencyHz) / rate;
  let most = 0;
  // The tone is there at once when the device is opened; that is left out.
  for (let n = rate / 50; n < samples.length - 1; n += 1) {
    const bend = (samples[n + 1] as number) - 2 * (samples[n] as number) + (samples[n - 1] as number);
    most = Math.max(most, Math.abs(bend));
  }
  return most / (peak * 2 * (1 - Math.cos(step)));
}

describe('an echo that is really heard', () => {
  it.each([rate, 44_100])(
    'keeps its delay and its pitch, without a click, from a device of %d Hz',
    (deviceHz) => {
      const { delayMs, samples, reports } = hearEcho(deviceHz === rate ? 240 : 60, { deviceHz });
      const pitchPpm = delayMs.slice(1).map((ms, second) => (ms - (delayMs[second] as number)) * 1000);

      expect(Math.max(...delayMs) - Math.min(...delayMs)).toBeLessThan(2.5);
      // Measured against the loudspeaker's own idea of the pitch, which is 100 ppm off itself.
      expect(Math.max(...pitchPpm.map(Math.abs))).toBeLessThan(400);
      expect(sharpness(samples, echoHz, 0.5)).toBeLessThan(1.01);
      expect(reports.filter((report) => report.type === 'fact')).toEqual([]);
    },
  );

  it('wanders off without correction', () => {
    const { delayMs } = hearEcho(60, { driftCorrection: 'off' });

    expect((delayMs.at(-1) as number) - (delayMs[0] as number)).toBeCloseTo(-11.8, 0);
  });

  it('is passed through to the bit while the two clocks agree', () => {
    const agreeing = hearEcho(60, { microphonePpm: 0, loudspeakerPpm: 0 });
    const untouched = hearEcho(60, { microphonePpm: 0, loudspeakerPpm: 0, driftCorrection: 'off' });

    expect(agreeing.samples.every((sample, n) => sample === untouched.samples[n])).toBe(true);
  });
});
