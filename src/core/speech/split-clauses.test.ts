import fc from 'fast-check';
import {
  concat,
  EMPTY,
  from,
  map,
  NEVER,
  of,
  type SchedulerAction,
  type SchedulerLike,
  Subject,
  take,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import type { ClauseOptions } from './clause-options.js';
import type { Clause } from './clause-step.js';
import { splitClauses } from './split-clauses.js';

/** Without the eager first clause, unless it is what is looked at. */
const plain = { firstClauseLetters: 0 } as const;

const clausesOf = (pieces: readonly string[], options: Partial<ClauseOptions> = plain): Clause[] => {
  const out: Clause[] = [];
  from(pieces)
    .pipe(splitClauses(options, createVirtualClock().scheduler))
    .subscribe((clause) => out.push(clause));
  return out;
};
const spoken = (text: string, options?: Partial<ClauseOptions>) =>
  clausesOf([text], options).map((clause) => clause.spoken);
/** Letter by letter, as the finest stream there is. */
const slowly = (text: string, options?: Partial<ClauseOptions>) =>
  clausesOf([...text], options).map((clause) => clause.spoken);

/** Pieces that come at their times, and the clauses with theirs. */
function inTime(pieces: readonly (readonly [number, string])[], options: Partial<ClauseOptions> = plain) {
  const clock = createVirtualClock();
  const text$ = new Subject<string>();
  const out: (readonly [number, string, string])[] = [];
  text$
    .pipe(splitClauses(options, clock.scheduler))
    .subscribe((clause) => out.push([clock.nowMs, clause.spoken, clause.end]));
  for (const [atMs, text] of pieces) clock.scheduler.schedule(() => text$.next(text), atMs);
  clock.advanceBy(60_000);
  return out;
}

describeOperatorContract<string, Clause>({ describe, it, expect }, 'splitClauses', {
  create: () => splitClauses(plain, createVirtualClock().scheduler),
  values: ['One is he', 're. Two', ' is not. And'],
  emitted: [
    { text: 'One is here.', spoken: 'One is here.', end: 'sentence' },
    { text: ' Two is not.', spoken: 'Two is not.', end: 'sentence' },
  ],
  pending: [{ text: ' And', spoken: 'And', end: 'end' }],
  atTheBound: () => {
    const words = 'word '.repeat(400);
    const clauses = clausesOf([words], { ...plain, maxLetters: 100 });
    expect(Math.max(...clauses.map(({ text }) => text.trim().length))).toBeLessThanOrEqual(100);
    expect(clauses.map(({ text }) => text).join('')).toBe(words.trimEnd());
  },
});

describe('sentences', () => {
  it.each<readonly [string, readonly string[]]>([
    ['It is five. It is late.', ['It is five.', 'It is late.']],
    ['Really? Yes! Good.', ['Really?', 'Yes!', 'Good.']],
    [
      'Dr. Smith met Mrs. Jones at St. Mary. They left.',
      ['Dr. Smith met Mrs. Jones at St. Mary.', 'They left.'],
    ],
    ['It costs 3.14 dollars. Or 5. Who knows.', ['It costs 3.14 dollars.', 'Or 5.', 'Who knows.']],
    ['See e.g. Paris, i.e. the city. Go.', ['See e.g. Paris, i.e. the city.', 'Go.']],
    [
      'We meet at 5 p.m. on Monday. At 6 p.m. We leave.',
      ['We meet at 5 p.m. on Monday.', 'At 6 p.m.', 'We leave.'],
    ],
    [
      'J. R. R. Tolkien wrote it. So do I. Then sleep.',
      ['J. R. R. Tolkien wrote it.', 'So do I.', 'Then sleep.'],
    ],
    ['Take No. 5 on p. 12. No. Never.', ['Take No. 5 on p. 12.', 'No.', 'Never.']],
    [
      'Apples, pears, etc. are here. Plums etc. They are ripe.',
      ['Apples, pears, etc. are here.', 'Plums etc.', 'They are ripe.'],
    ],
    ['"What?" he asked. "Nothing." She left.', ['"What?" he asked.', '"Nothing."', 'She left.']],
    ['Well... maybe. Well... Perhaps.', ['Well... maybe.', 'Well...', 'Perhaps.']],
    ['Look at example.com. It has v1.2.3 now.', ['Look at example.com.', 'It has v1.2.3 now.']],
    ['1. Open the door.\n2. Go in.', ['1. Open the door.', '2. Go in.']],
    ['- milk\n- bread\nand butter', ['- milk', '- bread and butter']],
    ['A heading\n\nand text', ['A heading', 'and text']],
    ['A line \n \n and one more', ['A line', 'and one more']],
    ['hello! how are you? fine.', ['hello!', 'how are you?', 'fine.']],
  ])('in English: %j', (text, clauses) => {
    expect(spoken(text)).toEqual(clauses);
    expect(slowly(text)).toEqual(clauses);
  });

  it.each<readonly [string, readonly string[]]>([
    ['Привет. Как дела?', ['Привет.', 'Как дела?']],
    ['А. С. Пушкин родился в Москве. Это факт.', ['А. С. Пушкин родился в Москве.', 'Это факт.']],
    ['Он живёт на ул. Ленина, д. 5, кв. 7. Зайдите.', ['Он живёт на ул. Ленина, д. 5, кв. 7.', 'Зайдите.']],
    ['В 2020 г. Он уехал.', ['В 2020 г.', 'Он уехал.']],
    ['Мы в г. Казань. Тут тепло.', ['Мы в г. Казань.', 'Тут тепло.']],
    ['Яблоки и т. д. Всё свежее.', ['Яблоки и т. д.', 'Всё свежее.']],
    [
      'Яблоки, груши и т.п. лежат здесь, т.е. на столе, т. е. тут.',
      ['Яблоки, груши и т.п. лежат здесь, т.е. на столе, т. е. тут.'],
    ],
    ['Это стоит 5 руб. 20 коп. за штуку. Берите.', ['Это стоит 5 руб. 20 коп. за штуку.', 'Берите.']],
    ['«Что?» — спросил он. «Ничего». Она ушла.', ['«Что?» — спросил он.', '«Ничего».', 'Она ушла.']],
    ['В XIX в. Россия росла. См. рис. 3.', ['В XIX в.', 'Россия росла.', 'См. рис. 3.']],
    ['Температура −3,5 градуса. Холодно!', ['Температура −3,5 градуса.', 'Холодно!']],
    ['Проф. Иванов и акад. Павлов пришли. Ура!', ['Проф. Иванов и акад. Павлов пришли.', 'Ура!']],
  ])('in Russian: %j', (text, clauses) => {
    expect(spoken(text)).toEqual(clauses);
    expect(slowly(text)).toEqual(clauses);
  });

  it('are put apart where a service sends one by one and leaves out the space', () => {
    const clauses = clausesOf(['It is five.', 'It is late!', 'Is it?', '2 people came.']);
    expect(clauses.map(({ spoken }) => spoken)).toEqual([
      'It is five.',
      'It is late!',
      'Is it?',
      '2 people came.',
    ]);
    expect(clauses.map(({ text }) => text).join('')).toBe('It is five. It is late! Is it? 2 people came.');
  });

  it('are not divided where the pieces of a stream happen to end', () => {
    expect(
      clausesOf(['It', ' is', ' 3', '.', '14', ' or', ' e', '.', 'g', '.', ' 4', '.']).map(
        ({ spoken }) => spoken,
      ),
    ).toEqual(['It is 3.14 or e.g. 4.']);
    expect(clausesOf(['The number is 3.', '14 and', ' I like U.', 'S. Steel'])).toHaveLength(1);
    expect(clausesOf(['I know Dr.', ' Smith well.'])).toHaveLength(1);
  });

  it('count at once when a piece of several words ends with one', () => {
    expect(inTime([[0, 'It is five.']])).toEqual([[0, 'It is five.', 'sentence']]);
    expect(inTime([[0, 'It is 5.']])).toEqual([[1000, 'It is 5.', 'time']]);
  });

  it('without a word go with what follows, and at the end there is nothing to say', () => {
    expect(spoken('... !!! Hello there. 👍')).toEqual(['... !!! Hello there.', '']);
    expect(spoken('?!')).toEqual(['']);
    expect(spoken('   ')).toEqual([]);
  });
});

describe('marks of the service', () => {
  it('divide, and nothing else does any more', () => {
    expect(spoken('Let me see.|It is five. Or six.| |And so on')).toEqual([
      'Let me see.',
      'It is five. Or six.',
      'And so on',
    ]);
  });

  it('are left out, and the words on both sides stay apart', () => {
    for (const pieces of [['one|two'], ['one', '|', 'two'], ['one |', ' two'], ['one', '| ', '| ', 'two']]) {
      expect(clausesOf(pieces).map(({ text }) => text)).toEqual(['one', ' two']);
    }
    expect(clausesOf(['|one|']).map(({ text }) => text)).toEqual(['one']);
  });

  it('count at once, without a letter behind them', () => {
    expect(inTime([[50, 'so far|']])).toEqual([[50, 'so far', 'mark']]);
  });

  it('may be another character, or none', () => {
    expect(spoken('one^two|three', { ...plain, mark: '^' })).toEqual(['one', 'two|three']);
    expect(spoken('one|two', { ...plain, mark: '' })).toEqual(['one|two']);
  });
});

describe('a clause without an end', () => {
  it('is divided after a time, at the last whole word', () => {
    const out = inTime([
      [100, 'we are looking'],
      [600, ' for the ans'],
      [1400, 'wer'],
    ]);
    expect(out).toEqual([
      [1100, 'we are looking for the', 'time'],
      [2100, 'answer', 'time'],
    ]);
  });

  it('is never held for longer than that, even if it is a single word', () => {
    expect(inTime([[0, 'Yes']], { maxHoldMs: 300 })).toEqual([[300, 'Yes', 'time']]);
  });

  it('is not waited for where nothing can be spoken', () => {
    expect(inTime([[0, ' ... ']])).toEqual([]);
  });

  it('is divided at the last comma before it is too long, else between words, else anywhere', () => {
    expect(spoken('one two three, four five six, seven eight nine', { ...plain, maxLetters: 32 })).toEqual([
      'one two three, four five six,',
      'seven eight nine',
    ]);
    expect(spoken('one two three four five six', { ...plain, maxLetters: 20 })).toEqual([
      'one two three four',
      'five six',
    ]);
    expect(spoken('x'.repeat(50), { ...plain, maxLetters: 20 }).map((part) => part.length)).toEqual([
      20, 20, 10,
    ]);
    expect(spoken('😀'.repeat(11), { ...plain, maxLetters: 21 })).toEqual(['', '']);
  });
});

describe('the first clause', () => {
  it('may end at a comma, and no other one does', () => {
    const text =
      'Well, let me have a quick look at the calendar, since it is long, and then, if I may, we see. Yes.';
    expect(spoken(text, {})).toEqual([
      'Well, let me have a quick look at the calendar,',
      'since it is long, and then, if I may, we see.',
      'Yes.',
    ]);
  });

  it('does not end a few letters before its sentence does', () => {
    expect(spoken('Well, let me have a quick look at the calendar, please. Yes.', {})).toHaveLength(2);
  });
});

describe('splitClauses', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'Dr.',
          'e.g.',
          '3.14',
          'word',
          'Да.',
          'Что?',
          'т. е.',
          '"Yes!"',
          ',',
          '—',
          '|',
          '...',
          '\n',
          'A.',
          '😀',
          'x'.repeat(60),
        ),
        fc.string({ maxLength: 8 }),
      ),
      { maxLength: 60 },
    )
    .map((words) => words.join(' '));

  it('loses no letter and keeps the order, whatever the text and however it is cut up', () => {
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(400)),
        fc.integer({ min: 20, max: 120 }),
        fc.boolean(),
        (whole, cuts, maxLetters, isEager) => {
          const at = [...new Set(cuts.filter((cut) => cut < whole.length))].sort((a, b) => a - b);
          const pieces = [0, ...at].map((from, index) => whole.slice(from, at[index]));
          const clauses = clausesOf(pieces, { maxLetters, firstClauseLetters: isEager ? 20 : 0 });
          const letters = (of: string) => of.replace(/[\s|]+/gu, '');

          expect(letters(clauses.map((clause) => clause.text).join(''))).toBe(letters(whole));
          for (const { text, spoken, end } of clauses) {
            expect(spoken.length).toBeLessThanOrEqual(maxLetters);
            expect(spoken === '' || /[\p{L}\p{N}]/u.test(spoken)).toBe(true);
            if (spoken !== '') expect(letters(spoken)).toBe(letters(text));
            if (spoken === '') expect(['end', 'length']).toContain(end);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives the very text again, space for space, where nothing was put in', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const written = whole.replaceAll('|', '');
        expect(
          clausesOf([written], { ...plain, mark: '' })
            .map((clause) => clause.text)
            .join(''),
        ).toBe(written.trimEnd());
      }),
      { numRuns: 1000 },
    );
  });

  it('holds nothing when the source only ends', () => {
    expect(clausesOf([])).toEqual([]);
    const out: Clause[] = [];
    concat(of('One'), EMPTY, NEVER)
      .pipe(splitClauses(plain, createVirtualClock().scheduler))
      .subscribe((clause) => out.push(clause));
    expect(out).toEqual([]);
  });

  it('keeps two subscriptions apart, and stops at unsubscription, within a clause too', () => {
    const clock = createVirtualClock();
    let timers = 0;
    const scheduler: SchedulerLike = {
      now: clock.scheduler.now,
      schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T) {
        timers += 1;
        const timer = clock.scheduler.schedule<T>(work, delay ?? 0, state as T);
        timer.add(() => {
          timers -= 1;
        });
        return timer;
      },
    };
    const clauses$ = of('One is here. Two', ' is not. And three').pipe(splitClauses(plain, scheduler));
    for (let round = 0; round < 2; round++) {
      const out: string[] = [];
      clauses$.pipe(map(({ text }) => text.trim())).subscribe((text) => out.push(text));
      expect(out).toEqual(['One is here.', 'Two is not.', 'And three']);
    }
    const first: Clause[] = [];
    concat(of('One is here. Two', ' is not. And three'), NEVER)
      .pipe(splitClauses(plain, scheduler), take(1))
      .subscribe((clause) => first.push(clause));
    clock.advanceBy(30_000);
    expect([first.length, timers]).toEqual([1, 0]);
  });

  it('goes on after half a minute in which nothing came', () => {
    const clock = createVirtualClock();
    const source$ = new Subject<string>();
    const out: string[] = [];
    source$.pipe(splitClauses(plain, clock.scheduler)).subscribe(({ text }) => out.push(text));
    clock.advanceBy(30_000);
    source$.next('One is');
    clock.advanceBy(30_000);
    source$.next(' here. And');
    clock.advanceBy(30_000);
    source$.complete();
    expect(out).toEqual(['One', ' is', ' here.', ' And']);
  });

  it('refuses what it cannot work with', () => {
    expect(() => splitClauses({ mark: 'ab', maxHoldMs: -1, maxLetters: 5, firstClauseLetters: 1.5 })).toThrow(
      /mark must be one character.*maxHoldMs must be .* but is -1; maxLetters must be .* but is 5; firstClauseLetters must be/,
    );
    expect(() => splitClauses({ mark: 'a' })).toThrow(/mark must be one character that is no letter/);
  });
});
