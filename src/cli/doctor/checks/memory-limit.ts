import { type Check, quickLimitMs } from '../check.js';
import { amber, type Finding, green } from '../finding.js';
import type { Machine } from '../machine.js';
import { neededMemoryMb } from './needed-memory.js';

const subject = { id: 'memory-limit' } as const;

/** What bounds the memory of a service. */
export interface MemoryLimitFigures {
  /** Whether the kernel can bound the memory of a group of processes; null where it has no such groups. */
  readonly canLimit: boolean | null;
  /** Whether systemd is what started this machine, so that a unit may ask for it. */
  readonly hasSystemd: boolean;
  /** What bounds this process; null for nothing. Units: MB. */
  readonly limitMb: number | null;
  readonly neededMb: number;
}

export function judgeMemoryLimit(figures: MemoryLimitFigures): Finding {
  const { canLimit, hasSystemd, limitMb, neededMb } = figures;
  const told = { ...figures };
  if (limitMb !== null && limitMb < neededMb) {
    const what = `this process may take ${limitMb} MB, and a loop like this takes some ${neededMb} MB`;
    return amber(
      subject,
      what,
      'raise what bounds it: MemoryMax of the unit, or the limit of the container',
      told,
    );
  }
  if (canLimit !== true && hasSystemd) {
    const cure =
      'add cgroup_enable=memory to the one line of /boot/firmware/cmdline.txt and start the machine anew, or MemoryMax of the unit does nothing';
    return amber(subject, 'the kernel does not bound the memory of services', cure, told);
  }
  if (limitMb !== null) return green(subject, `this process may take ${limitMb} MB`, told);
  return green(
    subject,
    canLimit === true ? 'MemoryMax of a unit has effect' : 'there is nothing that would bound it',
    told,
  );
}

async function readLimit({ readText }: Machine): Promise<number | null> {
  const own = /^0::(\/.*)$/m.exec((await readText('/proc/self/cgroup')) ?? '')?.[1];
  if (own === undefined) return null;
  // Inside of a container its own group is the root.
  for (const group of [own, '']) {
    const text = await readText(`/sys/fs/cgroup${group}/memory.max`);
    if (text !== null && /^\d+$/.test(text.trim())) return Math.round(Number(text) / 1e6);
  }
  return null;
}

export const memoryLimit: Check = {
  doing: 'looking at the limits of memory',
  subject,
  limitMs: quickLimitMs,
  async examine({ machine, config }) {
    if (machine.platform !== 'linux') return [];
    const controllers = await machine.readText('/sys/fs/cgroup/cgroup.controllers');
    const canLimit = controllers === null ? null : controllers.split(/\s+/).includes('memory');
    const hasSystemd = (await machine.list('/run/systemd/system')).length > 0;
    const limitMb = await readLimit(machine);
    return [judgeMemoryLimit({ canLimit, hasSystemd, limitMb, neededMb: neededMemoryMb(config) })];
  },
};
