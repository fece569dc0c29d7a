import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame } from '../audio/audio-frame.js';
import { pacedSink } from '../pacing/paced-sink.js';
import { createTimeBase } from '../pacing/time-base.js';
import type { PlayoutOptions } from '../playout/playout-options.js';
import type { PlayoutCommand, PlayoutEvent, PlayoutOwner } from '../playout/playout-types.js';
import { playTo } from './play-to.js';

const format = { sampleRateHz: 8000, channels: 1 };
const reply: PlayoutOwner = { kind: 'reply', id: 'r1' };
const filler: PlayoutOwner = { kind: 'filler', id: 'f1' };
/** Samples that count up from 1/16384, so that a place in the audio can be told from its value. */
const ramp = (from: number, length: number) => Float32Array.from({ length }, (_, n) => (from + n) / 16_384);
const play = (
  owner: PlayoutOwner,
  samples: Float32Array,
  pausesMs: readonly number[] = [],
): PlayoutCommand => ({
  type: 'play',
  owner,
  frame: audioFrame(format, samples, 0),
  pausesMs,
});

/** A loudspeaker of 10 ms periods on a virtual clock, with all that it rendered. */
function rig(options: Partial<PlayoutOptions> = {}) {
  const clock = createVirtualClock();
  const lost$ = new Subject<void>();
  const sink = pacedSink({ format, timeBase: createTimeBase(clock.scheduler), lost$ });
  const rendered: number[] = [];
  sink.rendered$.subscribe({ next: ({ samples }) => rendered.push(...samples), error: () => {} });
  const commands$ = new Subject<PlayoutCommand>();
  const events: PlayoutEvent[] = [];
  let end: unknown = 'running';
  const subscription = commands$.pipe(playTo(sink, options, clock.scheduler)).subscribe({
    next: (event) => events.push(event),
    error: (error) => (end = error),
    complete: () => (end = 'complete'),
  });
  return {
    clock,
    sink,
    lost$,
    rendered,
    commands$,
    events,
    subscription,
    send: (...commands: PlayoutCommand[]) => {
      for (const command of commands) commands$.next(command);
    },
    get end() {
      return end;
    },
    of: (type: PlayoutEvent['type']) => events.filter((event) => event.type === type),
  };
}

describeOperatorContract<PlayoutCommand, PlayoutEvent>({ describe, it, expect }, 'playTo', {
  create: () => {
    const clock = createVirtualClock();
    return playTo(pacedSink({ format, timeBase: createTimeBase(clock.scheduler) }), {}, clock.scheduler);
  },
  values: [{ type: 'duck' }, { type: 'cut' }, { type: 'end', owner: reply }],
  emitted: [
    { type: 'ducked', atMs: 0 },
    // What was ducked is over.
    { type: 'silenced', atMs: 0 },
    { type: 'playout-ended', owner: reply, atMs: 0, heardMs: 0, reason: 'heard' },
  ],
  pending: [],
  atTheBound: () => {
    const { send, of, clock, rendered } = rig({ maxQueuedMs: 1000 });
    send(play(reply, ramp(1, 12_000)), { type: 'end', owner: reply });
    expect(of('playout-overflow')).toEqual([{ type: 'playout-overflow', owner: reply, droppedMs: 500 }]);
    clock.advanceBy(2000);
    expect(rendered.filter((sample) => sample !== 0)).toHaveLength(8000);
  },
});

describe('playTo', () => {
  it('plays what it is given, whole and in order, and says when it began and ended', () => {
    const { send, events, clock, rendered } = rig();
    clock.advanceBy(20);
    send(play(reply, ramp(1, 400)), play(reply, ramp(401, 400)), { type: 'end', owner: reply });
    clock.advanceBy(300);

    const audible = rendered.filter((sample) => sample !== 0);
    expect(audible).toEqual([...ramp(1, 800)]);
    expect(events).toEqual([
      { type: 'playout-started', owner: reply, atMs: 30 },
      { type: 'playout-ended', owner: reply, atMs: 130, heardMs: 100, reason: 'heard' },
    ]);
  });

  it('tells how far it is about every 500 ms of what is heard, for each owner by itself', () => {
    const { clock, send, of } = rig();
    send(play(filler, ramp(0, 5600)), { type: 'end', owner: filler });
    clock.advanceBy(1000);
    send(play(reply, ramp(0, 9600)), { type: 'end', owner: reply });
    clock.advanceBy(3000);

    expect(of('playout-progress')).toMatchObject([
      { owner: filler, heardMs: 500 },
      { owner: reply, heardMs: 500 },
      { owner: reply, heardMs: 1000 },
    ]);
  });

  it('converts audio of another layout', () => {
    const { send, clock, rendered, of } = rig();
    const stereo = { sampleRateHz: 16_000, channels: 2 };
    const samples = new Float32Array(3200).fill(0.25);
    send(
      { type: 'play', owner: reply, frame: audioFrame(stereo, samples, 0) },
      { type: 'end', owner: reply },
    );
    clock.advanceBy(300);
    expect(of('playout-ended')).toMatchObject([{ heardMs: 100, reason: 'heard' }]);
    expect(rendered.slice(300, 500).every((sample) => Math.abs(sample - 0.25) < 0.001)).toBe(true);
  });

  it('ducks at the loudspeaker within a period and a ramp, however much is written ahead, and loses nothing', () => {
    const { send, clock, rendered, of } = rig({ leadMs: 500, duckRampMs: 30, restoreRampMs: 50 });
    send(play(reply, new Float32Array(8000).fill(0.5)), { type: 'end', owner: reply });
    clock.advanceBy(103);
    send({ type: 'duck' });
    clock.advanceBy(200);
    send({ type: 'restore' });
    clock.advanceBy(1000);

    const [ducked] = of('ducked');
    expect(ducked).toEqual({ type: 'ducked', atMs: 140 });
    expect(rendered.slice(0, 880).every((sample) => sample === 0.5)).toBe(true);
    expect(rendered[1120]).toBeCloseTo(0.05, 5);
    expect(rendered.slice(1120, 2480).every((sample) => Math.abs(sample - 0.05) < 1e-6)).toBe(true);
    expect(of('restored')).toEqual([{ type: 'restored', atMs: 360 }]);
    expect(rendered.slice(2880, 8000).every((sample) => sample === 0.5)).toBe(true);
    expect(rendered.filter((sample) => sample !== 0)).toHaveLength(8000);
    expect(of('playout-ended')).toMatchObject([{ heardMs: 1000 }]);
  });

  it('tells of no silence where there was nothing to cut', () => {
    const { send, events } = rig();
    send({ type: 'cut' });
    send({ type: 'duck' }, { type: 'restore' }, { type: 'cut' });
    send({ type: 'duck' }, { type: 'cut' }, { type: 'cut' });
    expect(events.map(({ type }) => type)).toEqual(['ducked', 'restored', 'ducked', 'silenced']);
  });

  it('is silent within a period and a fade after a cut, and never plays a sample of it again', () => {
    const { send, clock, rendered, of } = rig({ leadMs: 500, cutRampMs: 8 });
    send(play(reply, ramp(1, 4000)));
    clock.advanceBy(103);
    send({ type: 'cut' });
    const after: PlayoutOwner = { kind: 'reply', id: 'r2' };
    clock.advanceBy(300);

    expect(of('silenced')).toEqual([{ type: 'silenced', atMs: 118 }]);
    expect(of('playout-ended')).toEqual([
      { type: 'playout-ended', owner: reply, atMs: 118, heardMs: 118, reason: 'cut' },
    ]);
    expect(rendered.slice(944).every((sample) => sample === 0)).toBe(true);
    send(play(after, ramp(1, 80)), { type: 'end', owner: after });
    clock.advanceBy(100);
    expect(rendered.slice(944).filter((sample) => sample !== 0)).toEqual([...ramp(1, 80)]);
  });

  it('is at full volume again after a cut while ducked', () => {
    const { send, clock, rendered } = rig();
    send(play(reply, new Float32Array(4000).fill(0.5)));
    clock.advanceBy(50);
    send({ type: 'duck' });
    clock.advanceBy(100);
    send({ type: 'cut' });
    clock.advanceBy(50);
    const before = rendered.length;
    send(play({ kind: 'reply', id: 'r2' }, new Float32Array(800).fill(0.5)));
    clock.advanceBy(90);
    expect(
      rendered
        .slice(before)
        .filter((sample) => sample !== 0)
        .every((sample) => sample === 0.5),
    ).toBe(true);
  });

  it('lets a filler end at its next pause when the reply comes, and what is left of it fade beneath the reply', () => {
    const { send, clock, rendered, of } = rig();
    send(play(filler, new Float32Array(8000).fill(0.5), [50, 180, 600]), { type: 'end', owner: filler });
    clock.advanceBy(100);
    send(play(reply, ramp(1, 800)), { type: 'end', owner: reply });
    clock.advanceBy(400);

    expect(of('playout-ended')).toEqual([
      { type: 'playout-ended', owner: filler, atMs: 180, heardMs: 180, reason: 'handed-over' },
      { type: 'playout-ended', owner: reply, atMs: 280, heardMs: 100, reason: 'heard' },
    ]);
    // The word before the pause is whole.
    expect(rendered.slice(0, 1440).every((sample) => sample === 0.5)).toBe(true);
    // 40 ms: the reply as it is, and on top of it the filler, less and less.
    const words = [...ramp(1, 800)];
    const beneath = rendered.slice(1440, 1760).map((sample, n) => sample - (words[n] ?? 0));
    expect(beneath[0]).toBeCloseTo(0.5 * (319 / 320), 5);
    expect(beneath.every((sample, n) => n === 0 || sample < (beneath[n - 1] ?? 0))).toBe(true);
    expect(beneath.at(-1)).toBeCloseTo(0, 6);
    expect(rendered.slice(1760, 2240)).toEqual(words.slice(320));
  });

  it('fades a filler before the reply as far as that is not there yet, and never waits longer for it', () => {
    const { send, clock, rendered, of } = rig({ maxHandOverMs: 100 });
    send(play(filler, new Float32Array(8000).fill(0.5)), { type: 'end', owner: filler });
    clock.advanceBy(100);
    send(play(reply, new Float32Array(80).fill(0.25)));
    send(play(reply, new Float32Array(720).fill(0.25)), { type: 'end', owner: reply });
    clock.advanceBy(400);

    // 110: the period that the device already had when the reply came.
    expect(of('playout-ended')[0]).toMatchObject({ owner: filler, heardMs: 210, reason: 'handed-over' });
    const start = 210 * 8;
    expect(rendered[start - 30 * 8 - 1]).toBe(0.5);
    expect(rendered[start - 1]).toBeCloseTo(0.5 * (80 / 320), 2);
    expect(rendered[start]).toBeCloseTo(0.25 + 0.5 * (79 / 320), 5);
    expect(rendered[start + 79]).toBeCloseTo(0.25, 5);
    expect(rendered.slice(start + 80, start + 800).every((sample) => sample === 0.25)).toBe(true);
    const steps = rendered.slice(0, start).map((sample, n) => Math.abs(sample - (rendered[n - 1] ?? 0.5)));
    expect(Math.max(...steps)).toBeLessThan(0.01);
  });

  it('tells that a filler that gave way at once is over before it tells that the reply has begun', () => {
    const { send, clock, events } = rig({ maxHandOverMs: 0 });
    send(play(filler, new Float32Array(8000).fill(0.5)), { type: 'end', owner: filler });
    clock.advanceBy(100);
    send(play(reply, ramp(1, 800)));
    clock.advanceBy(50);
    send({ type: 'end', owner: reply });
    clock.advanceBy(400);
    expect(
      events.map(({ type, ...event }) => ('owner' in event ? `${type} ${event.owner.id}` : type)),
    ).toEqual(['playout-started f1', 'playout-ended f1', 'playout-started r1', 'playout-ended r1']);
    expect(events[1]).toMatchObject({ heardMs: 110, reason: 'handed-over' });
  });

  it('keeps the cross-fade where a duck falls into it, and lowers both', () => {
    const { send, clock, rendered } = rig({ duckRampMs: 1 });
    send(play(filler, new Float32Array(8000).fill(0.5), [180]), { type: 'end', owner: filler });
    clock.advanceBy(100);
    send(play(reply, new Float32Array(800).fill(0.25)), { type: 'end', owner: reply });
    clock.advanceBy(85);
    send({ type: 'duck' });
    clock.advanceBy(400);
    // 10 ms into the cross-fade or a little more, a tenth of what it would be.
    const at = 205 * 8;
    const full = 0.25 + 0.5 * (1 - (25 * 8 + 1) / 320);
    expect(rendered[at]).toBeCloseTo(full / 10, 3);
    expect(rendered[230 * 8]).toBeCloseTo(0.025, 4);
  });

  it('cuts in the middle of a cross-fade, and nothing of it comes back', () => {
    const { send, clock, rendered, of } = rig();
    send(play(filler, new Float32Array(8000).fill(0.5), [180]), { type: 'end', owner: filler });
    clock.advanceBy(100);
    send(play(reply, new Float32Array(800).fill(0.25)));
    clock.advanceBy(95);
    send({ type: 'cut' });
    clock.advanceBy(400);
    const silencedMs = of('silenced').map((event) => ('atMs' in event ? event.atMs : 0))[0] ?? 0;
    expect(rendered.slice(Math.round(silencedMs * 8)).every((sample) => sample === 0)).toBe(true);
    expect(of('playout-ended')).toMatchObject([
      { owner: filler, heardMs: 180, reason: 'handed-over' },
      { owner: reply, reason: 'cut' },
    ]);
  });

  it('leaves a filler without a pause after the longest hand-over, and lets one that is nearly over end', () => {
    const long = rig({ maxHandOverMs: 200 });
    long.send(play(filler, new Float32Array(8000).fill(0.5)), { type: 'end', owner: filler });
    long.clock.advanceBy(100);
    long.send(play(reply, ramp(1, 80)), { type: 'end', owner: reply });
    long.clock.advanceBy(400);
    // 110: the period that the device already had when the reply came.
    expect(long.of('playout-ended')[0]).toMatchObject({
      owner: filler,
      heardMs: 110 + 200,
      reason: 'handed-over',
    });

    const short = rig();
    short.send(play(filler, new Float32Array(1600).fill(0.5)), { type: 'end', owner: filler });
    short.clock.advanceBy(100);
    short.send(play(reply, ramp(1, 80)), { type: 'end', owner: reply });
    short.clock.advanceBy(400);
    expect(short.of('playout-ended')[0]).toMatchObject({
      owner: filler,
      heardMs: 200,
      reason: 'handed-over',
    });
    expect(short.rendered.filter((sample) => sample === 0.5)).toHaveLength(1600);
  });

  it('says once when it waits for more', () => {
    const { send, clock, of } = rig();
    send(play(reply, ramp(1, 800)));
    clock.advanceBy(500);
    send(play(reply, ramp(801, 80)));
    clock.advanceBy(500);
    expect(of('playout-starved')).toMatchObject([{ heardMs: 100 }, { heardMs: 110 }]);
    expect(of('playout-ended')).toEqual([]);
  });

  it('completes with its source once all was heard', () => {
    const it_ = rig();
    it_.send(play(reply, ramp(1, 800)), { type: 'end', owner: reply });
    it_.commands$.complete();
    it_.clock.advanceBy(50);
    expect(it_.end).toBe('running');
    it_.clock.advanceBy(100);
    expect(it_.end).toBe('complete');
  });

  it('flushes the sink when nobody listens any more, and leaves it open', () => {
    const { send, clock, rendered, subscription, sink } = rig();
    send(play(reply, new Float32Array(8000).fill(0.5)));
    clock.advanceBy(100);
    subscription.unsubscribe();
    clock.advanceBy(500);
    expect(rendered.filter((sample) => sample !== 0).length).toBeLessThanOrEqual(880);
    expect(() => sink.write(audioFrame(format, new Float32Array(80), 0))).not.toThrow();
  });

  it('errors with DEVICE_LOST when the loudspeaker vanishes', () => {
    const it_ = rig();
    it_.send(play(reply, ramp(1, 800)));
    it_.clock.advanceBy(20);
    it_.lost$.next();
    expect(it_.end).toMatchObject({ code: 'DEVICE_LOST', retryable: true });
  });

  it('errors with DEVICE_LOST when the position stands still with audio queued', () => {
    const clock = createVirtualClock();
    const sink = pacedSink({ format, timeBase: createTimeBase(clock.scheduler) });
    const frozen = { ...sink, position: () => ({ heardMs: 0, queuedMs: 500 }), rendered$: sink.rendered$ };
    const errors: unknown[] = [];
    const commands$ = new Subject<PlayoutCommand>();
    commands$
      .pipe(playTo(frozen, { stallMs: 300 }, clock.scheduler))
      .subscribe({ error: (error) => errors.push(error) });
    commands$.next(play(reply, ramp(1, 80)));
    clock.advanceBy(250);
    expect(errors).toEqual([]);
    clock.advanceBy(100);
    expect(errors).toMatchObject([{ code: 'DEVICE_LOST', retryable: true }]);
  });

  it('plays every sample exactly once although time passes between two looks at the sink', () => {
    const clock = createVirtualClock();
    const sink = pacedSink({ format, timeBase: createTimeBase(clock.scheduler) });
    const rendered: number[] = [];
    sink.rendered$.subscribe(({ samples }) => rendered.push(...samples));
    // As with a real clock: a little more was heard at each look, a little less is queued.
    let looks = 0;
    const lively = {
      ...sink,
      rendered$: sink.rendered$,
      position: () => {
        const { heardMs, queuedMs } = sink.position();
        const passedMs = Math.min(queuedMs, (looks++ % 8) * 0.3);
        return { heardMs: heardMs + passedMs, queuedMs: queuedMs - passedMs };
      },
    };
    const commands$ = new Subject<PlayoutCommand>();
    commands$.pipe(playTo(lively, {}, clock.scheduler)).subscribe();
    // Pieces that leave a block of one sample behind, as those of a service do.
    for (let at = 1; at <= 8000; at += 81) commands$.next(play(reply, ramp(at, Math.min(81, 8001 - at))));
    commands$.next({ type: 'end', owner: reply });
    clock.advanceBy(2000);
    expect(rendered.filter((sample) => sample !== 0)).toEqual([...ramp(1, 8000)]);
  });

  it('plays every sample exactly once whatever is ducked and restored in between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.constantFrom('duck', 'restore')), {
          maxLength: 12,
        }),
        (steps) => {
          const { send, clock, rendered } = rig({ leadMs: 200, duckGainDb: 0 });
          send(play(reply, ramp(1, 8000)), { type: 'end', owner: reply });
          for (const [waitMs, type] of steps) {
            clock.advanceBy(waitMs);
            send({ type: type as 'duck' | 'restore' });
          }
          clock.advanceBy(2500);
          expect(rendered.filter((sample) => sample !== 0)).toEqual([...ramp(1, 8000)]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
