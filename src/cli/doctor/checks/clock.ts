import type { Check, Examination } from '../check.js';
import { amber, type Figures, type Finding, green, red } from '../finding.js';
import type { Machine } from '../machine.js';

const subject = { id: 'clock' } as const;

/** What is known of the time of day. */
export interface ClockFigures {
  /** Units: ms since 1970. */
  readonly wallMs: number;
  /** Whether something sets it; null where nobody tells. */
  readonly isSynchronised: boolean | null;
  /** By how much it was moved while the examination ran. Units: ms. */
  readonly movedMs: number;
}

/** A machine without a clock of its own begins at 1970, or at the date of its image; earshot was written after this. */
const earliest = Date.UTC(2026, 0, 1);
/** Two clocks of one machine differ by less over a minute, unless one of them is set. Units: ms. */
const jumpMs = 500;

const setUp = 'switch on what sets it: sudo timedatectl set-ntp true, and let UDP port 123 through';

export function judgeClock({ wallMs, isSynchronised, movedMs }: ClockFigures): Finding {
  const time = new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const figures: Figures = { time, isSynchronised, movedMs: Math.round(movedMs) };
  if (wallMs < earliest) {
    return red(
      subject,
      `it is ${time} here, so certificates are not valid yet and TLS fails`,
      setUp,
      figures,
    );
  }
  if (Math.abs(movedMs) > jumpMs) {
    const what = `it was set by ${(movedMs / 1000).toFixed(1)} s a moment ago`;
    const cure =
      'let the service start after time-sync.target, so that what is logged and certificates agree';
    return amber(subject, what, cure, figures);
  }
  if (isSynchronised === false) return amber(subject, `${time}, and nothing sets it`, setUp, figures);
  if (isSynchronised === null) {
    return amber(
      subject,
      `${time}; nobody here tells whether it is set`,
      `compare it with another clock, or ${setUp}`,
      figures,
    );
  }
  return green(subject, `${time}, set by the network`, figures);
}

/** What sets the clock is asked; null where it cannot be. */
export async function readSynchronised({ run, list }: Machine, signal: AbortSignal): Promise<boolean | null> {
  const said = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], signal);
  if (said.type === 'exited' && said.code === 0) {
    const [answer] = /^(yes|no)$/m.exec(said.output) ?? [];
    if (answer !== undefined) return answer === 'yes';
  }
  // systemd-timesyncd leaves a file when it has set the clock.
  if ((await list('/run/systemd/timesync')).includes('synchronized')) return true;
  const chrony = await run('chronyc', ['-n', 'tracking'], signal);
  if (chrony.type === 'exited' && chrony.code === 0) return !/Not synchronised/i.test(chrony.output);
  return null;
}

/** How far the time of day went ahead of a clock that nobody sets, since the examination began. */
export function movedMs({ machine, beganAt }: Pick<Examination, 'machine' | 'beganAt'>): number {
  return machine.wallMs() - beganAt.wallMs - (machine.steadyMs() - beganAt.steadyMs);
}

export const clock: Check = {
  doing: 'looking at the clock',
  subject,
  limitMs: 8000,
  async examine(examination, signal) {
    const { machine } = examination;
    const isSynchronised = await readSynchronised(machine, signal);
    return [judgeClock({ wallMs: machine.wallMs(), isSynchronised, movedMs: movedMs(examination) })];
  },
};
