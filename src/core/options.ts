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

/** A group of options. */
export const optionGroup: Check = (value) => (isGroup(value) ? undefined : 'must be an object');

/** Something with members to look at. */
export const isGroup = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The group of that name, as far as it is one: `optionGroup` has said so of any other. */
export const groupOf = <T extends object, K extends keyof T>(
  given: T | undefined,
  name: K,
): T[K] | undefined => (isGroup(given) && isGroup(given[name]) ? given[name] : undefined);

/** What keeps the time. */
export const rxjsScheduler: Check = (value) =>
  isGroup(value) && typeof value['now'] === 'function' && typeof value['schedule'] === 'function'
    ? undefined
    : 'must be an rxjs scheduler, such as asyncScheduler';

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
    throw optionError(where, [`options must be an object, but are ${show(given)}`]);
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
  if (problems.length > 0) throw optionError(where, problems);
  return resolved;
}

/** One error about all of it. Each problem begins with the name of what it is about. */
export function optionError(where: string, problems: readonly string[]): OptionError {
  return new OptionError('OPTION_INVALID', `${where}: ${problems.join('; ')}`, { problems });
}

/**
 * Resolve a part of something larger, so that what is wrong with it does not hide what is wrong with the rest.
 *
 * @param problems - what is wrong with the part is added here, each with the name of the part in front of it.
 * @param instead - to go on with where the part cannot be used.
 */
export function resolvePart<T>(problems: string[], name: string, resolve: () => T, instead: T): T {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    problems.push(...error.problems.map((problem) => (name ? `${name}.${problem}` : problem)));
    return instead;
  }
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
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  try {
    return String(value);
  } catch {
    return `${typeof value === 'function' ? 'a function' : 'an object'} that cannot be shown`;
  }
}
