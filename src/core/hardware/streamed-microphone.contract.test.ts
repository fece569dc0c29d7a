import { describe, expect, it } from 'vitest';
import {
  type CaptureDeviceScript,
  captureDevice,
  randomNumbers,
} from '../../../test/support/capture-device.js';
import { describeAudioSourceContract } from '../../testing/contracts/audio-source.contract.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { streamedMicrophone } from './streamed-microphone.js';
import type { StreamedMicrophoneOptions } from './streamed-microphone-options.js';

interface Microphone {
  readonly name: string;
  readonly device?: Omit<CaptureDeviceScript, 'scheduler'>;
  readonly options?: Partial<StreamedMicrophoneOptions>;
  readonly sampleRateHz?: number;
  readonly timelinePpm?: number;
}

const jitter = (mostMs: number) => {
  const random = randomNumbers(7);
  return () => 3 + mostMs * random() ** 3;
};

const microphones: readonly Microphone[] = [
  { name: 'a microphone with a steady device' },
  { name: 'one with blocks of odd sizes', device: { blockFrames: [441, 37, 1024, 3] } },
  { name: 'one with arrival jitter', device: { latencyMs: jitter(12) } },
  {
    name: 'one whose process stands still',
    device: { latencyMs: (block) => (block % 40 > 28 ? 10 * (40 - (block % 40)) : 2) },
  },
  { name: 'a stereo one', device: { format: { sampleRateHz: 48_000, channels: 2 } } },
  {
    name: 'a microphone array',
    device: { format: { sampleRateHz: 16_000, channels: 6 }, blockFrames: [341] },
    options: { channel: 5 },
    sampleRateHz: 16_000,
  },
  {
    name: 'one of another rate',
    device: { format: { sampleRateHz: 44_100, channels: 1 }, latencyMs: jitter(4) },
  },
  { name: 'one brought down to 16 kHz', sampleRateHz: 16_000, device: { blockFrames: [512] } },
  {
    name: 'a fast one beside a slow loudspeaker',
    device: { ppm: 200, latencyMs: jitter(2) },
    timelinePpm: -200,
  },
  {
    name: 'a slow one beside a fast loudspeaker',
    device: { ppm: -200, latencyMs: jitter(2) },
    timelinePpm: 200,
  },
];

for (const { name, device: script, options, sampleRateHz = 48_000, timelinePpm } of microphones) {
  describeAudioSourceContract(
    { describe, it, expect },
    {
      name,
      setup: () => {
        const clock = createVirtualClock();
        const device = captureDevice({
          scheduler: clock.scheduler,
          signal: (index, channel) => (channel === 5 ? 0.5 : 2 * Math.sin(index)),
          ...script,
        });
        const source = streamedMicrophone({
          driver: device.driver,
          format: { sampleRateHz, channels: 1 },
          scheduler: clock.scheduler,
          timeline: timelinePpm === undefined ? undefined : { at: (ms) => ms * (1 + timelinePpm * 1e-6) },
          ...options,
        });
        return {
          source,
          now: () => clock.nowMs,
          advance: (ms) => clock.advanceBy(ms),
          vanish: () => device.vanish(),
          comeBack: () => device.comeBack(),
        };
      },
      capabilities: { vanishes: true, completes: false, openMs: 200 },
    },
  );
}
