import type { SchedulerLike } from 'rxjs';
import { OptionError } from '../errors.js';

/**
 * What no device over a driver can be without.
 *
 * @param where - what is being made, for the message.
 * @throws OptionError `OPTION_INVALID`
 */
export function requireParts(
  where: string,
  direction: 'playout' | 'capture',
  driver: unknown,
  scheduler: Partial<SchedulerLike> | undefined,
): void {
  const problems = [
    typeof (driver as { readonly open?: unknown } | undefined)?.open === 'function'
      ? []
      : [`driver must be a ${direction} driver`],
    typeof scheduler?.now === 'function' && typeof scheduler.schedule === 'function'
      ? []
      : ['scheduler must be an rxjs scheduler, such as monotonicScheduler()'],
  ].flat();
  if (problems.length > 0) throw new OptionError('OPTION_INVALID', `${where}: ${problems.join('; ')}`);
}
