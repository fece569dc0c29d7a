import { exitCodes } from '../command-error.js';
import type { Console } from '../console.js';
import { createProgressLine } from '../progress-line.js';
import { checksFor } from './checks-for.js';
import { readDoctorCommandLine } from './doctor-command-line.js';
import { doctorUsage } from './doctor-usage.js';
import { type AcousticsParts, examineAcoustics, probeDevices } from './examine-acoustics.js';
import { examineMachine, type MachineParts } from './examine-machine.js';
import { thisMachine } from './this-machine.js';

/** What tests put in place of the room and of the machine. */
export type DoctorParts = AcousticsParts & MachineParts;

/**
 * `earshot doctor`.
 *
 * @returns the exit code.
 * @throws what `explain` has a sentence for.
 */
export async function doctor(
  args: readonly string[],
  console: Console,
  {
    now = () => new Date(),
    probe = probeDevices,
    machine = thisMachine(),
    checks = checksFor,
    progress = createProgressLine(),
  }: Partial<DoctorParts> = {},
): Promise<number> {
  const line = readDoctorCommandLine(args);
  if (line === 'help') {
    console.print(doctorUsage);
    return exitCodes.done;
  }
  return line.examine === 'acoustics'
    ? examineAcoustics(line, console, { now, probe })
    : examineMachine(line, console, { machine, checks, progress });
}
