import type { Transcript } from 'earshot';
import { scriptedTranscriber } from 'earshot/adapters/scripted-transcriber';
import { concat, delay, ignoreElements, NEVER, type Observable, of, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { answerOf, type KioskOptions, kiosk } from './kiosk.js';

const told = (text: string, final: boolean): Observable<Transcript> => of({ text, final, engine: 'late' });

/** What a recogniser says of one utterance: at once, and once it is over. */
interface Saying {
  readonly partial?: string;
  readonly final: () => Observable<Transcript>;
}

/** A loop whose recogniser says these of the first, second, ... utterance. */
function saying(sayings: (loop: ReturnType<typeof kiosk>) => readonly Saying[], options: KioskOptions = {}) {
  let runs = 0;
  const scripted = scriptedTranscriber({ lookup: () => '' });
  const loop = kiosk({
    ...options,
    ports: {
      transcriber: {
        ...scripted,
        tellsPartials: true,
        transcribe: () => (audio$) => {
          const { partial, final } = sayings(loop)[runs++] ?? { final: () => told('too many', true) };
          const first$ = partial === undefined ? of() : told(partial, false);
          return concat(first$, audio$.pipe(ignoreElements()), final());
        },
      },
    },
  });
  loop.wait(300);
  return { loop, runs: () => runs };
}
const late =
  (text: string, ms: number) =>
  (loop: ReturnType<typeof kiosk>): Saying => ({
    final: () => told(text, true).pipe(delay(ms, loop.scheduler)),
  });
const sent = (loop: ReturnType<typeof kiosk>) =>
  loop.of('turn-sent').map(({ turnId, revision, text }) => [turnId, revision, text]);
const missing = (loop: ReturnType<typeof kiosk>) =>
  loop.of('fact').flatMap(({ fact, count }) => (fact === 'words-missing' ? [count] : []));

/** Somebody says something, and something else when that would be a new turn. */
function twoTurns(first: (loop: ReturnType<typeof kiosk>) => Saying, options: KioskOptions = {}) {
  const it_ = saying((loop) => [first(loop), late('the lamp', 100)(loop)], options);
  it_.loop.say(500);
  it_.loop.wait(1700);
  it_.loop.say(500);
  return it_;
}

describe('a turn whose last words are late', () => {
  it('goes on in the turn that takes its place, in order, and its recogniser does not start again', () => {
    const { loop, runs } = twoTurns(late('Turn on', 3000));
    loop.waitFor('playout-ended');

    expect(sent(loop)).toEqual([['turn-2', 1, 'Turn on the lamp']]);
    expect(loop.of('turn-opened').map(({ turnId }) => turnId)).toEqual(['turn-1', 'turn-2']);
    expect(missing(loop)).toEqual([]);
    expect(runs()).toBe(2);
  });

  it('is not said twice once it was sent', () => {
    const { loop } = twoTurns(late('Turn on', 100));
    loop.waitFor('playout-ended');

    expect(sent(loop)).toEqual([
      ['turn-1', 1, 'Turn on'],
      ['turn-2', 1, 'the lamp'],
    ]);
  });

  it.each([
    ['never come', () => NEVER],
    [
      'come too late',
      (loop: ReturnType<typeof kiosk>) => told('Turn on', true).pipe(delay(9000, loop.scheduler)),
    ],
    [
      'fail',
      (loop: ReturnType<typeof kiosk>) =>
        concat(
          timer(3000, loop.scheduler).pipe(ignoreElements()),
          throwError(() => new Error('no')),
        ),
    ],
  ])(
    'is left out when they %s: the turn in its place is sent within the time of the first, and a fact tells',
    (_how, final) => {
      const { loop } = twoTurns((it_) => ({ final: () => final(it_) }), {
        options: { patience: { transcriptTimeoutMs: 4000 } },
      });
      loop.wait(3000);

      const [ended] = loop.of('turn-ended');
      const [turnSent] = loop.of('turn-sent');
      expect(sent(loop)).toEqual([['turn-2', 1, 'the lamp']]);
      expect((turnSent?.atMs ?? Number.POSITIVE_INFINITY) - (ended?.atMs ?? 0)).toBeLessThanOrEqual(4000);
      expect(missing(loop)).toEqual([1]);
      expect(loop.of('turn-failed')).toEqual([]);
    },
  );

  it('does not grow without end when somebody talks on and on', () => {
    const words = Array.from({ length: 12 }, (_, n) => `words ${n}`);
    const { loop } = saying((it_) => words.map((text) => late(text, 9000)(it_)), {
      options: { endpointing: { maxTurnMs: 5000 } },
    });
    for (let n = 0; n < words.length; n += 1) {
      loop.say(2000);
      loop.wait(1700);
    }
    loop.wait(12_000);

    const [text = ''] = loop.of('turn-sent').map((turn) => turn.text ?? '');
    const left = missing(loop).at(-1) ?? 0;
    expect(left).toBeGreaterThan(0);
    expect(sent(loop)).toHaveLength(1);
    expect(text).toBe(words.slice(left).join(' '));
    expect(words.length - left).toBeLessThanOrEqual(6);
  });
});

describe('a backchannel over a reply whose last words are late', () => {
  const overReply = (
    sayings: (loop: ReturnType<typeof kiosk>) => readonly Saying[],
    options: KioskOptions = {},
  ) => {
    const it_ = saying((loop) => [late('tell me', 0)(loop), ...sayings(loop)], {
      answer: () => answerOf('One two three four.', 20_000),
      ...options,
    });
    it_.loop.say(500);
    it_.loop.waitFor('playout-started');
    it_.loop.wait(500);
    it_.loop.say(500);
    it_.loop.wait(1000);
    expect(it_.loop.of('speech-dismissed')).toMatchObject([{ text: 'Okay' }]);
    it_.loop.say(500);
    return it_;
  };
  const okay = (text: string, ms: number) => (loop: ReturnType<typeof kiosk>) => ({
    ...late(text, ms)(loop),
    partial: 'Okay',
  });

  it('is sent whole with what was said after it, whoever of them cuts', () => {
    const { loop, runs } = overReply((it_) => [
      okay('Okay, stop now.', 3000)(it_),
      { ...late('wait', 100)(it_), partial: 'wait' },
    ]);
    loop.waitFor('turn-sent');

    expect(loop.of('barge-in')).toHaveLength(1);
    expect(sent(loop).at(-1)).toEqual(['turn-2', 1, 'Okay, stop now. wait']);
    expect(runs()).toBe(3);
  });

  it('cuts by them although another backchannel was heard since', () => {
    const { loop } = overReply((it_) => [
      okay('Okay, stop now.', 3000)(it_),
      { ...late('yeah', 100)(it_), partial: 'yeah' },
    ]);
    loop.wait(600);
    expect(loop.of('barge-in')).toEqual([]);
    expect(loop.of('speech-dismissed')).toMatchObject([{ text: 'Okay' }, { text: 'yeah' }]);
    loop.waitFor('turn-sent');

    expect(loop.of('barge-in')).toHaveLength(1);
    // The second was nothing but a backchannel.
    expect(sent(loop).at(-1)).toEqual(['turn-2', 1, 'Okay, stop now.']);
  });

  it('holds up nothing when they never come', () => {
    const { loop } = overReply(
      (it_) => [
        { partial: 'Okay', final: () => NEVER },
        { ...late('wait', 100)(it_), partial: 'wait' },
      ],
      {
        options: { patience: { transcriptTimeoutMs: 2000 } },
      },
    );
    loop.wait(2500);

    expect(sent(loop).at(-1)).toEqual(['turn-2', 1, 'wait']);
    expect(missing(loop)).toEqual([1]);
    expect(loop.of('turn-failed')).toEqual([]);
  });
});
