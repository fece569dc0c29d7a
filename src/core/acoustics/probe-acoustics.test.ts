import { interval, map, NEVER, Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/index.js';
import { type AudioFrame, audioFrame } from '../audio/audio-frame.js';
import { DeviceError, OptionError } from '../errors.js';
import { pacedSink } from '../pacing/paced-sink.js';
import { createTimeBase } from '../pacing/time-base.js';
import type { Loudspeaker } from '../ports/audio-sink.js';
import type { AudioSource } from '../ports/audio-source.js';
import { type AcousticProbeEvent, probeAcoustics } from './probe-acoustics.js';
import { createSoundTrack } from './sound-track.js';

const format = { sampleRateHz: 16_000, channels: 1 };

/** A loudspeaker and a microphone in a room, in virtual time. */
function createRoom({ delayMs = 80, gain = 0.1, playoutFormat = format } = {}) {
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const rendered = createSoundTrack(120_000);
  const timeBase = createTimeBase(scheduler);
  let isPlaying = false;
  let isCapturing = false;
  const loudspeaker: Loudspeaker = {
    openSink: () =>
      new Observable((subscriber) => {
        const sink = pacedSink({ format: playoutFormat, timeBase, maxQueuedMs: 600_000, lost$: NEVER });
        isPlaying = true;
        subscriber.add(sink.rendered$.subscribe(rendered.push));
        subscriber.next(sink);
        return () => {
          isPlaying = false;
          sink.close();
        };
      }),
  };
  const frameAt = (endMs: number): AudioFrame => {
    const from = Math.round(rendered.indexAt(endMs - 10 - delayMs));
    const heard = Number.isNaN(from) ? new Float64Array(160) : rendered.read(from, 160);
    return audioFrame(
      format,
      Float32Array.from(heard, (sample) => gain * sample),
      endMs - 10,
    );
  };
  const microphone: AudioSource = {
    format,
    capture: () =>
      new Observable((subscriber) => {
        isCapturing = true;
        subscriber.add(() => {
          isCapturing = false;
        });
        subscriber.add(
          interval(10, scheduler)
            .pipe(map(() => frameAt(scheduler.now())))
            .subscribe(subscriber),
        );
      }),
  };
  return {
    clock,
    parts: { microphone, loudspeaker, scheduler },
    isOpen: () => ({ isPlaying, isCapturing }),
  };
}

function run(room: ReturnType<typeof createRoom>, parts = room.parts, seconds = 2) {
  const events: AcousticProbeEvent[] = [];
  const end: { error?: unknown; completed?: boolean } = {};
  const subscription = probeAcoustics(parts, { seconds }).subscribe({
    next: (event) => events.push(event),
    error: (error: unknown) => {
      end.error = error;
    },
    complete: () => {
      end.completed = true;
    },
  });
  return { events, end, subscription };
}

describe('sounding out an echo path', () => {
  it.each([format, { sampleRateHz: 48_000, channels: 2 }])(
    'opens the devices, plays, measures, and closes them: $sampleRateHz Hz, $channels channels',
    (playoutFormat) => {
      const room = createRoom({ playoutFormat });
      const { events, end } = run(room);
      room.clock.advanceBy(500);
      expect(room.isOpen()).toEqual({ isPlaying: false, isCapturing: true });
      room.clock.advanceBy(2000);
      expect(room.isOpen()).toEqual({ isPlaying: true, isCapturing: true });
      room.clock.advanceBy(10_000);

      expect(end).toEqual({ completed: true });
      expect(room.isOpen()).toEqual({ isPlaying: false, isCapturing: false });
      const playing = events.filter(({ type }) => type === 'playing');
      expect(playing.length).toBeGreaterThan(4);
      expect(events.map(({ type }) => type)).toEqual([
        'opened',
        'opened',
        ...playing.map(() => 'playing'),
        'measured',
      ]);
      const last = events.at(-1);
      const figures = last?.type === 'measured' ? last.figures : undefined;
      expect(figures).toMatchObject({ chirps: 3, heard: 3, wakeLossMs: 0, captureGaps: 0, playoutGaps: 0 });
      expect(Math.abs((figures?.delayMs ?? Number.NaN) - 80)).toBeLessThan(0.2);
      expect(figures?.returnLossDb).toBeCloseTo(20, 0);
    },
  );

  it('tells what it measured where no echo is heard', () => {
    const room = createRoom({ gain: 0 });
    const { events, end } = run(room);
    room.clock.advanceBy(15_000);
    expect(end.completed).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'measured', figures: { heard: 0, delayMs: null } });
  });

  it('closes both devices at once when nobody wants it any more', () => {
    const room = createRoom();
    const { subscription } = run(room);
    room.clock.advanceBy(3000);
    expect(room.isOpen()).toEqual({ isPlaying: true, isCapturing: true });
    subscription.unsubscribe();
    expect(room.isOpen()).toEqual({ isPlaying: false, isCapturing: false });
  });

  it('passes on what a device errors with, and closes the other one', () => {
    const lost = new DeviceError('DEVICE_LOST', 'unplugged');
    const room = createRoom();
    const { end } = run(room, { ...room.parts, loudspeaker: { openSink: () => throwError(() => lost) } });
    room.clock.advanceBy(3000);
    expect(end.error).toBe(lost);
    expect(room.isOpen()).toEqual({ isPlaying: false, isCapturing: false });
  });

  it.each(['microphone', 'loudspeaker'])('waits 10 s for the %s and no longer', (device) => {
    const room = createRoom();
    const silent =
      device === 'microphone'
        ? { ...room.parts, microphone: { format, capture: () => NEVER } }
        : { ...room.parts, loudspeaker: { openSink: () => NEVER } };
    const { end } = run(room, silent);
    room.clock.advanceBy(9900);
    expect(end).toEqual({});
    room.clock.advanceBy(1200);
    expect(end.error).toMatchObject({
      code: 'DEVICE_BUSY',
      message: expect.stringContaining(`the ${device} was`),
    });
    expect(room.isOpen()).toEqual({ isPlaying: false, isCapturing: false });
  });

  it('measures what there is of a loudspeaker whose position stands still', () => {
    const room = createRoom();
    const openSink = (): ReturnType<typeof room.parts.loudspeaker.openSink> =>
      room.parts.loudspeaker.openSink().pipe(map((sink) => ({ ...sink, drain: () => NEVER })));
    const { end } = run(room, { ...room.parts, loudspeaker: { openSink } });
    room.clock.advanceBy(15_000);
    expect(end.completed).toBe(true);
  });

  it('passes on what a loudspeaker throws instead, and closes the microphone', () => {
    const room = createRoom();
    const broken = new Error('no such loudspeaker');
    const loudspeaker: Loudspeaker = {
      openSink: () => {
        throw broken;
      },
    };
    const { end } = run(room, { ...room.parts, loudspeaker });
    room.clock.advanceBy(3000);
    expect(end).toEqual({ error: broken });
    expect(room.isOpen()).toEqual({ isPlaying: false, isCapturing: false });
  });

  it('says that a recording is no microphone', () => {
    const room = createRoom();
    const { end } = run(room, { ...room.parts, microphone: { format, capture: () => of() } });
    expect(end.error).toMatchObject({ code: 'DEVICE_LOST' });
  });

  it('says which option is out of its range, before anything is opened', () => {
    const { parts } = createRoom();
    expect(() => probeAcoustics(parts, { seconds: 1 })).toThrow(OptionError);
    expect(() => probeAcoustics(parts, { levelDb: 0 })).toThrow(/levelDb must be a number from -60 to -6 dB/);
  });

  it('says that a loudspeaker of 8 kHz has not the band of speech', () => {
    const room = createRoom({ playoutFormat: { sampleRateHz: 8000, channels: 1 } });
    const { end } = run(room);
    room.clock.advanceBy(3000);
    expect(end.error).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('16000 to 192000'),
    });
    expect(room.isOpen()).toEqual({ isPlaying: false, isCapturing: false });
  });
});
