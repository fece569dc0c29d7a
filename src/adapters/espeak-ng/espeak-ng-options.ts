import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { nonEmptyString, numberIn, resolveOptions } from '../../core/options.js';

/** @public */
export interface EspeakNgOptions {
  /** The program: a name that is looked for on the path, or its file. @defaultValue 'espeak-ng' */
  readonly command: string;
  /**
   * A voice by language, name or file, as `espeak-ng --voices` lists them, with an optional variant behind a plus: `ru`, `en-us+f3`.
   * @defaultValue 'en-us'
   */
  readonly voice: string;
  /** Speaking rate; 1 is the voice's own, 175 words a minute. Range: 0.5..2. @defaultValue 1 */
  readonly speed: number;
  /**
   * The longest wait for the next sound; after it the program is killed. Units: milliseconds. Range: 100..60_000. The first
   * sound comes within 7 to 11 ms (2-core x86), so this is for a machine that stands still. @defaultValue 5000
   */
  readonly maxSilenceMs: number;
  /** Added to the environment of the program. @defaultValue {} */
  readonly env: Readonly<Record<string, string>>;
  /** Measures that wait. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultEspeakNgOptions = {
  command: 'espeak-ng',
  voice: 'en-us',
  speed: 1,
  maxSilenceMs: 5000,
  env: {},
  scheduler: asyncScheduler,
} as const satisfies EspeakNgOptions;

/** @throws OptionError `OPTION_INVALID` */
export function resolveEspeakNgOptions(options: Partial<EspeakNgOptions>): EspeakNgOptions {
  return resolveOptions<EspeakNgOptions>('espeak-ng', defaultEspeakNgOptions, options, {
    command: nonEmptyString,
    voice: nonEmptyString,
    speed: numberIn(0.5, 2),
    maxSilenceMs: numberIn(100, 60_000, 'milliseconds'),
    env: (value) =>
      typeof value === 'object' && value !== null ? undefined : 'must be an object of strings',
  });
}
