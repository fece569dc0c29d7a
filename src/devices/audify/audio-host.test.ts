import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Subscription } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CaptureDriver, CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import type {
  PlayoutDriver,
  PlayoutDriverReport,
  PlayoutStream,
} from '../../core/hardware/playout-driver.js';
import { monotonicScheduler } from '../clock/index.js';
import { createAudioHost } from './audio-host.js';
import { hostedCaptureDriver, hostedPlayoutDriver } from './hosted-drivers.js';
import type { StreamSettings } from './stream-settings.js';

// The library of these tests is a source, which tsx has to compile for the host.
vi.unmock('./host-program.js');

const library = fileURLToPath(new URL('../../../test/support/fake-audify-library.ts', import.meta.url));
const scheduler = monotonicScheduler();
const settings: StreamSettings = {
  direction: 'playout',
  api: 'pulse',
  device: 'Good',
  format: { sampleRateHz: 48_000, channels: 1 },
  channel: 'mix',
  bufferMs: 10,
  lowLatency: true,
  pulseLatencyMs: 20,
};

/** Children of this process that run the host program. */
function hosts(): readonly number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((line) => line.includes('devices/audify/host.'))
    .map((line) => Number.parseInt(line, 10));
}

const isRunning = (pid: number): boolean => {
  try {
    // A zombie that nobody reaps, as in a container without an init, is gone too.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function until(what: string, isTrue: () => boolean, limitMs = 20_000): Promise<void> {
  const limit = scheduler.now() + limitMs;
  while (!isTrue()) {
    if (scheduler.now() > limit) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const subscriptions: Subscription[] = [];
afterEach(async () => {
  for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
  await until('no host is left', () => hosts().length === 0);
});

function host(
  options: { readonly lingerMs?: number; readonly library?: string; readonly label?: string } = {},
) {
  return createAudioHost({
    label: options.label ?? 'the loudspeaker "X"',
    env: {},
    scheduler,
    lingerMs: options.lingerMs ?? 0,
    programOptions: [options.library ?? library],
  });
}

/** Open a driver and keep what it tells. */
function open(driver: PlayoutDriver | CaptureDriver) {
  const reports: (PlayoutDriverReport | CaptureDriverReport)[] = [];
  const errors: unknown[] = [];
  let stream: PlayoutStream | undefined;
  const reports$ = driver.open();
  const subscription = (reports$ as ReturnType<PlayoutDriver['open']>).subscribe({
    next: (report) => {
      reports.push(report);
      if (report.type !== 'opened' || !('stream' in report)) return;
      stream = report.stream;
      // It runs once there is something to play.
      for (let buffer = 0; buffer < 3; buffer += 1) stream.write(new Float32Array(960));
    },
    error: (error: unknown) => errors.push(error),
  });
  subscriptions.push(subscription);
  const of = (type: string) => reports.filter((report) => report.type === type);
  return {
    reports,
    of,
    errors,
    subscription,
    stream: () => stream,
    opened: () => until('it is open or failed', () => reports.length + errors.length > 0),
    failed: () => until('it failed', () => errors.length > 0),
  };
}

const playout = (device: string, on = host()) =>
  open(hostedPlayoutDriver({ ...settings, device }, on, scheduler));
const capture = (device: string, on = host()) =>
  open(hostedCaptureDriver({ ...settings, direction: 'capture', device }, on, scheduler));

describe.skipIf(process.platform !== 'linux')('the audio host', () => {
  it('moves samples both ways, with times on the clock of this process', async () => {
    const microphone = capture('Good');
    const loudspeaker = playout('Good');
    await Promise.all([microphone.opened(), loudspeaker.opened()]);

    const beforeMs = scheduler.now();
    for (let buffer = 0; buffer < 20; buffer += 1) loudspeaker.stream()?.write(new Float32Array(960));
    await until('positions came', () => loudspeaker.of('position').length >= 10);
    await until('blocks came', () => microphone.of('block').length >= 10);

    expect(loudspeaker.reports[0]).toMatchObject({
      type: 'opened',
      stream: { format: { sampleRateHz: 48_000, channels: 2 }, leadMs: 50 },
    });
    expect(loudspeaker.stream()?.recall()).toBe(0);
    expect(microphone.reports[0]).toEqual({ type: 'opened', format: { sampleRateHz: 48_000, channels: 1 } });
    expect(microphone.of('block')[0]).toMatchObject({ samples: new Float32Array(480) });
    for (const report of [...loudspeaker.of('position'), ...microphone.of('block').slice(-5)]) {
      const { atMs } = report as { readonly atMs: number };
      expect(atMs).toBeGreaterThan(beforeMs - 2000);
      expect(atMs).toBeLessThanOrEqual(scheduler.now());
    }
  });

  it.each([
    ['Aborts', 'SIGABRT'],
    ['Segfaults', 'SIGSEGV'],
  ])('makes a lost device of a library that dies: %s', async (device, signal) => {
    const loudspeaker = playout(device);
    await loudspeaker.failed();

    expect(loudspeaker.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        retryable: true,
        message: expect.stringContaining(`the loudspeaker "X" was lost: its audio host died of ${signal}`),
      }),
    ]);
  });

  it('repeats the last words of a child, and no more than those', async () => {
    const loudspeaker = playout('Aborts');
    await loudspeaker.failed();

    expect(String(loudspeaker.errors[0])).toContain('terminate called without an active exception');
    expect(String(loudspeaker.errors[0]).length).toBeLessThan(500);
  });

  it('tells a child that dies while it opens from a lost device', async () => {
    const loudspeaker = playout('Aborts at opening');
    await loudspeaker.failed();

    expect(loudspeaker.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_BACKEND',
        retryable: true,
        message: expect.stringMatching(
          /could not be opened: its audio host died of SIGABRT.*everything is on fire/,
        ),
      }),
    ]);
  });

  it.each(['Hangs', 'Stopped'])('ends a child that gives no sign of life: %s', async (how) => {
    const loudspeaker = playout(how === 'Hangs' ? 'Hangs' : 'Good');
    await loudspeaker.opened();
    const [pid = 0] = hosts();
    if (how === 'Stopped') process.kill(pid, 'SIGSTOP');
    const write = setInterval(() => loudspeaker.stream()?.write(new Float32Array(960)), 10);
    await loudspeaker.failed().finally(() => clearInterval(write));

    expect(loudspeaker.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        retryable: true,
        message: expect.stringContaining('gave no sign of life'),
      }),
    ]);
    await until('it is gone', () => !isRunning(pid));
  });

  it('does not hold more than two seconds for a child that reads nothing', async () => {
    const loudspeaker = playout('Good');
    await loudspeaker.opened();
    const [pid = 0] = hosts();
    process.kill(pid, 'SIGSTOP');

    // More than a socket holds, in one turn of the event loop, so that no look comes between.
    for (let buffer = 0; buffer < 2000; buffer += 1) loudspeaker.stream()?.write(new Float32Array(960));

    expect(loudspeaker.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_LOST',
        message: expect.stringContaining('took nothing any more'),
      }),
    ]);
  });

  it('takes a stall of this process for no hang of the child, and loses nothing by it', async () => {
    const microphone = capture('Good');
    await microphone.opened();
    await until('blocks came', () => microphone.of('block').length > 10);
    const before = microphone.of('block').length;

    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    await until('what was missed came', () => microphone.of('block').length > before + 120);

    expect(microphone.errors).toEqual([]);
  });

  it('opens again in the same child after closing, in order', async () => {
    const on = host({ lingerMs: 2000 });
    const first = playout('Good', on);
    await first.opened();
    const pids = hosts();

    first.subscription.unsubscribe();
    const second = playout('Good', on);
    await second.opened();

    expect(second.errors).toEqual([]);
    expect(hosts()).toEqual(pids);
  });

  it('has another child ready when one was lost at work, and lets it go when nobody comes', async () => {
    const on = host({ lingerMs: 1500 });
    const first = playout('Aborts', on);
    await first.opened();
    const [lost = 0] = hosts();
    first.stream()?.write(new Float32Array(960));
    await first.failed();
    const [ready = 0] = hosts().filter((pid) => pid !== lost);
    expect(isRunning(ready)).toBe(true);

    const second = playout('Good', on);
    await second.opened();
    expect(second.errors).toEqual([]);
    expect(hosts().filter(isRunning)).toEqual([ready]);

    second.subscription.unsubscribe();
    await until('it is gone', () => hosts().length === 0);
  });

  it('starts no other child by itself for one that never worked', async () => {
    const first = playout('Aborts at opening', host({ lingerMs: 60_000 }));
    await first.failed();

    expect(hosts().filter(isRunning)).toEqual([]);
  });

  it.each(['Hangs at closing', 'Suspends'])(
    'gets over a child that cannot close, and opens in a new one: %s',
    async (device) => {
      const on = host();
      const first = playout(device, on);
      await first.opened();
      const [pid = 0] = hosts();
      const write = setInterval(() => first.stream()?.write(new Float32Array(960)), 10);
      if (device === 'Suspends') {
        await until('positions came', () => first.of('position').length > 3);
        await until('they stopped', () => {
          const last = first.of('position').at(-1) as { readonly atMs: number };
          return scheduler.now() - last.atMs > 300;
        });
      }
      clearInterval(write);

      first.subscription.unsubscribe();
      const second = playout('Good', on);
      await second.opened();

      expect(second.errors).toEqual([]);
      expect(second.reports[0]?.type).toBe('opened');
      expect(isRunning(pid)).toBe(false);
    },
  );

  it('passes on what the driver failed with', async () => {
    const loudspeaker = playout('Throws');
    await loudspeaker.failed();

    expect(loudspeaker.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_BACKEND',
        retryable: true,
        message:
          '[DEVICE_BACKEND] the loudspeaker "Throws" could not be opened (it broke); it is worth another try',
      }),
    ]);
  });

  it('passes on that the library is missing, with the cure', async () => {
    const loudspeaker = playout('Good', host({ library: '/nowhere/audify' }));
    await loudspeaker.failed();

    expect(loudspeaker.errors).toEqual([
      expect.objectContaining({ code: 'PEER_MISSING', message: expect.stringContaining('run: npm') }),
    ]);
  });

  it('errors when there is no program to run', async () => {
    const on = createAudioHost({
      label: 'the loudspeaker "X"',
      env: {},
      scheduler,
      lingerMs: 0,
      findProgram: () => ({ file: '/nowhere/host.js', nodeOptions: [] }),
    });
    const loudspeaker = playout('Good', on);
    await loudspeaker.failed();

    expect(loudspeaker.errors).toEqual([
      expect.objectContaining({
        code: 'DEVICE_BACKEND',
        message: expect.stringMatching(/ended with exit code 1.*nowhere/),
      }),
    ]);
  });

  it('hears a microphone again after the child of another device died', async () => {
    const microphone = capture('Good');
    const loudspeaker = playout('Aborts');
    await microphone.opened();
    await loudspeaker.failed();
    const before = microphone.of('block').length;

    await until('more blocks came', () => microphone.of('block').length > before + 5);

    expect(microphone.errors).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('a program with an audio host', () => {
  /** Run one of its own that opens a microphone, tells the process id of the child, and goes on. */
  async function run(
    afterOpening: string,
    afterStarting = '',
  ): Promise<{ readonly parent: ReturnType<typeof spawn> & { said(): string }; readonly pid: number }> {
    const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
    const source = `
      import { execFileSync } from 'node:child_process';
      import { writeSync } from 'node:fs';
      import { createAudioHost } from ${url('./audio-host.ts')};
      import { hostedCaptureDriver } from ${url('./hosted-drivers.ts')};
      import { monotonicScheduler } from ${url('../clock/index.ts')};
      const scheduler = monotonicScheduler();
      const host = createAudioHost({ label: 'x', env: {}, scheduler, lingerMs: 60000, programOptions: [${JSON.stringify(library)}] });
      const settings = ${JSON.stringify({ ...settings, direction: 'capture' })};
      const subscription = hostedCaptureDriver(settings, host, scheduler).open().subscribe((report) => {
        if (report.type === 'opened') setTimeout(() => { ${afterOpening} }, 50);
      });
      const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
      writeSync(1, parseInt(children.split('\\n').find((line) => line.includes('devices/audify/host.')), 10) + '\\n');
      ${afterStarting}`;
    const tsx = import.meta.resolve('tsx');
    const parent = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    parent.stdout?.on('data', (text: Buffer) => {
      said += text.toString();
    });
    await until('it told the process id', () => said.includes('\n'));
    return { parent: Object.assign(parent, { said: () => said }), pid: Number.parseInt(said, 10) };
  }

  it('takes the child along when it is killed', async () => {
    const { parent, pid } = await run("writeSync(1, 'open\\n');");
    await until('it is open', () => parent.said().includes('open'));
    expect(isRunning(pid)).toBe(true);

    parent.kill('SIGKILL');

    await until('the child is gone', () => !isRunning(pid));
  });

  it('takes the child along when it is killed before that listens to anybody', async () => {
    const { pid } = await run('', "process.kill(process.pid, 'SIGKILL');");

    await until('the child is gone', () => !isRunning(pid));
  });

  it('ends by itself once everything is closed, although the child lingers, and takes it along', async () => {
    const { parent, pid } = await run('subscription.unsubscribe();');

    await until('the program ended', () => parent.exitCode !== null);

    expect(parent.exitCode).toBe(0);
    await until('the child is gone', () => !isRunning(pid));
  });

  it('decides itself what Ctrl-C means', async () => {
    const { parent, pid } = await run("writeSync(1, 'open\\n');");
    await until('it is open', () => parent.said().includes('open'));

    process.kill(pid, 'SIGINT');
    process.kill(pid, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until('the child is gone', () => !isRunning(pid));
  });
});
