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

  const thrower = () => {
    throw new Error('hostile');
  };
  const revoked = (target: object) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  it.each<[string, unknown, string]>([
    ['without a prototype', Object.create(null), 'an object that cannot be shown'],
    ['whose toString throws', { toString: thrower }, 'an object that cannot be shown'],
    ['whose toString gives no text', { toString: () => ({}) }, 'an object that cannot be shown'],
    ['whose toPrimitive throws', { [Symbol.toPrimitive]: thrower }, 'an object that cannot be shown'],
    ['whose toJSON throws', { toJSON: thrower }, '[object Object]'],
    ['that was revoked', revoked({}), 'an object that cannot be shown'],
    ['that was a function and was revoked', revoked(thrower), 'a function that cannot be shown'],
    ['that is a list with such a one in it', [Object.create(null)], 'an object that cannot be shown'],
    ['that is a symbol', Symbol('a'), 'Symbol(a)'],
    ['that is a bigint', 5n, '5'],
  ])('says in its own error what is wrong with a value %s', (_what, value, shown) => {
    expect(() => resolveOptions('x', defaults, { rateHz: value as number }, checks)).toThrow(
      `[OPTION_INVALID] x: rateHz must be a whole number from 8000 to 48000 Hz, but is ${shown}`,
    );
  });

  it('says the same of a value that a check cannot look into', () => {
    const list = (value: unknown) => (Array.isArray(value) ? undefined : 'must be a list');
    const bad = () =>
      resolveOptions('x', defaults, { name: revoked([]) as unknown as string }, { name: list });
    expect(bad).toThrow(
      '[OPTION_INVALID] x: name must be a value that can be read, but is an object that cannot be shown',
    );
  });

  it.each([null, 5, 'fast'])('refuses %j in the place of options', (given) => {
    const bad = () => resolveOptions('x', defaults, given as unknown as object, checks);
    expect(bad).toThrow(/^\[OPTION_INVALID\] x: options must be an object, but are /);
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
