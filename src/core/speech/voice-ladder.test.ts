import fc from 'fast-check';
import { concat, EMPTY, ignoreElements, NEVER, Observable, of, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeSynthesizerContract } from '../../testing/contracts/synthesizer.contract.js';
import { toneSynthesizer } from '../../testing/tone-synthesizer.js';
import { createVirtualClock, type VirtualClock } from '../../testing/virtual-clock.js';
import { type AudioFrame, audioFrame, endMs } from '../audio/audio-frame.js';
import { SpeechError, VoiceError } from '../errors.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import { earcon } from './earcon.js';
import { voiceLadder } from './voice-ladder.js';
import type { VoiceLadderEvent } from './voice-ladder-events.js';
import type { VoiceLadderOptions } from './voice-ladder-options.js';
import type { ClosableSynthesizer, VoiceRung } from './voice-rung.js';

const format = { sampleRateHz: 24_000, channels: 1 };
const contractClock = createVirtualClock();
describeSynthesizerContract(
  { describe, it, expect },
  {
    name: 'voiceLadder over a broken voice and one at another rate',
    create: () =>
      voiceLadder(
        [
          { name: 'missing', open: () => throwError(() => missing) },
          { name: 'broken', open: () => of(voiceOf('broken', () => throwError(() => broken))) },
          {
            name: 'tone',
            open: () =>
              of(
                toneSynthesizer({
                  sampleRateHz: 16_000,
                  realTimeFactor: 0.1,
                  scheduler: contractClock.scheduler,
                }),
              ),
          },
        ],
        { scheduler: contractClock.scheduler },
      ),
    unspeakableText: '...',
    drive: () => contractClock.advanceBy(60_000),
  },
);

const missing = new VoiceError('PEER_MISSING', 'it is not installed; install it');
const broken = new SpeechError('SYNTHESIS_FAILED', 'its process died; ask again', { retryable: true });
const wordless = new SpeechError('SYNTHESIS_FAILED', 'it does not know the word; leave it out');

/** A voice whose every sample is `level`. */
function voiceOf(
  name: string,
  synthesize: Synthesizer['synthesize'],
  close?: () => unknown,
): ClosableSynthesizer {
  return {
    format,
    engine: `${name}-1`,
    voice: `voice of ${name}`,
    speed: 1,
    synthesize,
    ...(close && { close }),
  };
}
const sound = (level: number, frames = 3): AudioFrame[] =>
  Array.from({ length: frames }, (_, index) =>
    audioFrame(format, new Float32Array(480).fill(level), index * 20),
  );
/** Speaks after `ms`, as long as `says` has nothing against it. */
const speaker =
  (clock: VirtualClock, level: number, ms: () => number = () => 10, says: () => unknown = () => undefined) =>
  () =>
    concat(
      timer(ms(), clock.scheduler).pipe(ignoreElements()),
      new Observable<AudioFrame>((subscriber) => {
        const error = says();
        if (error !== undefined) subscriber.error(error);
        else of(...sound(level)).subscribe(subscriber);
      }),
    );

interface Spoken {
  /** Level of each frame: which voice it was. */
  readonly levels: number[];
  readonly frames: AudioFrame[];
  error: unknown;
  isDone: boolean;
  stop(): void;
}

function setUp(
  rungs: (clock: VirtualClock) => readonly VoiceRung[],
  options: Partial<VoiceLadderOptions> = {},
) {
  const clock = createVirtualClock();
  const ladder = voiceLadder(rungs(clock), { scheduler: clock.scheduler, ...options });
  const events: VoiceLadderEvent[] = [];
  ladder.events$.subscribe((event) => events.push(event));
  const say = (text = 'hello'): Spoken => {
    const spoken: Spoken = { levels: [], frames: [], error: undefined, isDone: false, stop: () => undefined };
    const subscription = ladder.synthesize(text).subscribe({
      next(frame) {
        spoken.frames.push(frame);
        spoken.levels.push(Math.round((frame.samples[0] ?? 0) * 10));
      },
      error(error) {
        spoken.error = error;
        spoken.isDone = true;
      },
      complete() {
        spoken.isDone = true;
      },
    });
    spoken.stop = () => subscription.unsubscribe();
    return spoken;
  };
  /** Says it and waits; the level of the voice that spoke. */
  const heard = (waitMs = 1000): number | undefined => {
    const spoken = say();
    clock.advanceBy(waitMs);
    expect(spoken.isDone).toBe(true);
    expect(new Set(spoken.levels).size).toBeLessThanOrEqual(1);
    return spoken.levels[0];
  };
  const told = (type: VoiceLadderEvent['type']) => events.filter((event) => event.type === type);
  return { clock, ladder, events, told, say, heard };
}

describe('voiceLadder', () => {
  it('speaks with the first voice that is there, and says which', () => {
    const { heard, events } = setUp((clock) => [
      { name: 'kokoro', open: () => throwError(() => missing) },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
      { name: 'earcon', open: () => of(earcon()) },
    ]);
    expect(heard()).toBe(2);
    expect(events).toEqual([
      { type: 'rung-unavailable', rung: 'kokoro', error: missing, retryInMs: undefined },
      { type: 'rung-ready', rung: 'espeak' },
      {
        type: 'rung-in-use',
        rung: 'espeak',
        engine: 'espeak-1',
        voice: 'voice of espeak',
        saysNothing: false,
        before: undefined,
      },
    ]);
  });

  it('opens nothing before it is needed, and nothing below a voice that speaks', () => {
    const opened: string[] = [];
    const rung = (name: string, clock: VirtualClock): VoiceRung => ({
      name,
      open() {
        opened.push(name);
        return of(voiceOf(name, speaker(clock, 0.1)));
      },
    });
    const { heard } = setUp((clock) => [rung('first', clock), rung('second', clock)]);
    expect(opened).toEqual([]);
    heard();
    heard();
    expect(opened).toEqual(['first']);
  });

  it('does not wait for a model that loads for long, and goes up to it when it is ready', () => {
    const { clock, heard, told } = setUp((clock) => [
      {
        name: 'kokoro',
        open: () =>
          concat(
            timer(20_000, clock.scheduler).pipe(ignoreElements()),
            of(voiceOf('kokoro', speaker(clock, 0.1))),
          ),
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    expect(heard(1600)).toBe(2);
    expect(clock.nowMs).toBe(1600);
    expect(heard(20)).toBe(2);
    clock.advanceBy(20_000);
    expect(heard()).toBe(1);
    expect(told('rung-in-use')).toMatchObject([
      { rung: 'espeak', before: undefined },
      { rung: 'kokoro', before: 'espeak' },
    ]);
  });

  it('waits for whichever voice opens first when there is no other', () => {
    const slow = (name: string, ms: number, level: number, clock: VirtualClock): VoiceRung => ({
      name,
      open: () =>
        concat(timer(ms, clock.scheduler).pipe(ignoreElements()), of(voiceOf(name, speaker(clock, level)))),
    });
    const { clock, say } = setUp((clock) => [
      slow('kokoro', 60_000, 0.1, clock),
      { name: 'espeak', open: () => throwError(() => missing) },
      slow('flite', 3000, 0.3, clock),
    ]);
    const spoken = say();
    clock.advanceBy(5000);
    expect(spoken.levels).toEqual([3, 3, 3]);
  });

  it('hands a text down when a voice fails before its first sound, and lets that voice rest', () => {
    let isIll = true;
    let asked = 0;
    const { clock, heard, told } = setUp((clock) => [
      {
        name: 'kokoro',
        open: () =>
          of(
            voiceOf(
              'kokoro',
              speaker(clock, 0.1, undefined, () => {
                asked += 1;
                return isIll ? broken : undefined;
              }),
            ),
          ),
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    expect(heard()).toBe(2);
    expect(told('rung-unavailable')).toMatchObject([{ rung: 'kokoro', error: broken, retryInMs: 10_000 }]);
    expect(told('text-passed-on')).toMatchObject([{ rung: 'kokoro', texts: 1, passedOn: 1 }]);

    expect(heard()).toBe(2);
    expect(asked).toBe(1);

    // Its rest is over: one word is tried while the other speaks, and it is twice as long now.
    clock.advanceBy(10_000);
    expect(heard()).toBe(2);
    expect(asked).toBe(2);
    clock.advanceBy(18_800);
    expect(heard(300)).toBe(2);
    expect(asked).toBe(2);

    isIll = false;
    expect(heard()).toBe(2);
    expect(asked).toBe(3);
    expect(heard()).toBe(1);
    expect(told('rung-ready').map(({ rung }) => rung)).toEqual(['kokoro', 'espeak', 'kokoro']);
  });

  it('hands a text down when the first sound does not come in time', () => {
    let ms = 10_000;
    const { clock, heard } = setUp((clock) => [
      {
        name: 'kokoro',
        open: () =>
          of(
            voiceOf(
              'kokoro',
              speaker(clock, 0.1, () => ms),
            ),
          ),
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    expect(heard(4100)).toBe(2);
    ms = 50;
    clock.advanceBy(10_000);
    heard();
    expect(heard()).toBe(1);
  });

  it('does not take a voice for late that says one text after the other', () => {
    // Each takes 3 s, and the fourth is due after 12.
    let freeMs = 0;
    const { clock, say, told } = setUp((clock) => [
      {
        name: 'kokoro',
        open: () =>
          of(
            voiceOf(
              'kokoro',
              speaker(clock, 0.1, () => {
                freeMs = Math.max(freeMs, clock.nowMs) + 3000;
                return freeMs - clock.nowMs;
              }),
            ),
          ),
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    const all = [say(), say(), say(), say()];
    clock.advanceBy(13_000);
    expect(all.map(({ levels }) => levels[0])).toEqual([1, 1, 1, 1]);
    expect(told('text-passed-on')).toEqual([]);
  });

  it('says nothing twice: a voice that fails while it speaks errors, and the next text has another voice', () => {
    const { clock, say, heard } = setUp((clock) => [
      {
        name: 'kokoro',
        open: () =>
          of(
            voiceOf('kokoro', () =>
              concat(
                of(...sound(0.1)),
                throwError(() => broken),
              ),
            ),
          ),
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    const spoken = say();
    clock.advanceBy(100);
    expect(spoken).toMatchObject({ levels: [1, 1, 1], error: broken });
    expect(heard()).toBe(2);
  });

  it('does not hold a text against a voice that cannot say it', () => {
    let error: unknown = wordless;
    const { heard, told } = setUp((clock) => [
      {
        name: 'cache',
        open: () =>
          of(
            voiceOf(
              'cache',
              speaker(clock, 0.1, undefined, () => error),
            ),
          ),
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    expect(heard()).toBe(2);
    error = undefined;
    expect(heard()).toBe(1);
    expect(told('rung-unavailable')).toEqual([]);
  });

  it('says of an earcon that nothing is said', () => {
    const { say, told } = setUp(() => [
      { name: 'kokoro', open: () => throwError(() => missing) },
      { name: 'earcon', open: () => of(earcon()) },
    ]);
    expect(say()).toMatchObject({ isDone: true, error: undefined });
    expect(told('rung-in-use')).toMatchObject([{ rung: 'earcon', engine: 'earcon', saysNothing: true }]);
  });

  it('opens again what could not be opened, where that makes sense, and not what is not installed', () => {
    const opened: string[] = [];
    const { clock, heard } = setUp((clock) => [
      {
        name: 'absent',
        open() {
          opened.push('absent');
          return throwError(() => missing);
        },
      },
      {
        name: 'starting',
        open() {
          opened.push('starting');
          return opened.length < 4 ? throwError(() => broken) : of(voiceOf('starting', speaker(clock, 0.1)));
        },
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    expect(heard()).toBe(2);
    clock.advanceBy(10_000);
    expect(heard()).toBe(2);
    clock.advanceBy(20_000);
    expect(heard()).toBe(2);
    expect(heard()).toBe(1);
    expect(opened).toEqual(['absent', 'starting', 'starting', 'starting']);
  });

  it('tries what rests when nothing else is left', () => {
    let isIll = true;
    const { heard, say, clock } = setUp((clock) => [
      {
        name: 'only',
        open: () =>
          of(
            voiceOf(
              'only',
              speaker(clock, 0.1, undefined, () => (isIll ? broken : undefined)),
            ),
          ),
      },
    ]);
    const spoken = say();
    clock.advanceBy(100);
    expect(spoken.error).toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
    isIll = false;
    expect(heard()).toBe(1);
  });

  it('names every voice and its reason when none can speak', () => {
    const { say, clock } = setUp((clock) => [
      { name: 'kokoro', open: () => throwError(() => missing) },
      { name: 'empty', open: () => EMPTY },
      { name: 'mute', open: () => of(voiceOf('mute', () => EMPTY)) },
      {
        name: 'espeak',
        open: () =>
          of(
            voiceOf(
              'espeak',
              speaker(clock, 0.2, undefined, () => wordless),
            ),
          ),
      },
    ]);
    const spoken = say('hello there');
    clock.advanceBy(1000);
    expect(String(spoken.error)).toMatch(
      /none of 4 could do it \(kokoro: it is not installed; empty: opened without a voice; mute: gave no audio; espeak: it does not know the word\)/,
    );
  });

  it('gives up an opening that does not end, and closes what comes too late', () => {
    let closed = 0;
    const late = (clock: VirtualClock): VoiceRung => ({
      name: 'late',
      open: () =>
        concat(
          timer(700_000, clock.scheduler).pipe(ignoreElements()),
          of(
            voiceOf('late', speaker(clock, 0.1), () => {
              closed += 1;
            }),
          ),
        ),
    });
    const { clock, say, told } = setUp((clock) => [late(clock)]);
    const spoken = say();
    clock.advanceBy(600_000);
    expect(spoken.error).toMatchObject({
      message: expect.stringContaining('was not ready within 600000 ms'),
    });
    expect(told('rung-unavailable')).toMatchObject([{ retryInMs: 10_000 }]);
    clock.advanceBy(100_000);
    expect(closed).toBe(1);
  });

  it('finds a voice ahead of the first text', () => {
    const { ladder, clock, told } = setUp((clock) => [
      { name: 'kokoro', open: () => NEVER },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    let isWarm = false;
    ladder.warmUp().subscribe({ complete: () => (isWarm = true) });
    clock.advanceBy(1499);
    expect(isWarm).toBe(false);
    clock.advanceBy(1);
    expect(isWarm).toBe(true);
    expect(told('rung-ready')).toMatchObject([{ rung: 'espeak' }]);
  });

  it('closes what it opened and errors what is being said, once', () => {
    const closed: string[] = [];
    const rung = (name: string, synthesize: Synthesizer['synthesize'], how: () => unknown): VoiceRung => ({
      name,
      open: () =>
        of(
          voiceOf(name, synthesize, () => {
            closed.push(name);
            return how();
          }),
        ),
    });
    const { ladder, clock, say, events } = setUp((clock) => [
      rung(
        'first',
        () => throwError(() => broken),
        () => timer(50, clock.scheduler),
      ),
      rung(
        'second',
        () => concat(of(...sound(0.2)), NEVER),
        () => {
          throw new Error('it was gone already');
        },
      ),
      rung(
        'third',
        () => NEVER,
        () => undefined,
      ),
    ]);
    const spoken = say();
    clock.advanceBy(10);
    expect(spoken.levels).toEqual([2, 2, 2]);
    let isClosed = false;
    ladder.close().subscribe({ complete: () => (isClosed = true) });
    ladder.close();
    expect(closed).toEqual(['first', 'second']);
    expect(isClosed).toBe(false);
    clock.advanceBy(50);
    expect(isClosed).toBe(true);
    expect(spoken.error).toMatchObject({ message: expect.stringContaining('was closed') });
    const before = events.length;
    expect(say().error).toMatchObject({ code: 'SYNTHESIS_FAILED' });
    clock.advanceBy(1_000_000);
    expect(events.length).toBe(before);
  });

  it('stops trying a voice that rests when it is closed', () => {
    let asked = 0;
    let open = 0;
    const { ladder, clock, heard } = setUp((clock) => [
      {
        name: 'kokoro',
        open: () =>
          of(
            voiceOf('kokoro', () => {
              asked += 1;
              return asked === 1
                ? throwError(() => broken)
                : new Observable(() => {
                    open += 1;
                    return () => {
                      open -= 1;
                    };
                  });
            }),
          ),
      },
      { name: 'espeak', open: () => of(voiceOf('espeak', speaker(clock, 0.2))) },
    ]);
    heard();
    clock.advanceBy(10_000);
    heard();
    expect([asked, open]).toEqual([2, 1]);
    ladder.close();
    expect(open).toBe(0);
  });

  it('refuses options and rungs that cannot be', () => {
    const rung: VoiceRung = { name: 'one', open: () => NEVER };
    expect(() => voiceLadder([])).toThrow(/OPTION_INVALID.*1 to 16 voices/);
    expect(() => voiceLadder([rung, rung])).toThrow(/names of their own, but are \["one","one"\]/);
    expect(() => voiceLadder([rung], { firstSoundMs: 0, restMs: -1 })).toThrow(
      /firstSoundMs must.*restMs must/,
    );
    expect(() => voiceLadder([rung], { format: { sampleRateHz: 1, channels: 1 } })).toThrow(/OPTION_INVALID/);
  });

  it('always comes to an end, says each text in one voice and forgets what was cut, whatever its voices do', () => {
    const act = fc.record({
      openMs: fc.constantFrom(0, 100, 2000, 700_000),
      opens: fc.constantFrom('opens', 'opens', 'opens', 'missing', 'fails'),
      soundMs: fc.constantFrom(0, 10, 500, 8000),
      does: fc.array(
        fc.constantFrom(
          'speaks',
          'speaks',
          'breaks',
          'cannot',
          'is mute',
          'hangs',
          'breaks late',
          'hangs late',
        ),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
    });
    const step = fc.record({
      waitMs: fc.constantFrom(0, 1, 50, 3000, 30_000),
      cutAfterMs: fc.option(fc.constantFrom(0, 5, 900)),
    });
    let texts = 0;
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 1, maxLength: 4 }),
        fc.array(step, { minLength: 1, maxLength: 8 }),
        (acts, steps) => {
          const { clock, say, ladder } = setUp((clock) =>
            acts.map(({ openMs, opens, soundMs, does }, index) => {
              let turn = 0;
              const synthesize = () => {
                const what = does[turn++ % does.length];
                const wait$ = timer(soundMs, clock.scheduler).pipe(ignoreElements());
                const frames$ = of(...sound((index + 1) / 10));
                if (what === 'breaks')
                  return concat(
                    wait$,
                    throwError(() => broken),
                  );
                if (what === 'cannot') return throwError(() => wordless);
                if (what === 'is mute') return wait$;
                if (what === 'hangs') return NEVER;
                if (what === 'hangs late') return concat(wait$, frames$, NEVER);
                if (what === 'breaks late')
                  return concat(
                    wait$,
                    frames$,
                    throwError(() => broken),
                  );
                return concat(wait$, frames$);
              };
              return {
                name: `rung ${index}`,
                open: () => {
                  if (opens !== 'opens') return throwError(() => (opens === 'missing' ? missing : broken));
                  return concat(
                    timer(openMs, clock.scheduler).pipe(ignoreElements()),
                    of(voiceOf(`${index}`, synthesize)),
                  );
                },
              };
            }),
          );
          const all = steps.map(({ waitMs, cutAfterMs }) => {
            const spoken = say();
            texts += 1;
            let atCut = Number.NaN;
            if (cutAfterMs !== null) {
              clock.advanceBy(cutAfterMs);
              spoken.stop();
              atCut = spoken.levels.length;
            }
            clock.advanceBy(waitMs);
            return { spoken, atCut };
          });
          clock.advanceBy(1_000_000);
          for (const { spoken, atCut } of all) {
            if (Number.isNaN(atCut)) expect(spoken.isDone).toBe(true);
            else expect(spoken.levels.length).toBe(atCut);
            expect(new Set(spoken.levels).size).toBeLessThanOrEqual(1);
            let expectedMs = 0;
            for (const frame of spoken.frames) {
              expect(frame.timestampMs).toBeCloseTo(expectedMs, 6);
              expectedMs = endMs(frame);
            }
            if (spoken.isDone && spoken.error === undefined) expect(spoken.levels).toHaveLength(3);
          }
          ladder.close();
        },
      ),
      { numRuns: 500 },
    );
    expect(texts).toBeGreaterThan(500);
  });
});
