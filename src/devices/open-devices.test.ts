import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addFakePactl } from '../../test/support/fake-pactl.js';
import { createFakePrograms, type FakePrograms } from '../../test/support/fake-programs.js';
import { watchDriver } from '../../test/support/watch-driver.js';
import type { AudioFrame } from '../core/audio/audio-frame.js';
import { monotonicScheduler } from './clock/index.js';
import { type OpenDevicesOptions, openDevices } from './open-devices.js';

const name = 'USB Mic, "big" one';
const version = '[ "$1" = --version ] && { echo yes > "$0.asked"; exit 0; }\n: > "$0.ran"\n';
const isFrame = (value: AudioFrame): value is AudioFrame => value.samples.length > 0;

describe('openDevices', () => {
  let fakes: FakePrograms;
  const subscriptions: Subscription[] = [];
  beforeEach(() => {
    fakes = createFakePrograms();
    for (const program of ['pacat', 'aplay', 'arecord']) fakes.add(program, `${version}sleep 60`);
    // In real time: 10 ms of silence, about every 10 ms.
    fakes.add(
      'parec',
      `${version}echo 'Connected to device ${name} (index: 1, suspended: no).' >&2
while :; do head -c 1920 /dev/zero || exit; sleep 0.01; done`,
    );
  });
  afterEach(() => {
    for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
    fakes.dispose();
  });
  const ran = (program: string): boolean => existsSync(join(fakes.folder, `${program}.ran`));
  const addServer = (): void =>
    addFakePactl(fakes, {
      sources: [{ name, spec: 'float32le 1ch 48000Hz', map: 'mono' }],
      defaultSource: name,
    });
  const open = (options: Partial<OpenDevicesOptions> = {}) =>
    openDevices({ scheduler: monotonicScheduler(), env: fakes.env, ...options });

  it('runs nothing before somebody subscribes', () => {
    addServer();
    const { chosen } = open();
    expect(existsSync(join(fakes.folder, 'pactl.args'))).toBe(false);
    expect(chosen).toEqual({ capture: null, playout: null });
  });

  it('opens by a name with blanks, commas and quotes', async () => {
    addServer();
    const { microphone, chosen } = open({ capture: { device: name } });
    const watched = watchDriver(microphone.capture());
    await watched.first(isFrame);
    watched.close();
    expect(fakes.argsOf('parec')).toContain(`--device=${name}`);
    expect(chosen.capture).toEqual({ backend: 'process', api: 'pulse' });
    await fakes.gone('parec');
  });

  it('opens nothing any more when it is given up while the way is still looked for', async () => {
    // Answers late, and then that there is a server.
    fakes.add('pactl', 'sleep 0.1; echo "Server Name: late"');
    const { microphone, loudspeaker, chosen } = open();
    const both = [microphone.capture().subscribe(), loudspeaker.openSink().subscribe()];
    await fakes.runs('pactl');
    for (const one of both) one.unsubscribe();
    await fakes.gone('pactl');
    await fakes.gone('parec');
    // What goes on after that would be seen in what follows it.
    addServer();
    const watched = watchDriver(open({ capture: { device: 'another' } }).microphone.capture());
    expect((await watched.failure()).code).toBe('DEVICE_NOT_FOUND');
    expect([ran('parec'), ran('pacat'), ran('arecord'), ran('aplay')]).toEqual([false, false, false, false]);
    expect(chosen).toEqual({ capture: null, playout: null });
  });

  it('takes the loudspeaker of a machine for no microphone, and says so each time it is asked', async () => {
    addFakePactl(fakes, {
      sources: [{ name: 'hdmi.monitor', isMonitor: true }],
      defaultSource: 'hdmi.monitor',
    });
    const { microphone } = open();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await watchDriver(microphone.capture()).failure();
      expect(error).toMatchObject({ code: 'DEVICE_NOT_FOUND', retryable: true });
      expect(error.message).toContain('"hdmi.monitor" is what a loudspeaker plays');
    }
  });

  it('is used for one capture at a time', async () => {
    addServer();
    const { microphone } = open();
    const watched = watchDriver(microphone.capture());
    await watched.first(isFrame);
    expect((await watchDriver(microphone.capture()).failure()).code).toBe('DEVICE_BUSY');
    // The first one goes on.
    const before = watched.reports.length;
    await watched.until(() => watched.reports.length > before);
    watched.close();
    await fakes.gone('parec');
  });

  it.each([
    [{ capture: { device: ' ' } }, 'device must be a non-empty string'],
    [{ capture: { devise: 'x' } as never }, 'devise is not an option'],
    [{ playout: { leadMs: -1 } }, 'leadMs must be a number'],
    [{ env: { A: 1 } as never }, 'env must be an object of strings'],
    [{ backend: 'jack' as never }, 'backend must be one of'],
  ] as const)('tells at once what cannot be: %j', (options, problem) => {
    expect(() => open(options)).toThrow(problem);
  });

  it('cannot be without a scheduler', () => {
    expect(() => openDevices({} as never)).toThrow('scheduler must be');
  });
});
