import { concat, from, Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeVoice, type VoiceTurn } from '../../../test/support/fake-voice.js';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import { describeTranscriberContract } from '../../testing/contracts/transcriber.contract.js';
import { silence, tone } from '../../testing/signals.js';
import { toneSynthesizer } from '../../testing/tone-synthesizer.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { type AudioFrame, audioFrame, durationMs } from '../audio/audio-frame.js';
import { SpeechError } from '../errors.js';
import type { Transcriber, Transcript } from '../ports/transcriber.js';
import type { FallbackOptions } from './fallback-options.js';
import type { FallbackReport } from './fallback-watch.js';
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
    expect(it_.reports).toEqual([{ type: 'in-use', index: 0, name: 'voice 1/nobody' }]);
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
    expect(it_.reports.at(-1)).toEqual({ type: 'in-use', index: 0, name: 'voice 1/nobody' });
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
      /none of 2 could do it: voice 1\/nobody .*broke off.*voice 2\/nobody was too late/,
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
    readonly afterMs?: number;
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
      const later = (work: () => void) => clock.scheduler.schedule(work, afterMs);
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
    expect(String(end)).toMatch(/transcriber 1 .*one broke.*; transcriber 2 was too late/);
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
