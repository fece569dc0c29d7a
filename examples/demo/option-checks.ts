import { OptionError } from 'earshot';

/** @throws OptionError when it is none of them. */
export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw refusal(`--${name} must be one of ${allowed.join(', ')}, but is ${JSON.stringify(value)}`);
}

/** @throws OptionError when it is no number. */
export function toNumber(name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = String(value).trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw refusal(`--${name} must be a number, but is ${JSON.stringify(value)}`);
}

export const refusal = (what: string): OptionError => new OptionError('OPTION_INVALID', `demo: ${what}`);
