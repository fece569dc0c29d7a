import type { DeviceSurvey } from '../devices/index.js';

/**
 * Ways to devices that could not be asked, without those that nobody misses: the native library is one of two ways, and what it would
 * list is listed already where the programs of the system work.
 */
export function problemsToTell({ devices, problems }: DeviceSurvey): DeviceSurvey['problems'] {
  const works = devices.some(({ problem }) => problem === null);
  return problems.filter(({ problem }) => !(works && problem.startsWith('[PEER_MISSING]')));
}
