import { NEVER, of, switchMap, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { memoryLoudspeaker, memoryMicrophone } from '../devices/memory/index.js';
import { type AudioSource, createTimeBase, DeviceError } from '../index.js';
import { createVirtualClock } from '../testing/index.js';
import { testTone, toneMs } from './test-tone.js';
import { beginTrial, stepTrial, type Trial, trialReport, trialWords } from './trial-report.js';
import { quietMs, type TrialEvent, tryDevices } from './try-devices.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const names = { name: 'default', capture: 'default', playout: 'default' };

/** A trial in virtual time, in a room where the microphone hears what is said when the tone is played. */
function runTrial({
  heard = true,
  unplugged = 'none' as 'none' | 'loudspeaker' | 'microphone',
  noiseDb = -60 as number | null,
  beginsAfterMs = 0,
  failsFirst = false,
} = {}) {
  const clock = createVirtualClock();
  const timeBase = createTimeBase(clock.scheduler);
  const microphone = memoryMicrophone({ timeBase, format, ...(noiseDb !== null && { noiseDb }) });
  const loudspeaker = memoryLoudspeaker({ timeBase, format });
  if (unplugged === 'loudspeaker') loudspeaker.vanish();
  if (unplugged === 'microphone') microphone.vanish();
  const events: TrialEvent[] = [];
  let trial: Trial = beginTrial;
  let completed = false;
  let openings = 0;
  const late: AudioSource = {
    format,
    capture: () =>
      timer(beginsAfterMs, clock.scheduler).pipe(
        switchMap(() => {
          openings += 1;
          const error = new DeviceError('DEVICE_BACKEND', 'did not begin in time', { retryable: true });
          return failsFirst && openings === 1 ? throwError(() => error) : microphone.capture();
        }),
      ),
  };
  tryDevices({
    ...{ microphone: late, loudspeaker, scheduler: clock.scheduler, listenMs: 3000 },
  }).subscribe({
    next: (event) => {
      events.push(event);
      trial = stepTrial(trial, event);
      if (event.type === 'tone-begins' && heard) {
        for (const frame of testTone(format)) microphone.say(frame.samples);
      }
    },
    complete: () => {
      completed = true;
    },
  });
  clock.advanceBy(
    3200 + (failsFirst ? 2 : 1) * beginsAfterMs + (failsFirst ? 500 : 0) + (unplugged === 'none' ? 0 : 8000),
  );
  return { events, trial, completed, loudspeaker };
}

describe('trying devices', () => {
  it('listens first, plays the tone whole, and hears it', () => {
    const { events, trial, completed } = runTrial();
    const report = trialReport(trial, names);

    expect(completed).toBe(true);
    expect(events.filter(({ type }) => type !== 'level').map(({ type }) => type)).toEqual([
      'opened',
      'opened',
      'tone-begins',
      'tone-heard',
    ]);
    expect(trial.quiet.length).toBeGreaterThanOrEqual(quietMs / 100 - 1);
    expect(report).toMatchObject({ ok: true, tonePlayed: true, toneHeard: true });
    expect(report.roomDb).toBeCloseTo(-60, 0);
    expect(report.verdict).toBe(
      'works: the loudspeaker played the tone, the microphone hears the room at -60 dB, and the tone at -23 dB',
    );
  });

  it('says when the microphone does not hear the tone; a headset does not', () => {
    const report = trialReport(runTrial({ heard: false }).trial, names);
    expect(report).toMatchObject({ ok: true, toneHeard: false });
    expect(report.verdict).toContain('and not the tone');
  });

  it('finds no working microphone in one that gives digital silence, and says what to do', () => {
    const { trial } = runTrial({ noiseDb: null, heard: false });
    const report = trialReport(trial, { name: 'mic', capture: 'mic', playout: 'default' });
    expect(report).toMatchObject({ ok: false, tonePlayed: true, toneHeard: false });
    expect(report.verdict).toMatch(
      /^does not work: .*the microphone gives digital silence \(unmute it, or take another device;/,
    );
    // It was the loudspeaker that was tried.
    expect(trialReport(trial, { name: 'box', capture: 'default', playout: 'box' })).toMatchObject({
      ok: true,
      verdict: expect.stringContaining('digital silence'),
    });
    // What is silent until the tone is heard mutes what is quiet.
    const gated = runTrial({ noiseDb: null }).trial;
    expect(trialReport(gated, { ...names, name: 'mic', capture: 'mic' })).toMatchObject({ ok: true });
  });

  it('listens from when both are open, however long one takes, and tries it once more', () => {
    for (const room of [{ beginsAfterMs: 2500 }, { beginsAfterMs: 1600, failsFirst: true }]) {
      const { trial, completed, events } = runTrial(room);
      expect(completed).toBe(true);
      expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
      expect(trialReport(trial, names)).toMatchObject({ ok: true, toneHeard: true });
      expect(trial.quiet.length).toBeGreaterThanOrEqual(quietMs / 100 - 1);
    }
  });

  it('gives up a device that does not begin within 8 s, whatever was asked for', () => {
    const clock = createVirtualClock();
    const events: TrialEvent[] = [];
    let completed = false;
    tryDevices({
      microphone: { format, capture: () => NEVER },
      loudspeaker: memoryLoudspeaker({ timeBase: createTimeBase(clock.scheduler), format }),
      scheduler: clock.scheduler,
      listenMs: 2000,
    }).subscribe({
      next: (event) => events.push(event),
      complete: () => {
        completed = true;
      },
    });
    clock.advanceBy(7999);
    expect(events.map(({ type }) => type)).toEqual(['opened']);
    clock.advanceBy(2002);
    expect(completed).toBe(true);
    expect(events.flatMap(trialWords).join('\n')).toContain('the microphone did not get going within 8 s');
  });

  it('goes on with one device when the other fails, and says why', () => {
    const { events, trial } = runTrial({ unplugged: 'loudspeaker', heard: false });
    expect(events.some(({ type }) => type === 'level')).toBe(true);
    expect(trialReport(trial, names)).toMatchObject({ ok: false, tonePlayed: false });
    // A microphone that was to be tried works, whatever the loudspeaker does.
    expect(trialReport(trial, { ...names, name: 'mic', capture: 'mic' })).toMatchObject({ ok: true });
    expect(events.flatMap(trialWords).join('\n')).toContain('[DEVICE_NOT_FOUND]');

    const deaf = runTrial({ unplugged: 'microphone' });
    expect(trialReport(deaf.trial, names)).toMatchObject({
      ok: false,
      tonePlayed: true,
      toneHeard: null,
      roomDb: null,
    });
  });

  it('waits for no tone for ever', () => {
    const clock = createVirtualClock();
    const timeBase = createTimeBase(clock.scheduler);
    const loudspeaker = memoryLoudspeaker({ timeBase, format });
    let completed = false;
    tryDevices({
      microphone: { format, capture: () => of() },
      loudspeaker,
      scheduler: clock.scheduler,
      listenMs: 2000,
    }).subscribe({
      complete: () => {
        completed = true;
      },
    });
    clock.advanceBy(2001);
    expect(completed).toBe(true);
    expect(() => clock.advanceBy(10)).not.toThrow();
  });
});

describe('the test tone', () => {
  it('is two beeps at -20 dB without a click', () => {
    const samples = testTone({ sampleRateHz: 48_000, channels: 2 }).flatMap((frame) => [...frame.samples]);
    expect(samples.length / 2 / 48).toBeCloseTo(toneMs, 6);
    expect(Math.max(...samples)).toBeCloseTo(0.1, 3);
    const steps = samples.slice(2).map((sample, index) => Math.abs(sample - (samples[index] as number)));
    // The steepest step of a sine of this level and pitch.
    expect(Math.max(...steps)).toBeLessThan(0.1 * 2 * Math.PI * (1000 / 48_000) * 1.05);
    expect(samples[0]).toBe(0);
  });
});
