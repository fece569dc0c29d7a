import { describe, expect, it } from 'vitest';
import { isVoiceError } from './errors.js';
import { integerIn, nonEmptyString, numberIn, oneOf, resolveOptions } from './options.js';

const defaults = { rateHz: 16_000, mode: 'fast', name: 'a' };
const checks = { rateHz: integerIn(8000, 48_000, 'Hz'), mode: oneOf('fast', 'fine'), name: nonEmptyString };

describe('resolveOptions', () => {
  it('lets an undefined not hide a default', () => {
    expect(resolveOptions('x', defaults, { rateHz: undefined, mode: 'fine' }, checks)).toEqual({
      ...defaults,
      mode: 'fine',
    });
  });

  it('names every bad option, its value and its range at once', () => {
    const bad = () => resolveOptions('capture', defaults, { rateHz: 1.5, mode: 'slow', name: ' ' }, checks);
    expect(bad).toThrow(
      '[OPTION_INVALID] capture: rateHz must be a whole number from 8000 to 48000 Hz, but is 1.5; ' +
        'mode must be one of "fast", "fine", but is "slow"; name must be a non-empty string, but is " "',
    );
  });

  it('refuses a name that is not an option, and says which are', () => {
    const typo = { rateHertz: 8000 } as object;
    expect(() => resolveOptions('x', defaults, typo, checks)).toThrow(
      /rateHertz is not an option \(known: rateHz, mode, name\)/,
    );
  });

  it('refuses NaN and numbers in strings', () => {
    expect(numberIn(0, 1)(Number.NaN)).toMatch(/from 0 to 1/);
    expect(numberIn(0, 1)('0.5')).toMatch(/from 0 to 1/);
  });

  it('throws an error of this package', () => {
    try {
      resolveOptions('x', defaults, { rateHz: 0 }, checks);
      expect.unreachable();
    } catch (error) {
      expect(isVoiceError(error)).toBe(true);
      expect(error).toMatchObject({ code: 'OPTION_INVALID', retryable: false, name: 'OptionError' });
    }
  });
});
