import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  defer,
  EMPTY,
  from,
  lastValueFrom,
  NEVER,
  type Observable,
  of,
  Subject,
  throwError,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type AudioFrame, audioFrame } from '../../core/audio/audio-frame.js';
import { isVoiceError } from '../../core/errors.js';
import { framesOf, ramp, silence } from '../../testing/signals.js';
import { bindingsVersion, loadRtcFfiBindings, type RtcFfiBindings } from './rtc-ffi-bindings.js';
import { loadWebrtcApm, type WebrtcApmOptions } from './webrtc-apm.js';

const format = { sampleRateHz: 16_000, channels: 1 };
/** What delays nothing, so that samples can be told by their value. */
const gainOnly = { echoCancellation: false, highPass: false, gainControl: true } as const;

describe('loadWebrtcApm without what it needs', () => {
  const failing = (error: Error) => () => Promise.reject(error);
  const notFound = Object.assign(
    new Error("Cannot find module '@livekit/rtc-ffi-bindings/package.json'\nRequire stack:\n- x.js"),
    { code: 'MODULE_NOT_FOUND' },
  );

  it('names the install command when the package is not there', async () => {
    await expect(loadWebrtcApm({ bindings: failing(notFound) })).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message:
        '[PEER_MISSING] webrtc-apm needs the package @livekit/rtc-ffi-bindings, which is not installed; ' +
        'run: npm install --save-exact @livekit/rtc-ffi-bindings@0.12.73',
    });
  });

  it('gives the reason when the package is there but its binary cannot be loaded', async () => {
    const broken = failing(new Error('Cannot find native binding. npm has a bug\nand more'));

    await expect(loadWebrtcApm({ bindings: broken })).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(
        /could not be loaded \(Cannot find native binding\. npm has a bug\); run:/,
      ),
    });
  });

  it.each(['0.12.72', '0.12.76', '1.0.0'])('refuses version %s and says which one fits', async (version) => {
    const bindings = async () => ({ ...fakeNative().bindings, version });

    await expect(loadWebrtcApm({ bindings })).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(
        new RegExp(`0\\.12\\.73, but found ${version.replaceAll('.', '\\.')}.*run:`),
      ),
    });
  });

  it.each(['linux-x64-musl', 'linux-arm', 'freebsd-x64'])(
    'says that there is nothing to install on %s',
    async (platform) => {
      const error = await loadRtcFfiBindings(failing(notFound), () => platform).catch(
        (thrown: unknown) => thrown,
      );

      expect(isVoiceError(error) && error.code).toBe('PEER_MISSING');
      expect(String(error)).toContain(`no binary for ${platform} (it has: linux-x64, linux-arm64`);
      expect(String(error)).not.toContain('npm install');
    },
  );

  it('refuses options that are out of range, and a module that would do nothing', async () => {
    const wrong: readonly [Partial<Record<keyof WebrtcApmOptions, unknown>>, string][] = [
      [{ sampleRateHz: 44_100 }, 'sampleRateHz must be one of 16000, 48000, but is 44100'],
      [{ referenceLeadMs: -1 }, 'referenceLeadMs must be a number from 0 to 200 milliseconds'],
      [{ maxReferenceWaitMs: 501 }, 'maxReferenceWaitMs must be a number from 0 to 500 milliseconds'],
      [{ noiseSuppression: 'yes' }, 'noiseSuppression must be one of true, false'],
      [{ echoCancellation: false, highPass: false }, 'must be true'],
    ];
    for (const [options, message] of wrong) {
      await expect(loadWebrtcApm(options as Partial<WebrtcApmOptions>)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(message),
      });
    }
  });

  it('frees the module that could not be run', async () => {
    const native = fakeNative();
    native.failure = { says: 'no such rate' };

    await expect(load(native)).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringContaining('(no such rate)'),
    });
    expect(native.freed).toEqual(native.made);
  });
});

describe('loadWebrtcApm and the native side', () => {
  it('frees each module once, however its subscription ends', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const broken = new Error('the microphone is gone');
    const ends: readonly ((near$: Subject<AudioFrame>, unsubscribe: () => void) => void)[] = [
      (near$) => near$.complete(),
      (near$) => near$.error(broken),
      (_, unsubscribe) => unsubscribe(),
      (near$) => near$.next(audioFrame({ sampleRateHz: 8000, channels: 1 }, new Float32Array(80), 0)),
      (near$) => {
        native.failure = { throws: new Error('handle not found') };
        near$.next(audioFrame(format, new Float32Array(160), 10));
        native.failure = undefined;
      },
    ];
    for (const end of ends) {
      const near$ = new Subject<AudioFrame>();
      const subscription = near$.pipe(apm.cancelEcho(NEVER)).subscribe({ error: () => undefined });
      near$.next(audioFrame(format, new Float32Array(160), 0));
      expect(native.freed.length).toBe(native.made.length - 1);

      end(near$, () => subscription.unsubscribe());
      subscription.unsubscribe();

      expect(native.freed).toEqual(native.made);
      expect(near$.observed).toBe(false);
    }
    apm.close();
    apm.close();
    expect(native.freed).toEqual(native.made);
  });

  it('frees a module when a subscriber leaves in the middle of a frame', async () => {
    const native = fakeNative();
    const apm = await load(native, gainOnly);
    const near$ = new Subject<AudioFrame>();
    let got = 0;
    const subscription = near$.pipe(apm.cancelEcho(NEVER)).subscribe(() => {
      got++;
      subscription.unsubscribe();
    });
    const requests = native.requests.length;

    for (const frame of framesOf(ramp(1600), format)) near$.next(frame);

    expect(got).toBe(1);
    expect(native.requests.length).toBe(requests + 1);
    expect(native.freed).toEqual(native.made);
  });

  it('frees what is open when it is closed, and tells those who go on', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const near$ = new Subject<AudioFrame>();
    let error: unknown;
    near$.pipe(apm.cancelEcho(NEVER)).subscribe({
      error: (thrown: unknown) => {
        error = thrown;
      },
    });
    apm.close();
    expect(native.freed).toEqual(native.made);

    near$.next(audioFrame(format, new Float32Array(160), 0));
    expect(error).toMatchObject({ code: 'MODEL_INFERENCE_FAILED' });
    const late$ = from([]).pipe(apm.cancelEcho(NEVER));
    await expect(lastValueFrom(late$)).rejects.toMatchObject({
      code: 'MODEL_INFERENCE_FAILED',
      message: expect.stringContaining('closed; load it again'),
    });
    expect(native.made.length).toBe(native.freed.length);
  });

  it('passes on what the module says when it refuses', async () => {
    const native = fakeNative();
    const apm = await load(native, gainOnly);
    native.failure = { says: 'bad stream parameter' };

    const cleaned = lastValueFrom(from(framesOf(ramp(160), format)).pipe(apm.cancelEcho(EMPTY)));

    await expect(cleaned).rejects.toMatchObject({
      code: 'MODEL_INFERENCE_FAILED',
      message: expect.stringContaining('(bad stream parameter)'),
    });
  });

  it('asks with the same bytes about the same memory each time', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const before = native.requests.length;

    await clean(apm.cancelEcho(EMPTY), framesOf(ramp(1600), format));

    const requests = native.requests.slice(before);
    expect(new Set(requests.map(({ bytes }) => bytes)).size).toBe(3);
    expect(requests.filter(({ field }) => field === 51).length).toBeGreaterThanOrEqual(10);
    for (const { buffer, byteLength } of native.memory) {
      expect(byteLength).toBe(320);
      expect(buffer.byteLength).toBe(320);
      expect((buffer as ArrayBuffer & { readonly resizable?: boolean }).resizable ?? false).toBe(false);
    }
  });

  it('rounds, clips and counts what does not fit into 16 bits, and takes what is no number for 0', async () => {
    const native = fakeNative();
    const apm = await load(native, gainOnly);
    const samples = new Float32Array(160);
    samples.set([
      0.5,
      1,
      -1,
      1.5,
      -7,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0.4 / 32_768,
    ]);

    const [frame] = await clean(apm.cancelEcho(EMPTY), [audioFrame(format, samples, 0)]);

    expect([...(frame?.samples.subarray(0, 9) ?? [])]).toEqual([
      0.5,
      32_767 / 32_768,
      -1,
      32_767 / 32_768,
      -1,
      0,
      0,
      0,
      0,
    ]);
    expect(apm.counters()).toMatchObject({ clippedSamples: 2, replacedSamples: 3 });
  });

  it('gives each sample back at its place, whatever the size of the frames', async () => {
    const native = fakeNative();
    const apm = await load(native, gainOnly);
    const samples = ramp(3000).map((value) => Math.round(value * 32_768) / 32_768);
    const sizes = [1, 159, 160, 161, 0, 7, 480, 3, 1000];
    const frames: AudioFrame[] = [];
    for (let start = 0, turn = 0; start < samples.length; turn++) {
      const size = Math.min(samples.length - start, sizes[turn % sizes.length] as number);
      frames.push(audioFrame(format, samples.slice(start, start + size), 100 + start / 16));
      start += size;
    }

    expect(await clean(apm.cancelEcho(EMPTY), frames)).toEqual(frames);
  });

  it('ends with an error when a thousand frames without samples wait, and frees the module', async () => {
    const native = fakeNative();
    const apm = await load(native, gainOnly);
    const empty = audioFrame(format, new Float32Array(0), 10);
    const near$ = new Subject<AudioFrame>();
    const got: AudioFrame[] = [];
    const failed: unknown[] = [];
    near$
      .pipe(apm.cancelEcho(EMPTY))
      .subscribe({ next: (frame) => got.push(frame), error: (error) => failed.push(error) });

    near$.next(audioFrame(format, new Float32Array(100), 0));
    for (let n = 0; n < 1000; n++) near$.next(empty);
    near$.next(audioFrame(format, new Float32Array(60), 6.25));
    expect(got).toHaveLength(1002);
    for (let n = 0; n < 1000; n++) near$.next(empty);
    expect(failed).toEqual([]);
    near$.next(empty);

    expect(failed).toMatchObject([
      {
        code: 'AUDIO_FORMAT_UNSUPPORTED',
        message: expect.stringContaining('1000 captured frames without samples'),
      },
    ]);
    expect(native.freed).toEqual(native.made);
  });

  it('takes no reference when it cancels no echo', async () => {
    const native = fakeNative();
    const apm = await load(native, gainOnly);
    const reference$ = new Subject<AudioFrame>();
    const subscription = NEVER.pipe(apm.cancelEcho(reference$)).subscribe();

    expect(reference$.observed).toBe(false);
    subscription.unsubscribe();
  });
});

describe('the reference that loadWebrtcApm feeds', () => {
  const block = 160;
  const leadMs = 6;
  const far = steps(4800);
  const farFrames = framesOf(far, format, 10, 1000);
  const nearFrames = framesOf(silence({ sampleRateHz: 16_000, durationMs: 300 }), format, 10, 1000);
  const expected = (index: number) =>
    far.subarray(index * block + leadMs * 16, (index + 1) * block + leadMs * 16);

  it('is of the time of the near end, less the lead, wherever its frames begin', async () => {
    const native = fakeNative();
    const apm = await load(native);

    await clean(apm.cancelEcho(from(framesOf(far, format, 7, 1000))), nearFrames);

    const rendered = native.rendered.slice(1);
    for (let index = 0; index < 25; index++) {
      expect(toFloats(rendered[index]), `block ${index}`).toEqual(expected(index));
    }
    expect(apm.counters()).toMatchObject({ missingReferenceMs: 0, referenceJumps: 0, heldFrames: 0 });
  });

  it('is waited for, and what waited comes out as soon as it is there', async () => {
    const native = fakeNative();
    const apm = await load(native, { maxReferenceWaitMs: 60 });
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    const out: number[] = [];
    near$.pipe(apm.cancelEcho(reference$)).subscribe(({ timestampMs }) => out.push(timestampMs));
    const worked = () => native.rendered.length - 1;

    // Each reference frame comes 30 ms after the near frame of its time.
    for (const [index, frame] of nearFrames.entries()) {
      near$.next(frame);
      const late = farFrames[index - 3];
      if (late) reference$.next(late);
    }

    // Nothing was to be waited for before the first one came.
    const rendered = native.rendered.slice(1);
    for (let index = 4; index < worked(); index++) {
      expect(toFloats(rendered[index]), `block ${index}`).toEqual(expected(index));
    }
    expect(worked()).toBe(nearFrames.length - 4);
    expect(apm.counters().missingReferenceMs).toBeLessThanOrEqual(40);
    // Four came before there was anything to wait for, and three stand behind one that waits.
    expect(apm.counters().heldFrames).toBe(nearFrames.length - 4 - 3);
    near$.complete();
    expect(out).toEqual(nearFrames.map(({ timestampMs }) => timestampMs));
  });

  it('is not waited for beyond the bound: silence goes in, is counted, and it is waited for again once it has caught up', async () => {
    const native = fakeNative();
    const apm = await load(native, { maxReferenceWaitMs: 40 });
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    near$.pipe(apm.cancelEcho(reference$)).subscribe();
    const worked = () => native.rendered.length - 1;
    const give = (index: number) => reference$.next(farFrames[index] as AudioFrame);

    const heldWhileItStalls: number[] = [];
    give(0);
    give(1);
    for (const [index, frame] of nearFrames.entries()) {
      if (index < 10) {
        near$.next(frame);
        heldWhileItStalls.push(index + 1 - worked());
      } else if (index === 10) {
        for (let late = 2; late <= 12; late++) give(late);
        near$.next(frame);
      } else {
        near$.next(frame);
        if (index + 2 < farFrames.length) give(index + 2);
      }
    }

    expect(Math.max(...heldWhileItStalls)).toBeLessThanOrEqual(4);
    expect(heldWhileItStalls.at(-1)).toBe(0);
    const { missingReferenceMs, lateReferenceMs } = apm.counters();
    // Known to 20 ms; 100 ms went in, six of them ahead.
    expect(missingReferenceMs).toBe(86);
    expect(lateReferenceMs).toBe(86);
    const rendered = native.rendered.slice(1);
    expect(toFloats(rendered[8])).toEqual(new Float32Array(block));
    for (let index = 11; index < 26; index++) {
      expect(toFloats(rendered[index]), `block ${index}`).toEqual(expected(index));
    }
    near$.complete();
  });

  it('is not waited for when it has not begun, nor when it has ended', async () => {
    for (const reference$ of [NEVER, EMPTY] as Observable<AudioFrame>[]) {
      const native = fakeNative();
      const apm = await load(native);
      const near$ = new Subject<AudioFrame>();
      near$.pipe(apm.cancelEcho(reference$)).subscribe();

      for (const frame of nearFrames) near$.next(frame);

      expect(native.rendered.length - 1).toBe(nearFrames.length);
      expect(apm.counters()).toMatchObject({ missingReferenceMs: 0, heldFrames: 0 });
      near$.complete();
    }
  });

  it('is not missing where the near end ended first', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    let got = 0;
    near$.pipe(apm.cancelEcho(reference$)).subscribe(() => got++);
    for (const frame of farFrames) reference$.next(frame);
    for (const frame of nearFrames) near$.next(frame);

    near$.complete();

    expect(got).toBe(nearFrames.length);
    expect(apm.counters().missingReferenceMs).toBe(0);
  });

  it('leaves silence in a gap, not what was there long before', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    near$.pipe(apm.cancelEcho(reference$)).subscribe();
    const samples = new Float32Array(block).fill(0.25);

    for (let index = 0; index < 300; index++) {
      const timestampMs = index * 10;
      if (index !== 280) reference$.next(audioFrame(format, samples, timestampMs));
      if (index >= 2) near$.next(audioFrame(format, samples, timestampMs - 20));
    }

    const silent = native.rendered.slice(1).map((rendered) => rendered.filter((step) => step === 0).length);
    expect(silent.reduce((sum, count) => sum + count, 0)).toBe(block);
    expect(silent[279]).toBe(leadMs * 16);
    near$.complete();
  });

  it('counts a gap inside it as missing and keeps the times of what follows', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const holed = farFrames.filter((_, index) => index !== 10 && index !== 11);

    await clean(apm.cancelEcho(from(holed)), nearFrames);

    const rendered = native.rendered.slice(1);
    expect(toFloats(rendered[8])).toEqual(expected(8));
    expect(toFloats(rendered[10])).toEqual(new Float32Array(block));
    for (let index = 12; index < 25; index++) expect(toFloats(rendered[index])).toEqual(expected(index));
    expect(apm.counters()).toMatchObject({ missingReferenceMs: 20, referenceJumps: 0 });
  });

  it('follows the near end over a jump of its time', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const jumped = nearFrames.filter((_, index) => index < 5 || index >= 15);

    await clean(apm.cancelEcho(from(farFrames)), jumped);

    const rendered = native.rendered.slice(1);
    for (let index = 0; index < 15; index++) {
      expect(toFloats(rendered[index]), `block ${index}`).toEqual(expected(index < 5 ? index : index + 10));
    }
    expect(apm.counters().referenceJumps).toBe(1);
  });

  it('begins anew when its clock is set back by more than is remembered', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    near$.pipe(apm.cancelEcho(reference$)).subscribe();
    const play = (byMs: number) => {
      for (const frame of farFrames) reference$.next({ ...frame, timestampMs: frame.timestampMs + byMs });
      for (const frame of nearFrames) near$.next({ ...frame, timestampMs: frame.timestampMs + byMs });
    };

    play(1_000_000);
    const before = native.rendered.length;
    play(0);

    // The last near frames of the first round still waited.
    const rendered = native.rendered.slice(before);
    const first = rendered.findIndex((samples) => samples[0] === (expected(0)[0] as number) * 32_768);
    expect(first).toBeGreaterThanOrEqual(0);
    for (let index = 0; index < 25; index++) {
      expect(toFloats(rendered[first + index]), `block ${index}`).toEqual(expected(index));
    }
    near$.complete();
  });

  it('holds no more than the bound, also when the time of the near end stands still', async () => {
    const native = fakeNative();
    const apm = await load(native, { maxReferenceWaitMs: 40 });
    const near$ = new Subject<AudioFrame>();
    const reference$ = new Subject<AudioFrame>();
    near$.pipe(apm.cancelEcho(reference$)).subscribe();
    reference$.next(farFrames[0] as AudioFrame);

    for (let index = 0; index < 1000; index++) near$.next(nearFrames[1] as AudioFrame);

    expect(native.rendered.length - 1).toBeGreaterThanOrEqual(1000 - 5);
    near$.complete();
  });

  it('may come in another layout, and change it', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const constant = (sampleRateHz: number, channels: number, startMs: number) =>
      framesOf(new Float32Array(sampleRateHz / 10).fill(0.25), { sampleRateHz, channels }, 10, startMs);

    const reference$ = from([
      ...constant(48_000, 2, 1000),
      ...constant(44_100, 1, 1100),
      ...constant(16_000, 6, 1200),
    ]);
    await clean(apm.cancelEcho(reference$), nearFrames);

    const values = native.rendered.slice(2, 29).flatMap((samples) => [...samples]);
    // Where one run ends and the other begins the filters see silence beyond the edge.
    const even = values.filter((value) => Math.abs(value - 8192) <= 40);
    expect(even.length / values.length).toBeGreaterThan(0.97);
    expect(apm.counters().missingReferenceMs).toBeLessThanOrEqual(1);
  });

  it('may hold what is no number', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const broken = farFrames.map((frame, index) =>
      index === 3 ? { ...frame, samples: new Float32Array(block).fill(Number.NaN) } : frame,
    );

    await clean(apm.cancelEcho(from(broken)), nearFrames);

    expect(apm.counters().replacedSamples).toBe(block);
  });

  it.each([
    ['the reference', true],
    ['the near end', false],
  ])(
    'ends with an error for a frame without a time on %s, which would put all that follows nowhere',
    async (_, isFar) => {
      for (const timestampMs of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const native = fakeNative();
        const apm = await load(native);
        const spoil = (frames: readonly AudioFrame[]) =>
          frames.map((frame, index) => (index === 2 ? { ...frame, timestampMs } : frame));
        const cleaned = clean(
          apm.cancelEcho(from(isFar ? spoil(farFrames) : farFrames)),
          isFar ? nearFrames : spoil(nearFrames),
        );

        await expect(cleaned).rejects.toMatchObject({
          code: 'AUDIO_FORMAT_UNSUPPORTED',
          message: expect.stringContaining(`timestampMs, but got ${timestampMs}`),
        });
        expect(native.freed).toEqual(native.made);
      }
    },
  );

  it.each([
    ['a layout out of range', { sampleRateHz: 100, channels: 1 }, 10],
    ['half a sample frame', { sampleRateHz: 16_000, channels: 2 }, 321],
  ])('ends with an error when it has %s', async (_, layout, samples) => {
    const native = fakeNative();
    const apm = await load(native);
    const cleaned = clean(apm.cancelEcho(of(audioFrame(layout, new Float32Array(samples), 0))), nearFrames);

    await expect(cleaned).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    expect(native.freed).toEqual(native.made);
  });

  it('that errors at once opens no microphone', async () => {
    const native = fakeNative();
    const apm = await load(native);
    let isOpened = false;
    const near$ = defer(() => {
      isOpened = true;
      return from(nearFrames);
    });

    near$
      .pipe(apm.cancelEcho(throwError(() => new Error('the loudspeaker is gone'))))
      .subscribe({ error: () => {} });

    expect(isOpened).toBe(false);
  });

  it('ends everything when it errors', async () => {
    const native = fakeNative();
    const apm = await load(native);
    const lost = new Error('the loudspeaker is gone');

    await expect(clean(apm.cancelEcho(throwError(() => lost)), nearFrames)).rejects.toBe(lost);
    expect(native.freed).toEqual(native.made);
  });
});

type Operator = (frames$: Observable<AudioFrame>) => Observable<AudioFrame>;

function clean(operator: Operator, frames: readonly AudioFrame[]): Promise<AudioFrame[]> {
  return lastValueFrom(from(frames).pipe(operator, toArray()));
}

function load(native: FakeNative, options: Partial<WebrtcApmOptions> = {}) {
  return loadWebrtcApm({ ...options, bindings: async () => native.bindings });
}

/** Values that are all different, and whole steps of 16 bits. */
function steps(length: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => (index + 1) / 32_768);
}

function toFloats(samples: Int16Array | undefined): Float32Array {
  return Float32Array.from(samples ?? [], (step) => step / 32_768);
}

/** What a test sees of the native side, and what it makes it do. */
interface FakeNative {
  readonly bindings: RtcFfiBindings;
  /** Modules made, and modules freed, by the order in which it happened. */
  readonly made: bigint[];
  readonly freed: bigint[];
  /** All requests, by the number of their field: 50 makes a module, 51 captures, 52 renders. */
  readonly requests: { readonly field: number; readonly bytes: Uint8Array }[];
  /** Memory whose address was asked for. */
  readonly memory: Uint8Array[];
  /** What each render found in its memory. */
  readonly rendered: Int16Array[];
  /** What capturing comes to instead of doing it. */
  failure: { readonly says?: string; readonly throws?: Error } | undefined;
}

/** A native side that changes no sample and delays none. */
function fakeNative(): FakeNative {
  const made: bigint[] = [];
  const freed: bigint[] = [];
  const requests: { field: number; bytes: Uint8Array }[] = [];
  const memory: Uint8Array[] = [];
  const rendered: Int16Array[] = [];
  const pointers = new Map<bigint, Uint8Array>();

  const created = (): Uint8Array => {
    const id = BigInt(made.length + 1);
    made.push(id);
    const writer = new BinaryWriter().tag(49, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork();
    return writer.tag(1, WireType.Varint).uint64(id).join().join().join().finish();
  };
  const answer = (field: number, error?: string): Uint8Array => {
    const writer = new BinaryWriter().tag(field, WireType.LengthDelimited).fork();
    if (error !== undefined) writer.tag(1, WireType.LengthDelimited).string(error);
    return writer.join().finish();
  };
  const pointedTo = (request: Uint8Array): Uint8Array | undefined => {
    const outer = new BinaryReader(request);
    outer.tag();
    const reader = new BinaryReader(outer.bytes());
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 2) return pointers.get(BigInt(reader.uint64()));
      reader.skip(wireType, field);
    }
    return undefined;
  };

  const native: FakeNative = {
    made,
    freed,
    requests,
    memory,
    rendered,
    failure: undefined,
    bindings: {
      version: bindingsVersion,
      livekitFfiRequest(bytes) {
        const [field] = new BinaryReader(bytes).tag();
        requests.push({ field, bytes });
        if (field === 50) return created();
        const samples = pointedTo(bytes);
        if (samples === undefined) throw new Error('no such memory');
        if (field === 52) {
          rendered.push(new Int16Array(samples.slice().buffer));
          return answer(51);
        }
        if (native.failure?.throws) throw native.failure.throws;
        return answer(50, native.failure?.says);
      },
      livekitRetrievePtr(bytes) {
        memory.push(bytes);
        const address = BigInt(0x1000 * memory.length);
        pointers.set(address, bytes);
        return address;
      },
      FfiHandle: class {
        readonly #id: bigint;
        constructor(id: bigint) {
          this.#id = id;
        }
        dispose(): void {
          freed.push(this.#id);
        }
      },
    },
  };
  return native;
}
