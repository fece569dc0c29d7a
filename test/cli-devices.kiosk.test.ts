import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceSurvey } from '../src/devices/index.js';
import { kioskProblem } from './virtual-kiosk/problem.js';
import { kioskDevices } from './virtual-kiosk/room.js';
import { createVirtualKiosk, type VirtualKiosk } from './virtual-kiosk/virtual-kiosk.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const problem = kioskProblem('pulseaudio');
if (problem !== null) console.warn(`earshot devices: skipped, ${problem}`);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(problem !== null)('earshot devices, on a virtual kiosk', () => {
  let kiosk: VirtualKiosk;
  beforeAll(async () => {
    kiosk = await createVirtualKiosk({ echoDb: -15 });
  });
  afterAll(() => kiosk.teardown());

  function earshot(...args: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), join(root, 'src/cli/main.ts'), 'devices', ...args],
        { env: { ...process.env, ...kiosk.env }, timeout: 50_000, killSignal: 'SIGKILL' },
        (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });
  }

  it('lists what the server has, marks the defaults, and tells monitors apart', async () => {
    const { code, stdout, stderr } = await earshot('--json', '--backend', 'process', '--api', 'pulse');
    expect([code, stderr]).toEqual([0, '']);
    const { devices, problems } = JSON.parse(stdout) as DeviceSurvey;
    const named = (name: string) => devices.find((device) => device.name === name);

    expect(problems).toEqual([]);
    expect(named(kioskDevices.loudspeaker)).toMatchObject({
      direction: 'playout',
      isDefault: true,
      channels: 2,
      nativeRateHz: 48_000,
      problem: null,
    });
    expect(named(kioskDevices.microphone)).toMatchObject({ direction: 'capture', isDefault: true });
    expect(named(kioskDevices.monitor)).toMatchObject({ direction: 'capture', isMonitor: true });
  });

  it('says the same to people', async () => {
    const { code, stdout } = await earshot('--backend', 'process', '--api', 'pulse');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Loudspeakers.*\n {2}\* speaker\n/);
    expect(stdout).toMatch(/Microphones.*\n {2}\* mic\n/);
    expect(stdout).not.toContain(kioskDevices.monitor);
  });

  it.each(['process', 'audify'])('plays the tone and hears it through the room, by %s', async (backend) => {
    const { code, stdout } = await earshot(
      '--test',
      'default',
      '--json',
      '--seconds',
      '6',
      '--backend',
      backend,
    );
    const report = JSON.parse(stdout) as { readonly toneDb: number; readonly verdict: string };
    expect([code, report.verdict]).toEqual([0, expect.stringMatching(/^works: the loudspeaker played/)]);
    expect(report).toMatchObject({ tonePlayed: true, toneHeard: true, failures: [] });
    // A sine with its peak at -20 dB, 15 dB down on its way through the room.
    expect(report.toneDb).toBeGreaterThan(-20 - 3 - 15 - 1.5);
    expect(report.toneDb).toBeLessThan(-20 - 3 - 15 + 1.5);
  });

  it('ends with 5 for a device that is not there, and with 2 for a mistake', async () => {
    const missing = await earshot('--test', 'alsa_output.usb-gone', '--backend', 'process', '--api', 'pulse');
    expect(missing.code).toBe(5);
    expect(missing.stderr).toMatch(
      /^earshot devices: there is no device "alsa_output.usb-gone"; earshot devices lists what is there/,
    );

    const mistaken = await earshot('--backend', 'portaudio');
    expect(mistaken.code).toBe(2);
    expect(mistaken.stderr).toContain('--backend must be one of auto, process, audify');
  });
});
