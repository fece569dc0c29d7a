import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createFakeAudify } from '../../../test/support/fake-audify.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { openRunningStream, type StreamEvents } from './running-stream.js';
import type { StreamSettings } from './stream-settings.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const settings: StreamSettings = {
  direction: 'playout',
  api: 'pulse',
  device: 'default',
  format: { sampleRateHz: 48_000, channels: 1 },
  channel: 'mix',
  bufferMs: 10,
  lowLatency: true,
  pulseLatencyMs: 20,
};

describe('a running stream', () => {
  it.each(['playout', 'capture'] as const)(
    'leaves nothing with the library, which never lets go of its callbacks, once it is closed: %s',
    async (direction) => {
      const fake = createFakeAudify({
        name: 'Both',
        outputChannels: 2,
        inputChannels: 1,
        isDefaultOutput: true,
        isDefaultInput: true,
      });
      const { scheduler } = createVirtualClock();
      let heard = 0;
      const run = (): WeakRef<StreamEvents> => {
        const events: StreamEvents = {
          onBuffer: () => {
            heard += 1;
          },
          onXrun: () => {},
          onFailed: () => {},
        };
        const stream = openRunningStream(
          { ...settings, direction },
          { audify: fake.audify, scheduler },
          events,
        );
        stream.start();
        if (direction === 'playout') {
          stream.write(new Float32Array(960));
          fake.running.pop();
        } else {
          fake.running.deliver(new Float32Array(480));
        }
        stream.close();
        return new WeakRef(events);
      };
      const events = run();
      // What was created in this turn is kept until its end.
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();

      expect(heard).toBe(1);
      expect(fake.objects.some(({ opened }) => opened !== undefined)).toBe(true);
      expect(events.deref()).toBeUndefined();
    },
  );
});
