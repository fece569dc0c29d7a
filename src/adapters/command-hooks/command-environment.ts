import { type Check, integerIn } from '../../core/options.js';

/** What every command may see of the environment of this process. */
export const inheritedByDefault = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'XDG_RUNTIME_DIR'] as const;

/** The environment of a command: what is allowed of this process's, then what is given. */
export function environmentOf(
  inherit: readonly string[],
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const inherited = inherit.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...env };
}

const isName = (name: unknown): boolean => typeof name === 'string' && /^[^=\0]+$/.test(name);

/** Checks of the options that all commands have. */
export const commandChecks = {
  timeLimitMs: integerIn(10, 600_000, 'ms'),
  inherit: ((value) =>
    Array.isArray(value) && value.every(isName) ? undefined : 'must be a list of names') satisfies Check,
  env: ((value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(
      ([name, text]) => isName(name) && typeof text === 'string' && !text.includes('\0'),
    )
      ? undefined
      : 'must be an object of names and strings') satisfies Check,
} as const;
