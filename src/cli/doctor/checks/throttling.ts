import { type Check, quickLimitMs } from '../check.js';
import { amber, type Finding, green, red } from '../finding.js';
import type { Machine } from '../machine.js';

const subject = { id: 'throttling' } as const;

/** What the firmware of a Raspberry Pi tells: the bit of now, and 16 above it the one of since the start. */
const reasons = [
  { bit: 0, now: 'the voltage is too low', since: 'the voltage was too low', isPower: true },
  {
    bit: 1,
    now: 'the clock of the processor is capped',
    since: 'the clock of the processor was capped',
    isPower: false,
  },
  { bit: 2, now: 'the processor is throttled', since: 'the processor was throttled', isPower: false },
  {
    bit: 3,
    now: 'it is at its limit of temperature',
    since: 'it was at its limit of temperature',
    isPower: false,
  },
] as const;

const powerCure = 'use the power supply that was made for this board, and a short cable';
const heatCure = 'cool it: give it air, a heat sink or a fan';

/** @param flags - as the firmware tells them. */
export function judgeThrottling(flags: number): Finding {
  const figures = { flags: `0x${flags.toString(16)}` };
  const now = reasons.filter(({ bit }) => flags & (1 << bit));
  const since = reasons.filter(({ bit }) => flags & (1 << (bit + 16)));
  const cureOf = (these: typeof now): string => (these.some(({ isPower }) => isPower) ? powerCure : heatCure);
  if (now.length > 0) return red(subject, now.map((one) => one.now).join(', '), cureOf(now), figures);
  if (since.length > 0) {
    const what = `${since.map((one) => one.since).join(', ')} at some time since it was started`;
    return amber(subject, what, cureOf(since), figures);
  }
  return green(subject, 'never since it was started', figures);
}

/** Undefined where there is no such firmware. */
export async function readThrottling(
  { readText, run }: Machine,
  signal: AbortSignal,
): Promise<number | undefined> {
  const file = await readText('/sys/devices/platform/soc/soc:firmware/get_throttled');
  // Without 0x, and still hexadecimal.
  if (file !== null) return flagsIn(file.trim());
  const said = await run('vcgencmd', ['get_throttled'], signal);
  return said.type === 'exited' ? flagsIn(/throttled=(\S+)/.exec(said.output)?.[1] ?? '') : undefined;
}

const flagsIn = (hex: string): number | undefined =>
  /^(0x)?[0-9a-f]{1,8}$/i.test(hex) ? Number.parseInt(hex, 16) : undefined;

export const throttling: Check = {
  doing: 'asking whether the processor was throttled',
  subject,
  limitMs: quickLimitMs,
  async examine({ machine }, signal) {
    const flags = await readThrottling(machine, signal);
    return flags === undefined ? [] : [judgeThrottling(flags)];
  },
};
