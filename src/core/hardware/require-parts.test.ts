import { EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { streamedLoudspeaker } from './streamed-loudspeaker.js';
import { streamedMicrophone } from './streamed-microphone.js';

describe.each([
  ['loudspeaker', streamedLoudspeaker, 'playout'],
  ['microphone', streamedMicrophone, 'capture'],
] as const)('a streamed %s', (name, create, direction) => {
  it('is refused at once, and not when it is opened, without what it is made of', () => {
    const parts = {
      driver: { label: 'X', open: () => EMPTY },
      format: { sampleRateHz: 48_000, channels: 1 },
      scheduler: createVirtualClock().scheduler,
    };
    expect(() => create({ ...parts, driver: {} } as never)).toThrow(
      `[OPTION_INVALID] streamed ${name}: driver must be a ${direction} driver`,
    );
    expect(() => create({ ...parts, scheduler: undefined } as never)).toThrow(
      `[OPTION_INVALID] streamed ${name}: scheduler must be an rxjs scheduler`,
    );
  });
});
