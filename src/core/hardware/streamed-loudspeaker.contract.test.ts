import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import { type PlayoutDeviceScript, playoutDevice } from '../../../test/support/playout-device.js';
import { describeLoudspeakerContract } from '../../testing/contracts/loudspeaker.contract.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import type { PcmFormat } from '../audio/audio-frame.js';
import { streamedLoudspeaker } from './streamed-loudspeaker.js';
import type { StreamedLoudspeakerOptions } from './streamed-loudspeaker-options.js';

const mono48 = { sampleRateHz: 48_000, channels: 1 };
const random = randomNumbers(7);

interface Kind {
  readonly name: string;
  readonly device?: Omit<PlayoutDeviceScript, 'scheduler'>;
  /** @defaultValue 48 kHz, mono */
  readonly format?: PcmFormat;
  readonly options?: Partial<StreamedLoudspeakerOptions>;
  /** Units: ms; with the hardware, beyond what is audible. */
  readonly committedMs: number;
}

const kinds: readonly Kind[] = [
  { name: 'that tells its position every 50 ms', device: { lowMs: () => 5 * random() }, committedMs: 60 },
  { name: 'that counts periods of 10 ms', device: { reportEveryMs: 10, grainMs: 10 }, committedMs: 60 },
  { name: 'whose clock is 200 ppm fast', device: { ppm: 200, reportEveryMs: 10 }, committedMs: 60 },
  { name: 'whose clock is 200 ppm slow', device: { ppm: -200 }, committedMs: 60 },
  { name: 'with two channels', device: { format: { sampleRateHz: 48_000, channels: 2 } }, committedMs: 60 },
  { name: 'at 44.1 kHz', device: { format: { sampleRateHz: 44_100, channels: 1 } }, committedMs: 60 },
  {
    name: 'at 44.1 kHz that gives back what it can',
    device: { format: { sampleRateHz: 44_100, channels: 2 }, reachMs: 15 },
    committedMs: 50,
  },
  { name: 'that gives back what it can', device: { reachMs: 15 }, committedMs: 40 },
  {
    name: 'in whose periods samples do not fit whole',
    format: { sampleRateHz: 44_100, channels: 1 },
    committedMs: 60,
  },
  {
    name: 'with two channels, in periods of 10 ms, both converted',
    format: { sampleRateHz: 16_000, channels: 2 },
    device: { format: { sampleRateHz: 48_000, channels: 2 }, reachMs: 15 },
    options: { periodMs: 10 },
    committedMs: 70,
  },
  { name: 'that is slow to open and to start', device: { openMs: 20, startMs: () => 30 }, committedMs: 60 },
];

for (const { name, device: script, format = mono48, options, committedMs } of kinds) {
  describeLoudspeakerContract(
    { describe, it, expect },
    {
      name: `a streamed loudspeaker over a device ${name}`,
      capabilities: { vanishes: true, maxQueuedMs: 1000, committedMs, openMs: 500 },
      setup() {
        const clock = createVirtualClock();
        clock.run(1000);
        const device = playoutDevice({ scheduler: clock.scheduler, format, ...script });
        return {
          loudspeaker: streamedLoudspeaker({
            driver: device.driver,
            format,
            scheduler: clock.scheduler,
            maxQueuedMs: 1000,
            ...options,
          }),
          now: () => clock.nowMs,
          advance: clock.advanceBy,
          vanish: () => device.vanish(),
          comeBack: device.comeBack,
        };
      },
    },
  );
}
