import { type Check, quickLimitMs } from '../check.js';
import { amber, type Figures, type Finding, green, red } from '../finding.js';
import { neededMemoryMb } from './needed-memory.js';

const subject = { id: 'memory' } as const;

/** Units: MB. */
export interface MemoryFigures {
  readonly totalMb: number;
  readonly availableMb: number;
  readonly neededMb: number;
}

const smaller =
  'leave models out of the config: a voice such as espeak-ng, speech recognised elsewhere; or take a board with more';

export function judgeMemory({ totalMb, availableMb, neededMb }: MemoryFigures): Finding {
  const figures: Figures = { totalMb, availableMb, neededMb };
  const what = `${availableMb} MB of ${totalMb} MB are free, and a loop like this takes some ${neededMb} MB`;
  if (totalMb < neededMb) return red(subject, what, smaller, figures);
  if (availableMb >= neededMb) return green(subject, what, figures);
  return amber(
    subject,
    what,
    'end other programs (earshot itself, where it runs as a service, is one of them)',
    figures,
  );
}

/** What the kernel tells; undefined where it is another one. */
export function readMemory(
  meminfo: string | null,
): Pick<MemoryFigures, 'totalMb' | 'availableMb'> | undefined {
  const mb = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo ?? '')?.[1]) / 1000);
  const [totalMb, availableMb] = [mb('MemTotal'), mb('MemAvailable')];
  return totalMb > 0 && availableMb >= 0 ? { totalMb, availableMb } : undefined;
}

export const memory: Check = {
  doing: 'looking at the memory',
  subject,
  limitMs: quickLimitMs,
  async examine({ machine, config }) {
    const told = readMemory(await machine.readText('/proc/meminfo'));
    return told === undefined ? [] : [judgeMemory({ ...told, neededMb: neededMemoryMb(config) })];
  },
};
