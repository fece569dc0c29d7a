import { OptionError } from '../errors.js';
import { type Check, nonEmptyString, numberIn, resolveOptions } from '../options.js';
import type { AcousticFigures } from './acoustic-figures.js';

/** The figures of a room that are kept. @public */
export type CalibratedFigures = Pick<
  AcousticFigures,
  | 'noiseDb'
  | 'delaySpreadMs'
  | 'reverberationMs'
  | 'clippedShare'
  | 'driftPpm'
  | 'driftErrorPpm'
  | 'wakeLossMs'
  | 'wakeSilenceMs'
> & { readonly delayMs: number; readonly returnLossDb: number };

/** What was measured once of two devices in their room, to be used from then on. @public */
export interface Calibration {
  /** Of the layout of the file. */
  readonly version: 1;
  /** When it was measured, as ISO 8601 has it. */
  readonly measuredAt: string;
  /** The names that the devices were opened with. */
  readonly devices: { readonly capture: string; readonly playout: string };
  readonly figures: CalibratedFigures;
}

const orNull =
  (check: Check): Check =>
  (value) => {
    const problem = value === null ? undefined : check(value);
    return problem && `${problem}, or null`;
  };

const figureChecks: { readonly [K in keyof CalibratedFigures]: Check } = {
  delayMs: numberIn(-100, 600, 'ms'),
  delaySpreadMs: orNull(numberIn(0, 100, 'ms')),
  returnLossDb: numberIn(-60, 120, 'dB'),
  noiseDb: numberIn(-120, 0, 'dB'),
  reverberationMs: orNull(numberIn(0, 20_000, 'ms')),
  clippedShare: numberIn(0, 1),
  driftPpm: orNull(numberIn(-100_000, 100_000, 'ppm')),
  driftErrorPpm: orNull(numberIn(0, 100_000, 'ppm')),
  wakeLossMs: orNull(numberIn(0, 10_000, 'ms')),
  wakeSilenceMs: orNull(numberIn(0, 60_000, 'ms')),
};
const figureNames = Object.keys(figureChecks) as (keyof CalibratedFigures)[];

const isoDateTime =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const dateTime: Check = (value) =>
  typeof value === 'string' && isoDateTime.test(value)
    ? undefined
    : 'must be a date and time such as 2026-03-01T12:00:00Z';

const where = 'calibration';
const cure = 'measure again with earshot doctor --acoustics';

/**
 * Make a calibration of what was measured.
 *
 * @param about - when and with which devices.
 * @throws OptionError `OPTION_INVALID` when no echo was heard, and for what `parseCalibration` would not take.
 * @public
 */
export function createCalibration(
  figures: AcousticFigures,
  about: Pick<Calibration, 'measuredAt' | 'devices'>,
): Calibration {
  if (figures.delayMs === null || figures.returnLossDb === null) {
    throw invalid('no echo was heard, so there is nothing to calibrate');
  }
  const kept = Object.fromEntries(figureNames.map((name) => [name, figures[name]]));
  return readCalibration({ version: 1, ...about, figures: kept });
}

/** The text of a calibration file. @public */
export function calibrationText(calibration: Calibration): string {
  return `${JSON.stringify({ earshot: 'calibration', ...calibration }, null, 2)}\n`;
}

/**
 * Read the text of a calibration file, as `earshot doctor --acoustics --write` makes it.
 *
 * @throws OptionError `OPTION_INVALID` that names every field that is wrong, and its range.
 * @public
 */
export function parseCalibration(text: string): Calibration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`the text is no JSON (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
  const { earshot, ...rest } = objectOf(value, 'the text');
  if (earshot !== 'calibration') throw invalid('earshot must be "calibration": this is another file');
  return readCalibration(rest);
}

function readCalibration(value: Readonly<Record<string, unknown>>): Calibration {
  if (value['version'] !== 1) {
    throw invalid(`version must be 1, but is ${brief(value['version'])}: another earshot wrote it`);
  }
  const devices = objectOf(value['devices'], 'devices');
  const figures = objectOf(value['figures'], 'figures');
  const measuredAt = value['measuredAt'];
  const { capture, playout } = devices;
  resolveOptions(
    where,
    told({ measuredAt, capture, playout }),
    {},
    {
      measuredAt: dateTime,
      capture: nonEmptyString,
      playout: nonEmptyString,
    },
  );
  const given = Object.fromEntries(figureNames.map((name) => [name, figures[name]]));
  resolveOptions(`${where} figures`, told(given), {}, figureChecks);
  return {
    version: 1,
    measuredAt: measuredAt as string,
    devices: { capture: capture as string, playout: playout as string },
    figures: given as unknown as CalibratedFigures,
  };
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalid(`${what} must be an object, but is ${brief(value)}`);
}

/** Most of a text that is repeated in a message; more than a date has. Units: characters. */
const toldLength = 60;

/** A wrong value in a few words: whoever made the file may have nested it deeper than can be written, or made it a book. */
function brief(value: unknown): string {
  if (value === undefined) return 'missing';
  return typeof value === 'object' && value !== null ? kindOf(value) : JSON.stringify(tellable(value));
}

/** The same fields, right or wrong as before, but for their length. */
const told = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, tellable(value)])) as T;

function tellable(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, toldLength);
  return typeof value === 'object' && value !== null ? { toString: () => kindOf(value) } : value;
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'an array' : 'an object');

const invalid = (problem: string, cause?: unknown): OptionError =>
  new OptionError('OPTION_INVALID', `${where}: ${problem}; ${cure}`, cause === undefined ? {} : { cause });
