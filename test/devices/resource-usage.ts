import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What this process and the processes that its devices started take of the machine. */
export interface ResourceUsage {
  /** Since they began, of those that have ended too. Units: ms of one core. */
  readonly cpuMs: number;
  /** Held by this process after its garbage was collected. Units: MB. */
  readonly ownMb: number;
  /** Held by each of the others. Units: MB. */
  readonly othersMb: ReadonlyMap<number, number>;
  /** Open files of this process. */
  readonly files: number;
  readonly threads: number;
}

/** A second has so many ticks in which the kernel tells the time of processes. Units: 1/s. Linux has it so for all programs. */
const ticksPerSecond = 100;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Its own time, and that of children that it has waited for. Units: ms. */
  readonly cpuMs: number;
}

function processEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = [11, 12, 13, 14].reduce((sum, n) => sum + (fields[n] ?? 0), 0);
    return { pid, parent: fields[1] ?? 0, cpuMs: (1000 * ticks) / ticksPerSecond };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

function textOf(pid: number, file: 'cmdline' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Programs of a test rig name its folder or its clients in their command line; those of devices do not. */
const isOfRig = (pid: number): boolean =>
  /earshot-(kiosk|card)-|kiosk-(recorder|person|array)/.test(textOf(pid, 'cmdline'));

function deviceProcesses(): readonly ProcessEntry[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processEntry(Number(name)) ?? []);
  const below = (parent: number): readonly ProcessEntry[] =>
    all
      .filter((entry) => entry.parent === parent && !isOfRig(entry.pid))
      .flatMap((entry) => [entry, ...below(entry.pid)]);
  return below(process.pid);
}

/** The programs that devices have started and that still run, by what they were called with. */
export const programsOfDevices = (): readonly string[] =>
  deviceProcesses()
    .map(({ pid }) => textOf(pid, 'cmdline').replaceAll('\0', ' ').trim())
    .filter((line) => line !== '');

const statusOf = (pid: number, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(textOf(pid, 'status'))?.[1] ?? 0);

export function resourceUsage(): ResourceUsage {
  collectGarbage();
  const others = deviceProcesses();
  const own = processEntry(process.pid);
  return {
    cpuMs: (own?.cpuMs ?? 0) + others.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    ownMb: statusOf(process.pid, 'VmRSS') / 1024,
    othersMb: new Map(others.map(({ pid }) => [pid, statusOf(pid, 'VmRSS') / 1024])),
    files: readdirSync('/proc/self/fd').length,
    threads: statusOf(process.pid, 'Threads'),
  };
}

/** How much more memory one of them holds than before; of those that were there before. Units: MB. */
export function grownMb(before: ResourceUsage, after: ResourceUsage): number {
  const others = [...after.othersMb].map(([pid, mb]) => mb - (before.othersMb.get(pid) ?? mb));
  return Math.max(after.ownMb - before.ownMb, ...others);
}

/** How late the timers of this process come. */
export interface LagMeter {
  /** The worst so far. Units: ms. */
  readonly worstMs: number;
  stop(): void;
}

const tickMs = 5;

export function measureLag(): LagMeter {
  let lastMs = performance.now();
  let worstMs = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    worstMs = Math.max(worstMs, nowMs - lastMs - tickMs);
    lastMs = nowMs;
  }, tickMs);
  return {
    get worstMs() {
      return worstMs;
    },
    stop: () => clearInterval(timer),
  };
}
