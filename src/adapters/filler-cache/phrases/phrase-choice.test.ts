import { describe, expect, it } from 'vitest';
import { chooseApology, chooseFiller, type FillerChoice } from '../../../core/conversation/filler-choice.js';
import { turnContextOf } from '../../../core/conversation/turn-context.js';
import type { FillerContext } from '../../../core/ports/filler-library.js';
import { fillerLanguages, fillerPhrases } from './phrase-lists.js';

/** What people say, as a recogniser writes it, and what is to be said in the wait. */
const said: Readonly<
  Record<(typeof fillerLanguages)[number], readonly (readonly [string, FillerContext])[]>
> = {
  en: [
    ['What time is it?', 'question'],
    ['um so how much is the ticket', 'question'],
    ['Could you tell me where the exit is', 'question'],
    ['Turn on the light.', 'request'],
    ['could i have a coffee', 'request'],
    ['Hello there!', 'greeting'],
    ['Good morning, what is the weather like?', 'question'],
    ['The door is red.', 'request'],
    ['Thank you.', 'request'],
    ['', 'request'],
  ],
  ru: [
    ['Который час?', 'question'],
    ['скажите пожалуйста сколько стоит билет', 'question'],
    ['Как пройти к выходу', 'question'],
    ['Включите свет.', 'request'],
    ['мне нужен билет до Москвы', 'request'],
    ['Здравствуйте!', 'greeting'],
    ['Добрый день, когда откроется касса?', 'question'],
    ['Дверь красная.', 'request'],
    ['Спасибо.', 'request'],
    ['', 'request'],
  ],
};

describe.each(fillerLanguages)('the phrases that ship for %s', (language) => {
  const phrases = fillerPhrases(language);
  const clips: readonly FillerChoice[] = phrases.map(({ text, contexts }) => ({
    clipId: text,
    durationMs: 60 * text.length,
    contexts,
  }));
  const contextsOf = (clipId: string | undefined) =>
    phrases.find(({ text }) => text === clipId)?.contexts ?? [];
  const choose = (text: string | undefined, isAgain = false, spokenOrder: readonly string[] = []) =>
    chooseFiller(
      clips,
      { turn: text === undefined ? undefined : turnContextOf(text), isAgain, remainingMs: 5000 },
      spokenOrder,
    );

  it.each(said[language])('fit "%s" with one for a %s', (text, expected) => {
    const chosen = choose(text);
    expect(chosen?.context).toBe(expected);
    expect(contextsOf(chosen?.clipId)).toContain(expected);
  });

  it('fit a turn that nobody understood with one that promises nothing', () => {
    expect(contextsOf(choose(undefined)?.clipId)).toContain('request');
  });

  it('fit every further wait with one for long waits, whatever was said', () => {
    for (const [text] of said[language]) {
      expect(contextsOf(choose(text, true)?.clipId), text).toContain('long-wait');
    }
  });

  it('are never the same twice running, nor an apology where nothing is lost', () => {
    let spokenOrder: readonly string[] = [];
    for (let turn = 0; turn < 50; turn++) {
      const [text] = said[language][turn % said[language].length] ?? [''];
      const chosen = choose(text, turn % 7 === 6, spokenOrder);
      expect(chosen).toBeDefined();
      expect(chosen?.clipId).not.toBe(spokenOrder.at(-1));
      expect(contextsOf(chosen?.clipId)).not.toContain('apology');
      spokenOrder = [...spokenOrder.filter((id) => id !== chosen?.clipId), chosen?.clipId ?? ''];
    }
  });

  it('have an apology for a lost service, each time another', () => {
    const first = chooseApology(clips, []);
    const second = chooseApology(clips, [first ?? '']);
    expect([first, second].map((clipId) => contextsOf(clipId))).toEqual([['apology'], ['apology']]);
    expect(second).not.toBe(first);
  });

  it('leave out what would still be spoken when the answer is expected', () => {
    const shortest = Math.min(...clips.map(({ durationMs }) => durationMs));
    const chosen = chooseFiller(clips, { turn: 'question', isAgain: false, remainingMs: shortest + 1 }, []);
    expect(clips.find(({ clipId }) => clipId === chosen?.clipId)?.durationMs ?? shortest).toBe(shortest);
    expect(
      chooseFiller(clips, { turn: 'question', isAgain: false, remainingMs: shortest }, []),
    ).toBeUndefined();
  });
});
