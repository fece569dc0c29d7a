import { OptionError } from './errors.js';

/** Says what is wrong with one value, or nothing when it is right. */
export type Check = (value: unknown) => string | undefined;

/** A check for every option that has a range. */
export type Checks<T> = { readonly [K in keyof T]?: Check };

/** A finite number from `min` to `max`, both included. */
export const numberIn =
  (min: number, max: number, unit = ''): Check =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max
      ? undefined
      : `must be a number from ${min} to ${max}${unit && ` ${unit}`}`;

/** A whole number from `min` to `max`, both included. */
export const integerIn =
  (min: number, max: number, unit = ''): Check =>
  (value) =>
    Number.isInteger(value) && numberIn(min, max)(value) === undefined
      ? undefined
      : `must be a whole number from ${min} to ${max}${unit && ` ${unit}`}`;

/** One of the given values. */
export const oneOf =
  (...allowed: readonly (string | number | boolean)[]): Check =>
  (value) =>
    allowed.includes(value as string) ? undefined : `must be one of ${allowed.map(show).join(', ')}`;

/** A string with something in it. */
export const nonEmptyString: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'must be a non-empty string';

/**
 * Merge what the caller gave over the defaults and check every value.
 *
 * An `undefined` never hides a default; an unknown name is an error, because a misspelt option that
 * silently does nothing costs a day.
 *
 * @param where - what is being configured, for the message, such as `endpointing`.
 * @throws OptionError `OPTION_INVALID` that names every bad option, its value and its range at once.
 */
export function resolveOptions<T extends object>(
  where: string,
  defaults: T,
  given: { readonly [K in keyof T]?: T[K] | undefined } = {},
  checks: Checks<T> = {},
  across: (resolved: T) => readonly string[] = () => [],
): T {
  if (typeof given !== 'object' || given === null) {
    throw new OptionError('OPTION_INVALID', `${where}: options must be an object, but are ${show(given)}`);
  }
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const resolved: T = { ...defaults, ...Object.fromEntries(known) };
  const problems: string[] = [];
  for (const [name] of known) {
    if (!(name in defaults))
      problems.push(`${name} is not an option (known: ${Object.keys(defaults).join(', ')})`);
  }
  for (const name of Object.keys(checks) as (keyof T & string)[]) {
    const problem = problemOf(checks[name], resolved[name]);
    if (problem) problems.push(`${name} ${problem}, but is ${show(resolved[name])}`);
  }
  if (problems.length === 0) problems.push(...across(resolved));
  if (problems.length > 0) throw new OptionError('OPTION_INVALID', `${where}: ${problems.join('; ')}`);
  return resolved;
}

/** A check that looks into a value fails where the value does, as a proxy that was revoked. */
function problemOf(check: Check | undefined, value: unknown): string | undefined {
  try {
    return check?.(value);
  } catch {
    return 'must be a value that can be read';
  }
}

/** For a message about it. A value that makes no text of itself must not take the message along. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  try {
    return String(value);
  } catch {
    return `${typeof value === 'function' ? 'a function' : 'an object'} that cannot be shown`;
  }
}
