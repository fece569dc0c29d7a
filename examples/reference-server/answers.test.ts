import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { answersFrom, readAnswers } from './answers.js';

const beside = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe('answers', () => {
  it('are found however the prompt was heard', () => {
    const answers = answersFrom({ 'Go forward, ten meters!': ['Yes.'] });

    for (const prompt of ['go forward ten meters', ' GO FORWARD  TEN METERS. ', 'Go forward - ten meters?']) {
      expect(answers(prompt)?.sentences).toEqual(['Yes.']);
    }
    expect(answers('go back')).toBe(undefined);
  });

  it('may have one for every other prompt, an action and a fault', () => {
    const answers = answersFrom({
      '*': ['Pardon?'],
      'lights out': { sentences: ['Done.'], action: { command: 'off' }, fault: 'stalls' },
    });

    expect(answers('what')?.sentences).toEqual(['Pardon?']);
    expect(answers('lights out')).toEqual({
      sentences: ['Done.'],
      action: { command: 'off', args: {} },
      fault: 'stalls',
    });
  });

  it.each([
    [[], 'must be an object'],
    [null, 'must be an object'],
    [{ a: 'text' }, 'must be a list of sentences'],
    [{ a: [''] }, 'must be a list of sentences'],
    [{ a: null }, 'must be a list of sentences'],
    [{ a: { sentences: ['x'], fault: 'boredom' } }, 'fault "boredom", which is none of never-answers'],
    [{ a: { sentences: ['x'], action: {} } }, 'an action without a "command"'],
  ])('%j is refused: %s', (value, said) => {
    expect(() => answersFrom(value, 'file.json')).toThrow(said);
  });

  it('of a file that is no JSON are refused with its name', () => {
    expect(() => readAnswers(beside('README.md'))).toThrow(/answers: .*README\.md cannot be read as JSON/);
  });

  it('that are shipped, here and in the demo, can all be spoken without espeak-ng', () => {
    const { prompts } = JSON.parse(readFileSync(beside('prompts/prompts.json'), 'utf8'));
    for (const path of ['answers.json', '../demo/answers.json']) {
      const entries = JSON.parse(readFileSync(beside(path), 'utf8'));
      const answers = readAnswers(beside(path));
      for (const prompt of Object.keys(entries)) {
        for (const sentence of answers(prompt)?.sentences ?? []) expect(prompts).toHaveProperty([sentence]);
      }
    }
  });
});
