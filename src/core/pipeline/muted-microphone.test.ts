import { BehaviorSubject, NEVER, of, Subject, take } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type AudioFrame, audioFrame, endMs } from '../audio/audio-frame.js';
import { mutedMicrophone } from './muted-microphone.js';

const format = { sampleRateHz: 16_000, channels: 1 };
/** A frame of 20 ms, all ones. */
const spoken = (atMs: number) => audioFrame(format, new Float32Array(320).fill(1), atMs);
const isSilent = ({ samples }: AudioFrame) => samples.every((sample) => sample === 0);

function setUp(leastMs = 0) {
  const clock = createVirtualClock();
  const mute$ = new BehaviorSubject(false);
  const device$ = new Subject<AudioFrame>();
  const frames: AudioFrame[] = [];
  let end = 'running';
  const subscription = mutedMicrophone({ format, capture: () => device$ }, mute$, leastMs, clock.scheduler)
    .capture()
    .subscribe({
      next: (frame) => frames.push(frame),
      error: () => {
        end = 'error';
      },
      complete: () => {
        end = 'complete';
      },
    });
  /** The device delivers for so long. */
  const deliver = (ms: number) => {
    for (let done = 0; done < ms; done += 20) {
      clock.advanceBy(20);
      device$.next(spoken(clock.nowMs - 20));
    }
  };
  const contiguous = () =>
    frames.every((frame, n) => n === 0 || frame.timestampMs === endMs(frames[n - 1] as AudioFrame));
  return { clock, mute$, device$, frames, subscription, deliver, contiguous, end: () => end };
}

describe('a microphone with a mute', () => {
  it('passes everything on untouched while it is not muted', () => {
    const { frames, deliver } = setUp();
    deliver(100);
    expect(frames).toEqual([0, 20, 40, 60, 80].map(spoken));
  });

  it('is silent from the frame under way at the mute to the one under way at its end', () => {
    const { clock, mute$, device$, frames, deliver } = setUp();
    deliver(40);
    clock.advanceBy(10);
    mute$.next(true);
    clock.advanceBy(10);
    device$.next(spoken(40));
    deliver(100);
    clock.advanceBy(10);
    mute$.next(false);
    clock.advanceBy(10);
    device$.next(spoken(160));
    deliver(40);
    expect(frames.map(isSilent)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('is silence even where the device delivers nothing at all, so that nobody takes it for lost', () => {
    const { clock, mute$, frames, deliver, contiguous } = setUp();
    deliver(40);
    mute$.next(true);
    clock.advanceBy(5000);
    expect(frames.length).toBeGreaterThan(240);
    expect(frames.slice(2).every(isSilent)).toBe(true);
    expect(contiguous()).toBe(true);
    mute$.next(false);
    deliver(100);
    expect(frames.slice(-5).some(isSilent)).toBe(false);
    expect(contiguous()).toBe(true);
  });

  it('has no silence made for it while the device delivers, and none once it is not muted', () => {
    const { clock, mute$, frames, deliver, contiguous } = setUp();
    mute$.next(true);
    deliver(400);
    expect(frames).toHaveLength(20);
    expect(contiguous()).toBe(true);
    mute$.next(false);
    clock.advanceBy(1000);
    expect(frames).toHaveLength(20);
  });

  it('drops what overlaps the silence that was made, when the device takes up again late', () => {
    const { clock, mute$, device$, frames, contiguous } = setUp();
    mute$.next(true);
    clock.advanceBy(200);
    device$.next(spoken(150));
    device$.next(spoken(170));
    clock.advanceBy(10);
    device$.next(spoken(190));
    expect(contiguous()).toBe(true);
    expect(frames.every(isSilent)).toBe(true);
  });

  it('does not make up for a night that the machine slept through', () => {
    let nowMs = 0;
    let wake = () => {};
    const asleep = {
      now: () => nowMs,
      schedule: (work: () => void) => {
        wake = work;
        return NEVER.subscribe();
      },
    };
    const frames: AudioFrame[] = [];
    mutedMicrophone({ format, capture: () => NEVER }, of(true), 0, asleep as never)
      .capture()
      .subscribe((frame) => frames.push(frame));
    nowMs = 100;
    wake();
    nowMs = 8 * 3_600_000;
    wake();
    expect(frames.length).toBeLessThan(10);
    expect(frames.at(-1)?.timestampMs).toBe(nowMs - 20);
  });

  it('stays silent for at least so long, so that the utterance it falls into is over', () => {
    const { mute$, frames, deliver } = setUp(400);
    deliver(40);
    mute$.next(true);
    deliver(20);
    mute$.next(false);
    deliver(600);
    const silent = frames.filter(isSilent);
    expect(silent).toHaveLength(20);
    expect(frames.slice(0, 2).some(isSilent)).toBe(false);
    expect(frames.at(-1)).toEqual(spoken(640));
  });

  it('ends and fails as the device does, and lets go of both at once', () => {
    const completed = setUp();
    completed.device$.complete();
    expect(completed.end()).toBe('complete');
    const failed = setUp();
    failed.mute$.next(true);
    failed.device$.error(new Error('unplugged'));
    failed.clock.advanceBy(1000);
    expect([failed.end(), failed.frames.length]).toEqual(['error', 0]);
    const left = setUp();
    left.mute$.next(true);
    left.subscription.unsubscribe();
    left.clock.advanceBy(1000);
    expect([left.frames.length, left.device$.observed, left.mute$.observed]).toEqual([0, false, false]);
  });

  it('leaves no timer behind when whoever listens leaves within a frame that stands in for the device', () => {
    const clock = createVirtualClock();
    const schedule = vi.spyOn(clock.scheduler, 'schedule');
    const microphone = mutedMicrophone({ format, capture: () => NEVER }, of(true), 0, clock.scheduler);
    const frames: AudioFrame[] = [];
    microphone
      .capture()
      .pipe(take(1))
      .subscribe((frame) => frames.push(frame));
    clock.advanceBy(200);
    expect(frames).toHaveLength(1);
    schedule.mockClear();
    clock.advanceBy(10_000);
    expect(schedule).not.toHaveBeenCalled();
  });
});
