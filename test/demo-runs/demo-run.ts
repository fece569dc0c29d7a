import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'vitest';
import { measureDemo, readDemo } from '../../examples/demo/measure-demo.js';
import type { Summary } from '../../examples/demo/summary.js';
import { projectFolder } from '../support/project.js';
import { processesOf } from '../virtual-kiosk/kiosk-test.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-demo-devices-'));
const running = new Set<ChildProcess>();

/** Ends what a failed test left running. */
export function killDemos(): void {
  // In a group of its own, so that what it started goes too.
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

export const removeDemos = (): void => rmSync(folder, { recursive: true, force: true });

/** The demo as somebody starts it at a terminal: it leads a group, and Ctrl-C reaches everything in that. */
export function startDemo(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  // No spaces: the address of a PulseAudio server, which is below it, ends at the first. And a name of its own for a test that is tried again.
  const out = mkdtempSync(join(folder, name.replaceAll(' ', '-')));
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(projectFolder, 'examples/demo/main.ts'), '--out', out, ...args],
    { cwd: projectFolder, detached: true, env: { ...process.env, TMPDIR: temporary, ...env } },
  );
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return { code: code as number | null, said };
  });
  return {
    out,
    ended,
    said: () => said,
    interrupt: () => process.kill(-(child.pid as number), 'SIGINT'),
    /** The folders of kiosks that are still there, and the programs that still run for them. */
    leftBehind: () => [
      ...readdirSync(temporary).filter((name) => name.startsWith('earshot-kiosk')),
      ...processesOf(temporary),
    ],
    summary: () => JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Summary,
  };
}

/** When it stands still for longer, a sound server on this machine can run dry, whoever feeds it. Units: ms. */
export const stallMs = 15;
/** This process does nothing meanwhile: that its timers come late is the machine's doing, and excuses what is about time. Units: ms. */
export function watchStalls(): () => number {
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  return () => {
    delay.disable();
    return delay.max / 1e6;
  };
}

type Measurement = ReturnType<typeof measureDemo>[number];

/** A duck for which there was no sound of anybody, and the words that were quieter for it. */
const isOfFalseDuck = ({ subject, what }: Measurement): boolean =>
  (subject.startsWith('cough') && what === 'onset in the microphone') ||
  what === 'equal but where a barge-in ducks';
/** Three to nine in a run of 70 s were seen. */
const mostFalseDucks = 15;

/** A run takes 75 s. It is not repeated where the machine stood still: that is said, and its times are not judged. */
export const scriptTimeoutMs = 130_000;

/** The demo in real time, to its end: as the script says, and its recordings show what it promises. */
export async function expectAsScripted(name: string, args: readonly string[]): Promise<void> {
  const longestStallMs = watchStalls();
  const demo = startDemo(name, args);
  const { code, said } = await demo.ended;
  if (args.includes('--virtual-kiosk')) expect(said).toContain('A virtual kiosk on pulseaudio');
  expect(demo.leftBehind()).toEqual([]);
  expect([0, 1]).toContain(code);

  const { problems, turns, bargeIns, devices } = demo.summary();
  const measured = measureDemo(readDemo(demo.out)).filter(({ ok }) => !ok);
  // In a room without any noise the least rest of an echo is heard. It ducks and is restored: that is counted, and cuts nothing.
  const falseDucks = args.includes('--echo') ? measured.filter(isOfFalseDuck) : [];
  expect(falseDucks.length).toBeLessThanOrEqual(mostFalseDucks);
  const failed = measured.filter((one) => !falseDucks.includes(one));
  if (problems.length === 0 && failed.length === 0) return;
  const stoodStillMs = longestStallMs();
  if (stoodStillMs <= stallMs) expect({ problems, failed, devices }).toEqual('nothing wrong');
  expect(turns.filter(({ replyHeardMs }) => replyHeardMs > 0).length).toBeGreaterThanOrEqual(3);
  expect(bargeIns.length).toBeGreaterThanOrEqual(1);
  console.warn(
    `the demo over ${name}: its times could not be judged, because this machine stood still for up to ${stoodStillMs.toFixed(0)} ms`,
  );
}
