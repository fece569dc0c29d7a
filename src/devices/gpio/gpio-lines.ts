import { forkJoin, map, type Observable, of, type SchedulerLike, switchMap, throwError } from 'rxjs';
import { DeviceError } from '../../core/errors.js';
import { gpioError, noSuchLine } from './gpio-errors.js';
import { askGpio, type Environment } from './gpio-program.js';

/** A line as it was asked for: by its name, or by chip and number. */
export type LineName =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'offset'; readonly chip: string; readonly offset: string };

/** A line as the programs take it. */
export interface FoundLine {
  /** Null where the programs find it by its name. */
  readonly chip: string | null;
  readonly line: string;
}

/** The programs that are installed, and the lines as they take them. */
export interface GpioTools {
  /** Version 2 takes other arguments than version 1. Debian 12 has 1.6, Debian 13 has 2.2. */
  readonly version: 1 | 2;
  readonly lines: readonly FoundLine[];
}

/** An answer takes a few milliseconds; a Pi whose card is busy takes seconds to load a program. Units: ms. */
const answerWithinMs = 10_000;

/** `GPIO17`, or `gpiochip0:17`; undefined for what is neither. */
export function parseLine(text: unknown): LineName | undefined {
  if (typeof text !== 'string') return undefined;
  const [, chip, offset] = /^((?:\/dev\/)?gpiochip\d+):(\d{1,5})$/.exec(text) ?? [];
  if (chip !== undefined && offset !== undefined)
    return { kind: 'offset', chip: chip.replace('/dev/', ''), offset };
  // Nothing that a program could take for an option, or for a line with a value.
  return /^(?!gpiochip\d*$)[A-Za-z_][\w .+-]{0,31}$/.test(text) ? { kind: 'name', name: text } : undefined;
}

/** For the message about what `parseLine` does not take. */
export const lineForms = 'a name as gpioinfo shows it ("GPIO17"), or a chip and a number ("gpiochip0:17")';

/**
 * Find out which programs there are, and the lines.
 *
 * @remarks
 * Cold; emits once. Errors with `DeviceError`.
 * By its name a line is found on whichever chip has it: the header of a Pi 5 is on gpiochip4 or gpiochip0, by the age of
 * its kernel.
 */
export function findLines(
  label: string,
  names: readonly LineName[],
  env: Environment,
  scheduler: SchedulerLike,
): Observable<GpioTools> {
  const ask = (command: string, args: readonly string[]) =>
    askGpio(command, args, env, answerWithinMs, scheduler);

  const find = (name: LineName): Observable<FoundLine> => {
    if (name.kind === 'offset') return of({ chip: name.chip, line: name.offset });
    return ask('gpiofind', [name.name]).pipe(
      map((answer) => {
        const [, chip, offset] = /^(\S+) (\d+)$/.exec(answer.lines[0] ?? '') ?? [];
        if (chip !== undefined && offset !== undefined) return { chip, line: offset };
        throw answer.code === 1 && answer.words === ''
          ? noSuchLine(label, name.name)
          : gpioError(label, 'gpiofind', answer);
      }),
    );
  };

  return ask('gpiomon', ['--version']).pipe(
    switchMap((answer): Observable<GpioTools> => {
      const [, version] = /\bv(\d+)\.\d/.exec(answer.lines[0] ?? '') ?? [];
      if (version === undefined) return throwError(() => gpioError(label, 'gpiomon --version', answer));
      if (version !== '1') {
        const lines = names.map((name) =>
          name.kind === 'name' ? { chip: null, line: name.name } : { chip: name.chip, line: name.offset },
        );
        return of({ version: 2 as const, lines });
      }
      return forkJoin(names.map(find)).pipe(map((lines) => ({ version: 1 as const, lines })));
    }),
    map((tools) => {
      const chips = new Set(tools.lines.map(({ chip }) => chip));
      if (chips.size <= 1) return tools;
      throw new DeviceError(
        'DEVICE_BACKEND',
        `${label} has lines on several chips (${[...chips].join(', ')}), which one program cannot drive; take lines of one chip`,
      );
    }),
  );
}

/** Arguments of `gpioget`. Without an edge a line does not tell where it stands. */
export function readArgs(tools: GpioTools, wiring: readonly string[]): readonly string[] {
  return [...(tools.version === 1 ? [] : ['--numeric', ...ours]), ...wiring, ...placed(tools)];
}

/** Arguments of `gpiomon`: one line of text for each edge, as it happens. */
export function watchArgs(tools: GpioTools, wiring: readonly string[]): readonly string[] {
  return [
    ...(tools.version === 1 ? ['--line-buffered'] : ['--banner', ...ours]),
    ...wiring,
    ...placed(tools),
  ];
}

/** Arguments of `gpioset`. @param stays - whether it holds the lines until it is killed, or sets them and leaves. */
export function driveArgs(
  tools: GpioTools,
  wiring: readonly string[],
  values: readonly boolean[],
  stays: boolean,
): readonly string[] {
  const lines = tools.lines.map(({ chip, line }, index) => ({
    chip,
    line: `${line}=${values[index] ? 1 : 0}`,
  }));
  const mode =
    tools.version === 1
      ? [`--mode=${stays ? 'signal' : 'exit'}`]
      : [...(stays ? [] : ['--toggle', '0']), ...ours];
  return [...mode, ...wiring, ...placed({ ...tools, lines })];
}

/** As whose the lines are shown by gpioinfo. */
const ours = ['--consumer', 'earshot'];

function placed({ version, lines }: GpioTools): readonly string[] {
  const chip = lines[0]?.chip ?? null;
  const names = lines.map(({ line }) => line);
  if (chip === null) return names;
  return version === 1 ? [chip, ...names] : ['--chip', chip, ...names];
}
