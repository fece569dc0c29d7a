import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFakeAudify } from '../../../test/support/fake-audify.js';
import type { HostMessage, HostRequest } from './host-messages.js';
import { type HostProcess, serveHost } from './serve-host.js';
import type { StreamSettings } from './stream-settings.js';

const settings: StreamSettings = {
  direction: 'capture',
  api: 'alsa',
  device: 'default',
  format: { sampleRateHz: 48_000, channels: 1 },
  channel: 'mix',
  bufferMs: 10,
  lowLatency: true,
  pulseLatencyMs: 20,
};

/** A host in this process, whose messages are taken when told to. */
function serve(connected = true) {
  const listeners = new Map<string, (request: HostRequest) => void>();
  const sent: HostMessage[] = [];
  const untaken: ((error: Error | null) => void)[] = [];
  const fake = createFakeAudify({
    name: 'Default ALSA Device',
    inputChannels: 1,
    outputChannels: 2,
    isDefaultInput: true,
    isDefaultOutput: true,
  });
  const vanish = vi.fn();
  const self: HostProcess = {
    connected,
    send(message, taken) {
      sent.push(message);
      untaken.push(taken);
    },
    on: (event: string, listener: (request: HostRequest) => void) => listeners.set(event, listener),
    vanish,
  };
  vi.useFakeTimers();
  try {
    serveHost(self, () => fake.audify);
  } finally {
    vi.useRealTimers();
  }
  return {
    fake,
    vanish,
    sent,
    ask: (request: HostRequest) => listeners.get('message')?.(request),
    emit: (event: string) => listeners.get(event)?.({ type: 'close', id: 0 }),
    take: (error: Error | null = null) => {
      for (const taken of untaken.splice(0)) taken(error);
    },
    of: (type: HostMessage['type']) => sent.filter((message) => message.type === type),
  };
}

const buffer = new Float32Array(480);

describe('serving the host', () => {
  afterEach(() => vi.restoreAllMocks());

  it('says at once that it lives', () => {
    expect(serve().sent).toEqual([{ type: 'alive' }]);
  });

  it('answers a closing last, also for what is over', () => {
    const host = serve();
    host.ask({ type: 'open', id: 7, settings });
    host.fake.running.deliver(buffer);

    host.ask({ type: 'close', id: 7 });
    host.fake.objects[0]?.deliver(buffer);
    host.ask({ type: 'close', id: 7 });

    expect(host.sent.map((message) => message.type)).toEqual([
      'alive',
      'opened',
      'block',
      'closed',
      'closed',
    ]);
    expect(host.fake.objects[0]).toMatchObject({ isOpen: false, closes: 1 });
  });

  it('plays what is written to the stream that is meant', () => {
    const host = serve();
    host.ask({ type: 'open', id: 1, settings: { ...settings, direction: 'playout' } });

    host.ask({ type: 'write', id: 1, samples: new Float32Array(960).fill(0.5) });
    host.ask({ type: 'write', id: 2, samples: new Float32Array(960) });

    const buffers = host.fake.running.queue.map((pcm) => new Float32Array(pcm.buffer));
    expect(buffers).toEqual([new Float32Array(960).fill(0.5)]);
  });

  it('holds two seconds for a program that does not read, drops what comes after, and says how much that was', () => {
    const host = serve();
    host.ask({ type: 'open', id: 1, settings });
    const realNow = process.hrtime.bigint;
    let passed = 0n;
    vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => realNow() + passed);
    const deliver = () => {
      passed += 10_000_000n;
      host.fake.running.deliver(buffer);
    };
    for (let count = 0; count < 1000; count += 1) deliver();
    const held = host.of('block').length;

    host.take();
    deliver();

    expect(held).toBeGreaterThan(150);
    expect(held).toBeLessThanOrEqual(200);
    expect(host.of('xrun')).toEqual([
      {
        id: 1,
        type: 'xrun',
        detail: `${1000 - held} blocks were dropped, because the program did not take them`,
      },
    ]);
    expect(host.of('block').length).toBe(held + 1);
  });

  it('tells why a stream failed, in plain data', () => {
    const host = serve();
    host.ask({ type: 'open', id: 1, settings: { ...settings, device: 'hw:CARD=Absent,DEV=0' } });

    expect(host.of('failed')).toEqual([
      {
        id: 1,
        type: 'failed',
        error: {
          code: 'DEVICE_NOT_FOUND',
          retryable: true,
          message: expect.stringMatching(/^the microphone "hw:CARD=Absent,DEV=0" is not there; .*"default"/),
        },
      },
    ]);
  });

  it('lists what is there', () => {
    const host = serve();
    host.ask({ type: 'list', id: 3, api: 'alsa' });

    expect(host.of('listed')).toEqual([
      {
        id: 3,
        type: 'listed',
        listings: [expect.objectContaining({ direction: 'playout' }), expect.anything()],
      },
    ]);
  });

  it('vanishes when its program went before it was listened to, or cannot be reached any more', () => {
    const late = serve(false);
    const cutOff = serve();

    cutOff.take(new Error('write EPIPE'));

    expect(late.vanish).toHaveBeenCalledOnce();
    expect(late.sent).toEqual([]);
    expect(cutOff.vanish).toHaveBeenCalledOnce();
  });

  it('vanishes with its program, and ignores the signals that mean everybody', () => {
    const host = serve();

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) host.emit(signal);
    expect(host.vanish).not.toHaveBeenCalled();
    host.emit('disconnect');

    expect(host.vanish).toHaveBeenCalledOnce();
  });
});
