import { concat, from, Observable, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeVoice, type VoiceTurn } from '../../../test/support/fake-voice.js';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import { describeTranscriberContract } from '../../testing/contracts/transcriber.contract.js';
import { silence, tone } from '../../testing/signals.js';
import { toneSynthesizer } from '../../testing/tone-synthesizer.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type AudioFrame, audioFrame, durationMs } from '../audio/audio-frame.js';
import { SpeechError } from '../errors.js';
import type { FallbackReport } from '../ports/fallback-report.js';
import type { SpokenFrame } from '../ports/synthesizer.js';
import type { Transcriber, Transcript } from '../ports/transcriber.js';
import { earcon } from './earcon.js';
import type { FallbackOptions } from './fallback-options.js';
import { withFallback } from './with-fallback.js';

const clockOfContract = createVirtualClock();
describeSynthesizerContract(
  { describe, it, expect },
  {
    name: 'withFallback over a voice that fails and one of another rate',
    create: () =>
      withFallback(
        [
          fakeVoice(clockOfContract.scheduler, () => ({ frames: 0, end: 'breaks' })),
          toneSynthesizer({ scheduler: clockOfContract.scheduler }),
        ],
        { scheduler: clockOfContract.scheduler },
      ),
    unspeakableText: '...',
    drive: () => clockOfContract.advanceBy(20_000),
  },
);

/** Voices that do as they are told, request by request. */
function voices(turns: readonly ((request: number) => VoiceTurn)[], options: Partial<FallbackOptions> = {}) {
  const clock = createVirtualClock();
  const all = turns.map((turnOf, index) => {
    let request = 0;
    return fakeVoice(clock.scheduler, () => turnOf(request++), { engine: `voice ${index + 1}` });
  });
  const voice = withFallback(all, { scheduler: clock.scheduler, ...options });
  const reports: FallbackReport[] = [];
  voice.reports$.subscribe((report) => reports.push(report));
  return {
    clock,
    all,
    voice,
    reports,
    typesOf: () => reports.map(({ type }) => type),
    /** @returns whose audio came, when it began, and how it ended. */
    ask(text = 'Hello.') {
      const heard: AudioFrame[] = [];
      let begunMs: number | undefined;
      const askedMs = clock.nowMs;
      let end: unknown = 'running';
      const subscription = voice.synthesize(text).subscribe({
        next: (frame) => {
          begunMs ??= clock.nowMs - askedMs;
          heard.push(frame);
        },
        error: (error) => {
          end = error;
        },
        complete: () => {
          end = 'complete';
        },
      });
      return {
        heard,
        subscription,
        get begunMs() {
          return begunMs;
        },
        get end() {
          return end;
        },
      };
    },
  };
}
const works = () => ({ afterMs: 100 });
const fails = () => ({ frames: 0, end: 'breaks' as const });
const isSlow = () => ({ afterMs: 5000 });

describe('withFallback for synthesizers', () => {
  it('lets the first one speak, and tells who is in use', () => {
    const it_ = voices([works, works]);
    const said = it_.ask();
    it_.clock.advanceBy(1000);
    expect(said.end).toBe('complete');
    expect(it_.all.map(({ asked }) => asked.length)).toEqual([1, 0]);
    expect(it_.reports).toEqual([
      { type: 'in-use', index: 0, name: 'voice 1/nobody', saysNothing: false, before: null },
    ]);
  });

  it('asks the next one when one fails, or is too late, and leaves the late one alone', () => {
    const it_ = voices([isSlow, fails, works], { names: ['remote', 'local', 'spare'] });
    const said = it_.ask();
    it_.clock.advanceBy(20_000);
    expect(said.begunMs).toBe(2100);
    expect(said.heard).toHaveLength(2);
    expect(it_.all.map(({ open }) => open)).toEqual([0, 0, 0]);
    expect(it_.reports).toMatchObject([
      { type: 'down', name: 'remote', probeInMs: 10_000 },
      { type: 'down', name: 'local', error: { code: 'SYNTHESIS_FAILED' } },
      {
        type: 'fell-back',
        from: 'remote',
        to: 'spare',
        reason: 'late',
        answered: 1,
        fallbacks: 1,
        recentShare: 1,
      },
      { type: 'in-use', index: 2, name: 'spare' },
    ]);
  });

  it('passes over one that is down, tries it again behind a request, and goes back to it', () => {
    const it_ = voices([(request) => (request < 2 ? fails() : works()), works]);
    it_.ask();
    it_.clock.advanceBy(1000);
    it_.ask();
    it_.clock.advanceBy(1000);
    expect(it_.all[0]?.asked).toHaveLength(1);
    expect(it_.reports.at(-1)).toMatchObject({
      type: 'fell-back',
      reason: 'down',
      answered: 2,
      fallbacks: 2,
    });

    // The first probe fails, the second one does not; nobody hears either.
    it_.clock.advanceBy(10_000);
    const probed = it_.ask();
    it_.clock.advanceBy(1000);
    expect(it_.all[0]?.asked).toHaveLength(2);
    expect(probed.begunMs).toBe(100);
    expect(probed.heard).toHaveLength(2);
    it_.clock.advanceBy(10_000);
    it_.ask();
    it_.clock.advanceBy(1000);
    expect(it_.all[0]?.asked).toHaveLength(2);
    it_.clock.advanceBy(10_000);
    it_.ask();
    it_.clock.advanceBy(1000);
    expect(it_.reports.at(-1)).toMatchObject({ type: 'recovered', name: 'voice 1/nobody' });
    expect(it_.all.map(({ open }) => open)).toEqual([0, 0]);

    it_.ask();
    it_.clock.advanceBy(1000);
    expect(it_.reports.at(-1)).toMatchObject({ type: 'in-use', index: 0, before: 'voice 2/nobody' });
    expect(it_.reports.findLast(({ type }) => type === 'fell-back')).toMatchObject({
      answered: 5,
      fallbacks: 5,
    });
  });

  it('counts the rate of fallbacks among the last requests', () => {
    const it_ = voices([(request) => (request % 4 === 3 ? fails() : works()), works], {
      failuresUntilDown: 2,
    });
    for (let n = 0; n < 100; n++) {
      it_.ask();
      it_.clock.advanceBy(1000);
    }
    expect(it_.reports.findLast(({ type }) => type === 'fell-back')).toMatchObject({
      answered: 100,
      fallbacks: 25,
      recentShare: 0.26,
    });
    expect(it_.typesOf()).not.toContain('down');
  });

  it('waits longer for the last one, and says what each of them said when none answers', () => {
    const it_ = voices([fails, isSlow]);
    const said = it_.ask();
    it_.clock.advanceBy(20_000);
    expect(said.begunMs).toBe(5000);

    const none = voices([fails, () => ({ afterMs: 60_000 })]);
    const silent = none.ask();
    none.clock.advanceBy(15_000);
    expect(silent.end).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
    expect(String(silent.end)).toMatch(
      /none of 2 could do it \(voice 1\/nobody: the fake broke off; voice 2\/nobody: gave no audio in time\)/,
    );
    expect(none.typesOf()).toEqual(['down', 'all-failed']);
  });

  it('blames nobody for a text that none can speak', () => {
    const it_ = voices([() => ({ frames: 0, end: 'refuses' }), () => ({ frames: 0 })]);
    const said = it_.ask('...');
    expect(said.end).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: false });
    expect(it_.typesOf()).toEqual(['all-failed']);
  });

  it('asks all when all are down', () => {
    const it_ = voices([
      (request) => (request === 0 ? fails() : works()),
      (request) => (request === 1 ? { afterMs: 60_000 } : works()),
    ]);
    it_.ask();
    it_.clock.advanceBy(1000);
    it_.ask();
    it_.clock.advanceBy(16_000);
    expect(it_.reports.filter(({ type }) => type === 'down')).toHaveLength(2);
    const said = it_.ask();
    it_.clock.advanceBy(1000);
    expect(said.end).toBe('complete');
  });

  it('does not change the voice in the middle: what breaks off, or pauses for too long, errors, and the next request goes elsewhere', () => {
    for (const end of ['breaks', 'silence'] as const) {
      const it_ = voices([() => ({ frames: 1, end }), works]);
      const said = it_.ask();
      it_.clock.advanceBy(15_000);
      expect(said.end).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
      expect(said.heard).toHaveLength(1);
      const again = it_.ask();
      it_.clock.advanceBy(1000);
      expect(again.end).toBe('complete');
      expect(it_.all[1]?.asked).toHaveLength(1);
    }
  });

  /** Voices of which the first does one text after the other, each in so long. */
  function oneAtATime(workMs: number, options: Partial<FallbackOptions> = {}) {
    const clock = createVirtualClock();
    let freeAtMs = 0;
    const slow = fakeVoice(
      clock.scheduler,
      () => {
        freeAtMs = Math.max(freeAtMs, clock.nowMs) + workMs;
        return { afterMs: freeAtMs - clock.nowMs };
      },
      { engine: 'one at a time' },
    );
    const spare = fakeVoice(clock.scheduler);
    const voice = withFallback([slow, spare], { scheduler: clock.scheduler, ...options });
    const reports: FallbackReport[] = [];
    voice.reports$.subscribe((report) => reports.push(report));
    return { clock, slow, spare, voice, reports };
  }

  it('does not take for late what waits for a text before it, at a voice that does one at a time', () => {
    const { clock, slow, spare, voice } = oneAtATime(1500);
    let said = 0;
    for (const text of ['One.', 'Two.', 'Three.', 'Four.'])
      voice.synthesize(text).subscribe({ complete: () => said++ });
    clock.advanceBy(4 * 1500);
    expect([said, slow.asked.length, spare.asked.length]).toEqual([4, 4, 0]);
  });

  it('counts from when a text before it was cut', () => {
    const { clock, slow, spare, voice } = oneAtATime(1700);
    const first = voice.synthesize('One.').subscribe();
    const begun: number[] = [];
    voice.synthesize('Two.').subscribe(() => begun.push(clock.nowMs));
    clock.advanceBy(1500);
    first.unsubscribe();
    clock.advanceBy(5000);
    expect(begun[0]).toBe(3400);
    expect([slow.asked.length, spare.asked.length]).toEqual([2, 0]);
  });

  it('is not kept waiting by what was asked later, of a voice that does several at a time', () => {
    const it_ = voices([(request) => (request === 0 ? { afterMs: 60_000 } : { afterMs: 500 }), works]);
    const stuck = it_.ask('stuck');
    for (let n = 0; n < 6; n++) {
      it_.ask();
      it_.clock.advanceBy(500);
    }
    expect(stuck.begunMs).toBe(2100);
  });

  it('leaves a voice that hangs with all its texts at once, and counts that once', () => {
    const it_ = voices([(request) => (request < 3 ? { afterMs: 60_000 } : works()), works]);
    const both = [it_.ask('One.'), it_.ask('Two.'), it_.ask('Three.')];
    it_.clock.advanceBy(2500);
    expect(both.map(({ begunMs }) => begunMs)).toEqual([2100, 2100, 2100]);
    expect(it_.reports.filter(({ type }) => type === 'down')).toMatchObject([{ probeInMs: 10_000 }]);
    it_.clock.advanceBy(10_000);
    it_.ask();
    it_.clock.advanceBy(1000);
    expect(it_.reports.at(-1)).toMatchObject({ type: 'recovered' });
  });

  it('does not hold a text that one refuses against it, neither at work nor when it is tried again', () => {
    const refuses = () => ({ frames: 0, end: 'refuses' as const });
    const it_ = voices([(request) => [refuses, fails, refuses, works][request]?.() ?? works(), works]);
    const ask = (waitMs: number) => {
      it_.ask();
      it_.clock.advanceBy(waitMs);
    };
    ask(1000);
    expect(it_.reports.findLast(({ type }) => type === 'fell-back')).toMatchObject({ reason: 'refused' });
    expect(it_.typesOf()).not.toContain('down');
    ask(11_000);
    expect(it_.typesOf()).toContain('down');
    // It is tried with a text that it refuses, which teaches nothing, and with the next one again.
    ask(1000);
    expect(it_.all[0]?.asked).toHaveLength(3);
    ask(1000);
    expect(it_.typesOf()).toContain('recovered');
  });

  it('tells of a signal in the place of speech', () => {
    const clock = createVirtualClock();
    const voice = withFallback(
      [fakeVoice(clock.scheduler, () => ({ frames: 0, end: 'breaks' })), earcon({ sampleRateHz: 16_000 })],
      { scheduler: clock.scheduler },
    );
    const reports: FallbackReport[] = [];
    voice.reports$.subscribe((report) => reports.push(report));
    const frames: SpokenFrame[] = [];
    voice.synthesize('Hello.').subscribe((frame) => frames.push(frame));
    expect(frames[0]?.format).toEqual(voice.format);
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.every(({ saysNothing }) => saysNothing === true)).toBe(true);
    expect(reports.at(-1)).toMatchObject({ type: 'in-use', index: 1, saysNothing: true });
  });

  it('lets go of whoever is asked when it is unsubscribed, and probes nobody for it', () => {
    const it_ = voices([fails, isSlow]);
    const said = it_.ask();
    it_.clock.advanceBy(100);
    said.subscription.unsubscribe();
    it_.clock.advanceBy(60_000);
    expect(said.heard).toEqual([]);
    expect(it_.all.map(({ open, asked }) => [open, asked.length])).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('refuses an empty list, and options out of range', () => {
    expect(() => withFallback([])).toThrow(/the list must hold at least one/);
    expect(() => voices([works], { answerMs: 1, failuresUntilDown: 0 })).toThrow(
      /answerMs must be .*; failuresUntilDown must be/,
    );
  });
});

const format = { sampleRateHz: 16_000, channels: 1 };
const frameOf = (level: number) => audioFrame(format, new Float32Array(1600).fill(level), 0);

interface Ear extends Transcriber {
  readonly heardMs: number;
  readonly open: number;
  readonly utterances: number;
}

/** Understands what its name says, so long after the end of the utterance; it may fail at a frame, or at the end. */
function fakeEar(
  name: string,
  clock: ReturnType<typeof createVirtualClock>,
  turnOf: (utterance: number) => {
    readonly afterMs?: number | (() => number);
    readonly failsAt?: number | 'end';
    readonly says?: 'nothing';
  } = () => ({}),
  layout = format,
): Ear {
  let heardMs = 0;
  let open = 0;
  let utterances = 0;
  return {
    format: layout,
    get heardMs() {
      return heardMs;
    },
    get open() {
      return open;
    },
    get utterances() {
      return utterances;
    },
    transcribe: () => (audio$) => {
      const { afterMs = 50, failsAt, says } = turnOf(utterances++);
      heardMs = 0;
      open += 1;
      const out$ = new Subject<Transcript>();
      let frames = 0;
      const broken = new SpeechError('TRANSCRIPTION_FAILED', `${name} broke`, { retryable: true });
      const later = (work: () => void) =>
        clock.scheduler.schedule(work, typeof afterMs === 'number' ? afterMs : afterMs());
      return new Observable<Transcript>((subscriber) => {
        subscriber.add(() => {
          open -= 1;
        });
        subscriber.add(out$.subscribe(subscriber));
        subscriber.add(
          audio$.subscribe({
            next: (frame) => {
              heardMs += durationMs(frame);
              frames += 1;
              if (failsAt === frames) out$.error(broken);
              else out$.next({ text: `${name} so far ${frames}`, final: false, engine: name });
            },
            error: (error) => out$.error(error),
            complete: () => {
              if (failsAt === 'end') out$.error(broken);
              else if (says === 'nothing') out$.complete();
              else
                subscriber.add(
                  later(() => {
                    out$.next({ text: name, final: true, engine: name });
                    out$.complete();
                  }),
                );
            },
          }),
        );
      });
    },
  };
}

function ears(
  of: (clock: ReturnType<typeof createVirtualClock>) => readonly Ear[],
  options: Partial<FallbackOptions> = {},
) {
  const clock = createVirtualClock();
  const all = of(clock);
  const ear = withFallback(all, { scheduler: clock.scheduler, ...options });
  const reports: FallbackReport[] = [];
  ear.reports$.subscribe((report) => reports.push(report));
  return {
    clock,
    all,
    ear,
    reports,
    /** Say half a second, and let time pass. */
    hear(frames = 5, waitMs = 30_000) {
      const audio$ = new Subject<AudioFrame>();
      const out: Transcript[] = [];
      let end: unknown = 'running';
      audio$.pipe(ear.transcribe()).subscribe({
        next: (transcript) => out.push(transcript),
        error: (error) => {
          end = error;
        },
        complete: () => {
          end = 'complete';
        },
      });
      for (let n = 0; n < frames; n++) {
        clock.advanceBy(100);
        audio$.next(frameOf(0.1));
      }
      audio$.complete();
      clock.advanceBy(waitMs);
      return { out, end, finals: out.filter(({ final }) => final).map(({ text }) => text) };
    },
  };
}

describe('withFallback for transcribers', () => {
  it('lets the first one listen', () => {
    const it_ = ears((clock) => [fakeEar('one', clock), fakeEar('two', clock)]);
    const { finals, out, end } = it_.hear();
    expect([finals, out.length, end]).toEqual([['one'], 6, 'complete']);
    expect(it_.all.map(({ utterances, open }) => [utterances, open])).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  it.each<readonly [string, Parameters<typeof fakeEar>[2]]>([
    ['fails in the middle of the utterance', () => ({ failsAt: 3 })],
    ['fails at its first frame', () => ({ failsAt: 1 })],
    ['fails at the end', () => ({ failsAt: 'end' })],
    ['says nothing at the end', () => ({ says: 'nothing' })],
    ['is too late', () => ({ afterMs: 5000 })],
  ])('gives the next one the whole utterance when one %s', (_, turnOf) => {
    const it_ = ears((clock) => [fakeEar('one', clock, turnOf), fakeEar('two', clock)]);
    const { finals, out, end } = it_.hear();
    expect([finals, end]).toEqual([['two'], 'complete']);
    expect(out.at(-2)?.text).toBe('two so far 5');
    expect(it_.all[1]?.heardMs).toBe(500);
    expect(it_.all.map(({ open }) => open)).toEqual([0, 0]);
    expect(it_.reports.map(({ type }) => type)).toEqual(['down', 'fell-back', 'in-use']);
  });

  it('passes over one that is down, tries it again with an utterance that was answered, and goes back to it', () => {
    const it_ = ears((clock) => [
      fakeEar('one', clock, (n) => (n === 0 ? { failsAt: 1 } : {})),
      fakeEar('two', clock),
    ]);
    expect(it_.hear(5, 1000).finals).toEqual(['two']);
    expect(it_.hear(5, 20_000).finals).toEqual(['two']);
    expect(it_.all[0]?.utterances).toBe(1);
    expect(it_.hear(5, 1000).finals).toEqual(['two']);
    expect(it_.all[0]?.heardMs).toBe(500);
    expect(it_.reports.at(-1)).toMatchObject({ type: 'recovered', name: 'transcriber 1' });
    expect(it_.hear().finals).toEqual(['one']);
  });

  it('does not take for late what waits for an utterance before it, at one that does one at a time', () => {
    let freeAtMs = 0;
    const it_ = ears((clock) => [
      fakeEar('one', clock, () => ({
        afterMs: () => {
          freeAtMs = Math.max(freeAtMs, clock.nowMs) + 1500;
          return freeAtMs - clock.nowMs;
        },
      })),
      fakeEar('two', clock),
    ]);
    const finals: string[] = [];
    for (let n = 0; n < 3; n++)
      of(frameOf(0.1))
        .pipe(it_.ear.transcribe())
        .subscribe(({ final, text }) => final && finals.push(`${text} at ${it_.clock.nowMs}`));
    it_.clock.advanceBy(10_000);
    expect(finals).toEqual(['one at 1500', 'one at 3000', 'one at 4500']);
  });

  it('converts for one that takes another layout', () => {
    const it_ = ears((clock) => [
      fakeEar('one', clock, () => ({ failsAt: 'end' })),
      fakeEar('two', clock, undefined, { sampleRateHz: 8000, channels: 1 }),
    ]);
    expect(it_.hear().finals).toEqual(['two']);
    expect(it_.all[1]?.heardMs).toBeCloseTo(500, 0);
  });

  it('keeps the last two minutes of an utterance', () => {
    const it_ = ears((clock) => [fakeEar('one', clock, () => ({ failsAt: 'end' })), fakeEar('two', clock)]);
    expect(it_.hear(1300).finals).toEqual(['two']);
    expect(it_.all[1]?.heardMs).toBe(120_000);
  });

  it('says what each of them said when none could do it', () => {
    const it_ = ears((clock) => [
      fakeEar('one', clock, () => ({ failsAt: 2 })),
      fakeEar('two', clock, () => ({ afterMs: 60_000 })),
    ]);
    const { end, finals } = it_.hear();
    expect(finals).toEqual([]);
    expect(end).toMatchObject({ code: 'TRANSCRIPTION_FAILED', retryable: true });
    expect(String(end)).toMatch(
      /transcriber 1: one broke; transcriber 2: gave no final transcript within 15000 ms/,
    );
  });

  it('asks nobody after it was unsubscribed, within the first transcript of a source that gives all at once too', () => {
    const it_ = ears((clock) => [fakeEar('one', clock), fakeEar('two', clock)]);
    from([frameOf(0.1), frameOf(0.1)])
      .pipe(it_.ear.transcribe(), take(1))
      .subscribe();
    it_.clock.advanceBy(30_000);
    expect(it_.all.map(({ utterances, open }) => [utterances, open])).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect(it_.reports).toEqual([]);
  });

  it('waits through half a minute without a frame: only what comes after the end of an utterance is late', () => {
    const it_ = ears((clock) => [fakeEar('one', clock), fakeEar('two', clock)]);
    const audio$ = new Subject<AudioFrame>();
    const out: string[] = [];
    audio$.pipe(it_.ear.transcribe()).subscribe(({ text }) => out.push(text));
    it_.clock.advanceBy(30_000);
    audio$.next(frameOf(0.1));
    it_.clock.advanceBy(30_000);
    audio$.complete();
    it_.clock.advanceBy(1000);
    expect(out).toEqual(['one so far 1', 'one']);
  });

  it('passes an error of its source on, and lets everybody go', () => {
    const it_ = ears((clock) => [fakeEar('one', clock)]);
    let end: unknown;
    concat(
      of(frameOf(0.1)),
      throwError(() => 'gone'),
    )
      .pipe(it_.ear.transcribe())
      .subscribe({ error: (error) => (end = error) });
    expect(end).toBe('gone');
    expect(it_.all[0]?.open).toBe(0);
  });
});

{
  const clock = createVirtualClock();
  const framesOf = (samples: Float32Array) =>
    Array.from({ length: samples.length / 320 }, (_, n) =>
      audioFrame(format, samples.slice(n * 320, n * 320 + 320), n * 20),
    );
  /** Hears whether there is sound. */
  const soundEar = (breaks: boolean): Transcriber => ({
    format,
    transcribe: () => (audio$) =>
      new Observable<Transcript>((subscriber) => {
        let isLoud = false;
        subscriber.add(
          audio$.subscribe({
            next: (frame) => {
              isLoud ||= frame.samples.some((sample) => Math.abs(sample) > 0.1);
            },
            error: (error) => subscriber.error(error),
            complete: () => {
              if (breaks) subscriber.error(new Error('broke'));
              else from([{ text: isLoud ? 'beep' : '', final: true, engine: 'ear' }]).subscribe(subscriber);
            },
          }),
        );
      }),
  });
  const beep = framesOf(tone({ sampleRateHz: 16_000, durationMs: 400, frequencyHz: 440 }));
  describeTranscriberContract(
    { describe, it, expect },
    {
      name: 'withFallback over a transcriber that fails at the end of each utterance',
      create: () =>
        withFallback([soundEar(true), soundEar(false)], {
          scheduler: clock.scheduler,
          probeAfterMs: 3_600_000,
          maxProbeAfterMs: 3_600_000,
        }),
      utterances: [
        { frames: beep, text: 'beep' },
        { frames: beep, text: 'beep' },
      ],
      wordless: framesOf(silence({ sampleRateHz: 16_000, durationMs: 400 })),
      drive: () => clock.advanceBy(20_000),
    },
  );
}
