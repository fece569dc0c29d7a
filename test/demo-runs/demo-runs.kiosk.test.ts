import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { measureDemo, readDemo } from '../../examples/demo/measure-demo.js';
import { projectFolder } from '../support/project.js';
import { until } from '../virtual-kiosk/kiosk-test.js';
import { kioskProblem } from '../virtual-kiosk/problem.js';
import { createVirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import {
  expectAsScripted,
  killDemos,
  removeDemos,
  scriptTimeoutMs,
  stallMs,
  startDemo,
  watchStalls,
} from './demo-run.js';

const problem = kioskProblem();
if (problem !== null) console.warn(`the demo on devices: skipped, because ${problem}`);

afterEach(killDemos);
afterAll(removeDemos);

// One after the other, in one file: each of these takes half a core, in real time.
describe('the demo over files', () => {
  // Over a real socket and at the pace of a conversation, so here, though it needs no sound server.
  it(
    'goes as the script says, and its recordings show what it promises',
    () => expectAsScripted('files', []),
    scriptTimeoutMs,
  );
});

describe.skipIf(problem !== null)('the demo on a virtual kiosk', () => {
  it.each([
    ['a headset', []],
    ['an open loudspeaker', ['--echo', '-10']],
  ] as const)(
    'goes as the script says over %s, and the loudspeaker and the room show what it promises',
    (name, echo) => expectAsScripted(name, ['--virtual-kiosk', ...echo]),
    scriptTimeoutMs,
  );

  it('is gone after Ctrl-C, with the kiosk and everything that ran in it, and has written what there was', async () => {
    const demo = startDemo('interrupted', ['--virtual-kiosk']);
    await until('the kiosk runs and something was captured', () => microphoneHolds(demo.out, 1), 60_000);

    demo.interrupt();
    const { code, said } = await demo.ended;

    expect(said).not.toContain('device-lost');
    expect(code).toBe(130);
    expect(demo.leftBehind()).toEqual([]);
    expect(demo.summary().problems).toContain('the conversation was stopped by SIGINT');
    for (const name of ['loudspeaker.wav', 'room.wav', 'events.jsonl', 'timeline.html'])
      expect(existsSync(join(demo.out, name)), name).toBe(true);
  }, 120_000);
});

describe.skipIf(problem !== null)('the demo on the devices of a machine', () => {
  it('answers whoever speaks, although it understands nothing, and says so', async () => {
    const kiosk = await createVirtualKiosk({ echoDb: -10 });
    try {
      const demo = startDemo('devices', ['--device', 'auto', '--seconds', '12'], kiosk.env);
      await until('something was captured', () => microphoneHolds(demo.out, 0.5), 60_000);
      const longestStallMs = watchStalls();
      await kiosk.say(join(projectFolder, 'examples/demo/assets/go-forward.wav'));
      const { code, said } = await demo.ended;

      expect(said).toMatch(/^What you say is not understood yet/);
      expect(said).toMatch(/The echo is taken out/);
      expect(said).toContain('user    (something that is not understood yet)');
      expect(said).toContain('reply   Prudently.');
      expect(said).toContain('every turn was answered');
      expect(code).toBe(0);
      expect(demo.summary()).toMatchObject({ ok: true, place: 'devices', turns: [{ outcome: 'answered' }] });
      const { microphone, loudspeaker } = readDemo(demo.out);
      expect(microphone.samples.length).toBe(loudspeaker.samples.length);
      expect(microphone.samples.length / 48_000).toBeGreaterThan(11);
      const stoodStillMs = longestStallMs();
      const failed = measureDemo(readDemo(demo.out)).filter(({ ok }) => !ok);
      if (stoodStillMs <= stallMs) expect(failed).toEqual([]);
    } finally {
      await kiosk.teardown();
    }
  }, 120_000);
});

/** Whether so many seconds are on the tape. */
const microphoneHolds = (out: string, seconds: number): boolean => {
  const path = join(out, 'microphone.wav');
  return existsSync(path) && readFileSync(path).length > 48_000 * 2 * seconds;
};
