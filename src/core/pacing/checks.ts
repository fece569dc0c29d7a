import type { PcmFormat } from '../audio/audio-frame.js';
import { OptionError } from '../errors.js';
import { integerIn } from '../options.js';
import type { TimeBase } from './time-base.js';

const rateProblem = integerIn(8000, 192_000, 'Hz');
const channelsProblem = integerIn(1, 32);

/**
 * Refuse a layout that no paced device can have.
 *
 * @throws OptionError `OPTION_INVALID`
 */
export function requirePcmFormat(where: string, format: PcmFormat): void {
  const given = format as Partial<PcmFormat> | null | undefined;
  const problems = [
    ['sampleRateHz', rateProblem(given?.sampleRateHz), given?.sampleRateHz],
    ['channels', channelsProblem(given?.channels), given?.channels],
  ].flatMap(([name, problem, value]) => (problem ? [`format.${name} ${problem}, but is ${value}`] : []));
  if (problems.length > 0) throw new OptionError('OPTION_INVALID', `${where}: ${problems.join('; ')}`);
}

/**
 * Refuse anything but a time base, with the way to make one.
 *
 * @throws OptionError `OPTION_INVALID`
 */
export function requireTimeBase(where: string, timeBase: TimeBase): void {
  if (typeof (timeBase as Partial<TimeBase> | undefined)?.schedulePeriods === 'function') return;
  throw new OptionError(
    'OPTION_INVALID',
    `${where}: timeBase must be a time base, but is ${timeBase}; make one with createTimeBase(scheduler)`,
  );
}
