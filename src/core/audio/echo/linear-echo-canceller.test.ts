import { from, NEVER, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { countArrays } from '../../../../test/support/count-arrays.js';
import { mixed, pathResponse, roomNoise, through } from '../../../../test/support/simulated-room.js';
import { describeEchoCancellerContract } from '../../../testing/contracts/echo-canceller.contract.js';
import { framesOf, noise } from '../../../testing/signals.js';
import type { EchoDiagnosis } from '../../ports/echo-diagnosis.js';
import { type AudioFrame, audioFrame, type PcmFormat } from '../audio-frame.js';
import { rmsDb } from '../levels.js';
import { linearEchoCanceller } from './linear-echo-canceller.js';
import { defaultLinearEchoCancellerOptions, type LinearEchoCancellerOptions } from './linear-echo-options.js';

const rate = 16_000;
const format: PcmFormat = { sampleRateHz: rate, channels: 1 };

for (const frameMs of [10, 7, 32]) {
  describeEchoCancellerContract(
    { describe, it, expect },
    {
      name: `linearEchoCanceller with frames of ${frameMs} ms`,
      create: () => linearEchoCanceller(),
      frameMs,
      echo: { delayMs: 80, gain: 0.5, convergenceMs: 3000, minReductionDb: 35 },
    },
  );
}
describeEchoCancellerContract(
  { describe, it, expect },
  {
    name: 'linearEchoCanceller that follows no drift',
    create: () => linearEchoCanceller({ followsDrift: false }),
    echo: { delayMs: 80, gain: 0.5, convergenceMs: 3000, minReductionDb: 35 },
  },
);

const far = roomNoise(6 * rate, -20, 1);
const response = pathResponse({ delayMs: 40, reverberationMs: 120, directDb: 3, gainDb: -6, seed: 3 });
const captured = mixed(through(far, response), roomNoise(far.length, -70, 2));

interface Scene {
  readonly near: readonly AudioFrame[];
  readonly reference: readonly AudioFrame[];
  /** How much later than the captured frame of its time a reference frame comes. Units: ms. */
  readonly lateMs?: number;
  readonly options?: Partial<LinearEchoCancellerOptions>;
}

/** Send both streams in the order in which they would come: a captured frame when it is over, a rendered one when it begins. */
function send({ near, reference, lateMs = 0, options }: Scene) {
  const canceller = linearEchoCanceller(options);
  const near$ = new Subject<AudioFrame>();
  const reference$ = new Subject<AudioFrame>();
  const out: AudioFrame[] = [];
  const told: EchoDiagnosis[] = [];
  let error: unknown;
  canceller.diagnosis$.subscribe((diagnosis) => told.push(diagnosis));
  near$.pipe(canceller.cancelEcho(reference$)).subscribe({
    next: (frame) => out.push(frame),
    error: (thrown) => {
      error = thrown;
    },
  });
  const end = (frame: AudioFrame) =>
    frame.timestampMs + (frame.samplesPerChannel * 1000) / frame.format.sampleRateHz;
  const events = [
    ...near.map((frame) => ({ at: end(frame), push: () => near$.next(frame) })),
    ...reference.map((frame) => ({ at: frame.timestampMs + lateMs, push: () => reference$.next(frame) })),
  ].sort((a, b) => a.at - b.at);
  for (const { push } of events) push();
  near$.complete();
  return { out, told, error, last: told.at(-1) as EchoDiagnosis };
}

const tens = (samples: Float32Array, layout = format) => framesOf(samples, layout, 10, 1000);

/** Level of what came out, from a time on. */
const levelFrom = (frames: readonly AudioFrame[], fromMs: number) =>
  rmsDb(
    Float32Array.from(
      frames.filter(({ timestampMs }) => timestampMs >= fromMs).flatMap(({ samples }) => [...samples]),
    ),
  );

const capturedDb = rmsDb(captured.subarray(4 * rate));

describe('linearEchoCanceller', () => {
  it('tells with each frame what it knows of the echo, just before the frame', () => {
    const { out, told, last } = send({ near: tens(captured), reference: tens(far) });

    expect(told.map(({ timestampMs }) => timestampMs)).toEqual(out.map(({ timestampMs }) => timestampMs));
    expect(told[0]).toMatchObject({ state: 'learning', delayMs: 0, durationMs: 10 });
    expect(told[0]?.confidence).toBeLessThan(0.5);
    expect(last).toMatchObject({
      state: 'ready',
      pathChanges: 0,
      missingReferenceMs: 0,
      lateReferenceMs: 0,
      droppedReferenceMs: 0,
      realignments: 0,
      captureGaps: 0,
    });
    expect(last.confidence).toBeGreaterThan(0.95);
    expect(last.delayMs).toBeCloseTo(40, 0);
    expect(Math.abs(last.driftPpm)).toBeLessThan(3);
    expect(last.capturedDb - last.cleanedDb).toBeGreaterThan(30);
    expect(Math.abs(last.echoDb - last.capturedDb)).toBeLessThan(1);
    expect(last.leftOverDb).toBeLessThan(last.echoDb - 10);
    expect(last.lossDb).toBeGreaterThan(12);
    expect(Object.values(last)).not.toContain(Number.NaN);
  });

  it('says that there is no echo while the loudspeaker is silent', () => {
    const { told } = send({
      near: tens(captured.subarray(0, rate)),
      reference: tens(new Float32Array(rate)),
    });

    expect(told.every(({ state, confidence }) => state === 'no-echo' && confidence === 1)).toBe(true);
  });

  it.each([1, 77, 160, 441, 5000])(
    'gives the same samples in frames of %d, on one clock',
    (samplesPerFrame) => {
      const cut = (samples: Float32Array) => framesOf(samples, format, (samplesPerFrame * 1000) / rate, 1000);
      const whole = send({
        near: tens(captured.subarray(0, 2 * rate)),
        reference: tens(far.subarray(0, 2 * rate)),
        options: { followsDrift: false },
      });

      const { out } = send({
        near: cut(captured.subarray(0, 2 * rate)),
        reference: tens(far.subarray(0, 2 * rate)),
        options: { followsDrift: false },
      });

      // Compared by hand: a report of 32 000 differences takes minutes.
      const samplesOf = (frames: readonly AudioFrame[]) => frames.flatMap(({ samples }) => [...samples]);
      const wanted = samplesOf(whole.out);
      const got = samplesOf(out);
      expect(got.length).toBe(wanted.length);
      expect(got.every((sample, index) => sample === wanted[index])).toBe(true);
    },
  );

  it.each([
    ['48 kHz in two channels', { sampleRateHz: 48_000, channels: 2 }],
    ['44.1 kHz', { sampleRateHz: 44_100, channels: 1 }],
    ['8 kHz', { sampleRateHz: 8000, channels: 1 }],
  ])('removes the echo of a reference of %s', (_, layout) => {
    // Everything below 3 kHz, which each layout can carry.
    const tone = (hz: number, sampleRateHz: number, seconds: number) =>
      Float32Array.from({ length: sampleRateHz * seconds }, (_unused, i) => {
        const at = i / sampleRateHz;
        return 0.2 * Math.sin(2 * Math.PI * (hz * at + 60 * Math.sin(9 * at))) * Math.sin(5 * at) ** 2;
      });
    const heard = through(tone(900, rate, 6), response);

    const { out, error } = send({
      near: tens(heard),
      reference: framesOf(tone(900, layout.sampleRateHz, 6), layout, 10, 1000),
    });

    expect(error).toBeUndefined();
    expect(rmsDb(heard.subarray(4 * rate)) - levelFrom(out, 5000)).toBeGreaterThan(25);
  });

  it('waits for a reference that comes late, and needs no more than that', () => {
    const { out, last } = send({ near: tens(captured), reference: tens(far), lateMs: 35 });

    expect(last.missingReferenceMs).toBe(0);
    // What is rendered before the first captured sample, by the lead.
    expect(last.lateReferenceMs).toBe(5);
    expect(capturedDb - levelFrom(out, 5000)).toBeGreaterThan(30);
  });

  it('goes on without a reference that comes later than it waits, and counts it', () => {
    const { out, last } = send({ near: tens(captured), reference: tens(far), lateMs: 90 });

    expect(out.length).toBe(600);
    expect(last.missingReferenceMs).toBeGreaterThan(0);
    expect(last.lateReferenceMs).toBeGreaterThan(4000);
  });

  it('lets everything through when there never is a reference, late by what it waits only once', () => {
    const near$ = new Subject<AudioFrame>();
    const held: number[] = [];
    let out = 0;
    near$.pipe(linearEchoCanceller().cancelEcho(NEVER)).subscribe(() => {
      out++;
    });

    for (const [index, frame] of tens(captured.subarray(0, rate)).entries()) {
      near$.next(frame);
      held.push(index + 1 - out);
    }

    // 40 ms of waiting, the block at hand, and the one that the suppressor holds.
    expect(Math.max(...held)).toBeLessThanOrEqual(5);
    expect(held.slice(10)).toEqual(new Array(90).fill(1));
  });

  it('keeps the place of the echo when the microphone loses samples', () => {
    const near = tens(captured).filter((_, index) => index < 300 || index >= 307);

    const { out, last } = send({ near, reference: tens(far) });

    expect(last).toMatchObject({ captureGaps: 1, pathChanges: 0 });
    expect(out.map(({ timestampMs }) => timestampMs)).toEqual(near.map(({ timestampMs }) => timestampMs));
    expect(capturedDb - levelFrom(out, 4200)).toBeGreaterThan(30);
  });

  it('finds the echo again when the microphone stood still for longer than the reference is remembered', () => {
    // Six seconds without a captured frame; what is rendered meanwhile has to give way.
    const long = roomNoise(12 * rate, -20, 1);
    const heard = mixed(through(long, response), roomNoise(long.length, -70, 2));
    const near = tens(heard).filter((_, index) => index < 300 || index >= 900);

    const { out, last } = send({ near, reference: tens(long) });

    expect(last.captureGaps).toBe(1);
    expect(last.droppedReferenceMs).toBeGreaterThan(1000);
    expect(last.pathChanges).toBe(0);
    expect(rmsDb(heard.subarray(10 * rate)) - levelFrom(out, 11_000)).toBeGreaterThan(30);
  });

  it('puts a reference with gaps where its time stamps say', () => {
    const silent = far.map((sample, i) => (i >= 2 * rate && i < 2.5 * rate ? 0 : sample));
    const heard = through(silent, response);
    const reference = tens(silent).filter((_, index) => index < 200 || index >= 250);

    const { out, last } = send({ near: tens(heard), reference });

    expect(last).toMatchObject({ realignments: 1, pathChanges: 0 });
    expect(rmsDb(heard.subarray(4 * rate)) - levelFrom(out, 5000)).toBeGreaterThan(30);
  });

  it.each([
    ['where it was', 0],
    ['5 ms from where it was', 5],
  ])('trusts itself no more after a gap of the reference, until it has found the echo %s', (_, offMs) => {
    const silent = far.map((sample, i) => (i >= 2 * rate && i < 2.5 * rate ? 0 : sample));
    const heard = through(silent, response);
    const reference = tens(silent)
      .filter((_, index) => index < 200 || index >= 250)
      .map((frame, index) => (index < 200 ? frame : { ...frame, timestampMs: frame.timestampMs + offMs }));

    const { told } = send({ near: tens(heard), reference });
    const confidenceAt = (ms: number) => told.find(({ timestampMs }) => timestampMs >= ms)?.confidence;

    expect(confidenceAt(2990)).toBeGreaterThan(0.9);
    // From the first echo on: 40 ms later than the sound.
    expect(confidenceAt(3550)).toBe(0);
    expect(confidenceAt(3600)).toBe(0);
    if (offMs === 0) expect(confidenceAt(3800)).toBeGreaterThan(0.4);
    else expect(confidenceAt(3700)).toBeLessThan(0.5);
    expect(confidenceAt(5500)).toBeGreaterThan(0.9);
  });

  it('follows when both clocks are set back by an hour', () => {
    const back = (frames: readonly AudioFrame[]) =>
      frames.map((frame, index) =>
        index < 200 ? frame : audioFrame(frame.format, frame.samples, frame.timestampMs - 3_600_000),
      );
    const canceller = linearEchoCanceller();
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    const out: AudioFrame[] = [];
    near$.pipe(canceller.cancelEcho(reference$)).subscribe((frame) => out.push(frame));
    const near = back(tens(captured));
    for (const [index, frame] of back(tens(far)).entries()) {
      reference$.next(frame);
      near$.next(near[index] as AudioFrame);
    }
    near$.complete();

    expect(out.length).toBe(600);
    expect(
      capturedDb - rmsDb(Float32Array.from(out.slice(400).flatMap(({ samples }) => [...samples]))),
    ).toBeGreaterThan(30);
  });

  it('gives what it holds when the microphone ends while the reference is waited for', () => {
    const near = tens(captured.subarray(0, 800));
    const out: AudioFrame[] = [];
    let completed = false;

    from(near)
      .pipe(linearEchoCanceller({ maxReferenceWaitMs: 200 }).cancelEcho(NEVER))
      .subscribe({ next: (frame) => out.push(frame), complete: () => (completed = true) });

    expect(out.length).toBe(5);
    expect(completed).toBe(true);
  });

  it('takes what is rendered, captured and ended by whoever listens to it', () => {
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    const near = tens(captured.subarray(0, 1600));
    const reference = tens(far.subarray(0, 3200));
    const out: number[] = [];
    let next = 3;
    let completed = false;
    near$.pipe(linearEchoCanceller().cancelEcho(reference$)).subscribe({
      next: ({ timestampMs }) => {
        out.push(timestampMs);
        const [render, capture] = [reference[next], near[next - 1]];
        next++;
        if (render) reference$.next(render);
        if (capture) near$.next(capture);
        else near$.complete();
      },
      complete: () => (completed = true),
    });
    for (const frame of reference.slice(0, 3)) reference$.next(frame);
    for (const frame of near.slice(0, 2)) near$.next(frame);

    expect(out).toEqual(near.map(({ timestampMs }) => timestampMs));
    expect(completed).toBe(true);
  });

  it('is not spoiled by samples that are no numbers', () => {
    const spoil = (frames: readonly AudioFrame[]) =>
      frames.map((frame, index) =>
        index === 100
          ? audioFrame(
              frame.format,
              frame.samples.map((_, i) => [Number.NaN, Infinity, 1e30][i % 3] as number),
              frame.timestampMs,
            )
          : frame,
      );

    const { out, told } = send({ near: spoil(tens(captured)), reference: spoil(tens(far)) });

    const figures = told.flatMap((diagnosis) =>
      Object.values(diagnosis).filter((value) => typeof value === 'number'),
    );
    expect(figures.every(Number.isFinite)).toBe(true);
    expect(out.every(({ samples }) => samples.every(Number.isFinite))).toBe(true);
    expect(capturedDb - levelFrom(out, 5000)).toBeGreaterThan(25);
  });

  it('makes no array for a frame but the one that it emits', () => {
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    let out = 0;
    near$.pipe(linearEchoCanceller().cancelEcho(reference$)).subscribe(() => {
      out++;
    });
    const near = tens(captured);
    const reference = framesOf(
      noise({ sampleRateHz: 48_000, durationMs: 6000 }),
      { sampleRateHz: 48_000, channels: 2 },
      10,
      1000,
    );
    const play = (from_: number, to: number) => {
      for (let index = from_; index < to; index++) {
        reference$.next(reference[index] as AudioFrame);
        near$.next(near[index] as AudioFrame);
      }
    };
    play(0, 10);
    out = 0;

    expect(countArrays(() => play(10, 300))).toBe(290);
    expect(out).toBe(290);
  });

  it.each([
    [
      'a near end of another layout',
      [audioFrame({ sampleRateHz: 48_000, channels: 1 }, new Float32Array(480), 0)],
      [],
    ],
    ['a near end without a time', [audioFrame(format, new Float32Array(160), Number.NaN)], []],
    ['a reference without a time', [], [audioFrame(format, new Float32Array(160), Infinity)]],
    ['half a sample frame', [], [audioFrame({ sampleRateHz: rate, channels: 2 }, new Float32Array(161), 0)]],
  ])('ends with an error for %s', (_, near, reference) => {
    const { error } = send({ near, reference });

    expect(error).toMatchObject({ code: 'AUDIO_FORMAT_UNSUPPORTED' });
  });

  it('ends with an error for a reference whose layout is out of range', () => {
    const { error } = send({
      near: [],
      reference: [audioFrame({ sampleRateHz: 100, channels: 1 }, new Float32Array(1), 0)],
    });

    expect(error).toMatchObject({ code: 'OPTION_INVALID' });
    expect(String(error)).toContain('sampleRateHz');
  });

  it('passes on an error of the reference, and does not begin to listen then', () => {
    const broken = new Error('the loudspeaker is gone');
    let listened = false;
    let error: unknown;

    of(...tens(captured.subarray(0, 160)))
      .pipe(linearEchoCanceller().cancelEcho(throwError(() => broken)))
      .subscribe({ next: () => (listened = true), error: (thrown) => (error = thrown) });

    expect(error).toBe(broken);
    expect(listened).toBe(false);
  });

  it.each([
    [{ tailMs: 99 }, 'tailMs'],
    [{ tailMs: 100.5 }, 'tailMs'],
    [{ tailMs: 481 }, 'tailMs'],
    [{ maxReferenceWaitMs: 201 }, 'maxReferenceWaitMs'],
    [{ maxReferenceWaitMs: Number.NaN }, 'maxReferenceWaitMs'],
    [{ referenceLeadMs: -1 }, 'referenceLeadMs'],
    [{ followsDrift: 'yes' as unknown as boolean }, 'followsDrift'],
  ])('refuses %o', (options, name) => {
    expect(() => linearEchoCanceller(options)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(name) }),
    );
  });

  it.each([100, 105, 480])('works with a tail of %d ms', (tailMs) => {
    const { out } = send({ near: tens(captured), reference: tens(far), options: { tailMs } });

    expect(capturedDb - levelFrom(out, 5000)).toBeGreaterThan(25);
  });

  it('has the defaults that it documents', () => {
    expect(defaultLinearEchoCancellerOptions).toEqual({
      tailMs: 320,
      maxReferenceWaitMs: 40,
      referenceLeadMs: 5,
      followsDrift: true,
    });
  });
});
