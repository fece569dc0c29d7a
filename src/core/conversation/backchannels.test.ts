import { describe, expect, it } from 'vitest';
import { backchannelsOf } from './backchannels.js';

const known = backchannelsOf(['en', 'ru'], []);

describe('a backchannel', () => {
  it.each([
    'mm-hm',
    'Mm-hm.',
    'MM HM',
    'uh-huh',
    'yeah',
    'Okay!',
    'O.K.',
    'right',
    'Yeah, okay, right.',
    'mm-hm mm-hm',
    'I see.',
    'угу',
    'Ага…',
    'Да-да.',
    'так, ага',
  ])('is "%s"', (text) => {
    expect(known(text)).toBe(true);
  });

  it.each([
    '',
    ' … ',
    'stop',
    'yeah but wait',
    'okay stop',
    'i',
    'see',
    'all',
    'righteous',
    'uh',
    'no',
    'yes',
    'да нет',
    'так нельзя',
    'dag',
  ])('is not "%s"', (text) => {
    expect(known(text)).toBe(false);
  });

  it('is of the given languages only, and whatever is added to them', () => {
    expect(backchannelsOf(['en'], [])('угу')).toBe(false);
    expect(backchannelsOf(['ru'], [])('yeah')).toBe(false);
    expect(backchannelsOf([], ['Ja, genau!'])('ja genau')).toBe(true);
    expect(backchannelsOf([], ['Ja, genau!'])('ja')).toBe(false);
    expect(backchannelsOf([], [])('okay')).toBe(false);
  });

  it('is told in time that does not grow with how often a word is said', () => {
    expect(known('mm '.repeat(20_000))).toBe(true);
    expect(known(`${'mm '.repeat(20_000)}stop`)).toBe(false);
  });
});
