import { OptionError } from '../../core/errors.js';
import { type Check, oneOf } from '../../core/options.js';
import { lineForms, parseLine } from './gpio-lines.js';

export const lineCheck: Check = (value) =>
  parseLine(value) === undefined ? `must be ${lineForms}` : undefined;

/** An environment that a program can be given. */
export const environmentCheck: Check = (value) => {
  const isGood =
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(
      ([name, text]) => /^[^=\0]+$/.test(name) && typeof text === 'string' && !text.includes('\0'),
    );
  return isGood ? undefined : 'must be an object of names and strings';
};

export const biasCheck = oneOf('pull-up', 'pull-down', 'disable', 'as-is');

/** @throws OptionError `OPTION_INVALID` for a caller without types. */
export function requireScheduler(where: string, scheduler: unknown): void {
  if (typeof (scheduler as { readonly schedule?: unknown } | undefined)?.schedule === 'function') return;
  throw new OptionError(
    'OPTION_INVALID',
    `${where}: scheduler is missing; give monotonicScheduler() of earshot/devices/clock`,
  );
}
