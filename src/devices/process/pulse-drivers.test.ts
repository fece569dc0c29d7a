import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addFakePactl } from '../../../test/support/fake-pactl.js';
import { createFakePrograms, type FakePrograms } from '../../../test/support/fake-programs.js';
import { type WatchedDriver, watchDriver } from '../../../test/support/watch-driver.js';
import type { CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import type { PlayoutDriverReport } from '../../core/hardware/playout-driver.js';
import { monotonicScheduler } from '../clock/index.js';
import { type PulseCaptureOptions, pulseCaptureDriver } from './pulse-capture.js';
import { type PulsePlayoutOptions, pulsePlayoutDriver } from './pulse-playout.js';

const scheduler = monotonicScheduler();

/** What the real one says before it plays. */
const playing = (device = 'speaker'): string => `
say() { printf '%s\\033[K\\n' "$1" >&2; }
say "Opening a playback stream with sample specification 'float32le 1ch 48000Hz' and channel map 'mono'."
say 'Connection established.'
say 'Stream successfully created.'
say 'Buffer metrics: maxlength=4194304, tlength=4800, prebuf=1924, minreq=960'
say "Using sample spec 'float32le 1ch 48000Hz', channel map 'mono'."
say "Connected to device ${device} (index: 0, suspended: no)."
printf 'Time: 0.000 sec; Latency: 0 usec.        \\r' >&2
`;
const recording = (device = 'mic', suspended = 'no'): string => `
say() { printf '%s\\033[K\\n' "$1" >&2; }
say 'Connection established.'
say 'Stream successfully created.'
say 'Buffer metrics: maxlength=4194304, fragsize=1920'
say 'Connected to device ${device} (index: 2, suspended: ${suspended}).'
sleep 0.05
`;

const isOpened = (report: PlayoutDriverReport): report is Extract<PlayoutDriverReport, { type: 'opened' }> =>
  report.type === 'opened';
const isXrun = (report: PlayoutDriverReport): report is Extract<PlayoutDriverReport, { type: 'xrun' }> =>
  report.type === 'xrun';
const isBlock = (report: CaptureDriverReport): report is Extract<CaptureDriverReport, { type: 'block' }> =>
  report.type === 'block';

describe('the drivers over pacat and parec', () => {
  let fakes: FakePrograms;
  let watched: WatchedDriver<PlayoutDriverReport> | WatchedDriver<CaptureDriverReport> | undefined;
  beforeEach(() => {
    fakes = createFakePrograms();
    addFakePactl(fakes, {
      sinks: [{ name: 'speaker' }, { name: 'usb', spec: 's24le 2ch 44100Hz' }],
      sources: [
        { name: 'speaker.monitor', isMonitor: true },
        { name: 'mic', spec: 's16le 1ch 16000Hz' },
        { name: 'array', spec: 's16le 6ch 16000Hz', map: 'aux0,aux1,aux2,aux3,aux4,aux5' },
      ],
      defaultSink: 'speaker',
      defaultSource: 'mic',
    });
  });
  afterEach(() => {
    watched?.close();
    fakes.dispose();
  });

  function playoutDriver(options: Partial<PulsePlayoutOptions> = {}) {
    return pulsePlayoutDriver({
      device: 'speaker',
      channels: 1,
      latencyMs: 20,
      reserveMs: 20,
      openTimeoutMs: 10_000,
      env: fakes.env,
      scheduler,
      ...options,
    });
  }
  function play(options: Partial<PulsePlayoutOptions> = {}) {
    const opened = watchDriver(playoutDriver(options).open());
    watched = opened;
    return opened;
  }
  function record(options: Partial<PulseCaptureOptions> = {}) {
    const driver = pulseCaptureDriver({
      device: 'mic',
      channels: 'mono',
      latencyMs: 10,
      openTimeoutMs: 10_000,
      env: fakes.env,
      scheduler,
      ...options,
    });
    const opened = watchDriver(driver.open());
    watched = opened;
    return opened;
  }

  describe('playing', () => {
    it('opens the device at its own rate, by its name, and tells what has to be ahead', async () => {
      fakes.add('pacat', `${playing('usb')}exec cat >/dev/null`);
      const { stream } = await play({ device: 'usb', channels: 2 }).first(isOpened);
      expect(stream.format).toEqual({ sampleRateHz: 44_100, channels: 2 });
      expect(fakes.argsOf('pacat')).toEqual(
        expect.arrayContaining([
          '--playback',
          '--device=usb',
          '--rate=44100',
          '--channels=2',
          '--format=float32le',
          '--latency-msec=20',
          '--verbose',
          '--raw',
        ]),
      );
      // The server holds less here than was asked for: 4800 bytes are 13.6 ms.
      expect(stream.leadMs).toBe(40);
      expect(stream.recall()).toBe(0);
    });

    it('tells the position that the server tells, never more than was written', async () => {
      fakes.add(
        'pacat',
        `${playing()}head -c 38400 >/dev/null; printf 'Time: 0.030 sec; Latency: 15639 usec.        \\r' >&2
         head -c 38400 >/dev/null; printf 'Time: 9.000 sec; Latency: 15639 usec.        \\r' >&2; exec cat >/dev/null`,
      );
      const opened = play();
      const { stream } = await opened.first(isOpened);
      stream.write(new Float32Array(9600));
      const played = (): number[] =>
        opened.reports.flatMap((report) => (report.type === 'position' ? [report.playedFrames] : []));
      await opened.until(() => played().includes(1440));
      stream.write(new Float32Array(9600));
      await opened.until(() => played().length === 3);
      expect(played()).toEqual([0, 1440, 19_200]);
    });

    it('writes what it is given as it is', async () => {
      fakes.add('pacat', `${playing()}head -c 8 >"$0.heard"; say 'Stream underrun.'; exec sleep 60`);
      const opened = play();
      const { stream } = await opened.first(isOpened);
      stream.write(Float32Array.of(0.5, -1));
      await opened.first(isXrun);
      expect(readFileSync(join(fakes.folder, 'pacat.heard')).toString('hex')).toBe('0000003f000080bf');
    });

    it('tells when the server ran dry', async () => {
      fakes.add('pacat', `${playing()}say 'Stream underrun.'; exec sleep 60`);
      const xrun = await play().first(isXrun);
      expect(xrun.detail).toBe('the sound server had nothing left to play');
    });

    it('asks the server for the default anew at each opening, but for one right after a flush', async () => {
      // Connects to whatever it is told to.
      const told = '$(printf "%s\\n" "$@" | sed -n s/--device=//p)';
      fakes.add('pacat', `${playing(told)}exec cat >/dev/null`);
      const driver = playoutDriver({ device: 'default' });
      const openOnce = async (): Promise<string | undefined> => {
        const opened = watchDriver(driver.open());
        watched = opened;
        await opened.first(isOpened);
        opened.close();
        await fakes.gone('pacat');
        return fakes.argsOf('pacat').find((arg) => arg.startsWith('--device'));
      };
      expect(await openOnce()).toBe('--device=speaker');
      addFakePactl(fakes, { sinks: [{ name: 'usb' }], defaultSink: 'usb' });
      expect(await openOnce()).toBe('--device=speaker');
      await sleep(1100);
      expect(await openOnce()).toBe('--device=usb');
    });

    it.each([
      ['suspended', "say 'Stream device suspended.'", 'was suspended by the sound server'],
      ['moved', "say 'Stream moved to device other (1, not suspended).'", 'moved the stream to other'],
      [
        'without its server',
        "say 'Connection failure: Connection terminated'; say 'Stream error: Connection terminated'; exit 1",
        'pacat exited with code 1: "Connection failure: Connection terminated / Stream error: Connection terminated"',
      ],
      ['killed', 'kill -9 $$', 'pacat was killed by SIGKILL'],
      ['at its end without a word', 'exit 0', 'pacat exited with code 0'],
    ])('is lost when it is %s', async (_, happens, says) => {
      fakes.add('pacat', `${playing()}head -c 400 >/dev/null; ${happens}; exec sleep 60`);
      const opened = play();
      const { stream } = await opened.first(isOpened);
      stream.write(new Float32Array(100));
      const error = await opened.failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_LOST', true]);
      expect(error.message).toContain('the loudspeaker "speaker"');
      expect(error.message).toContain(says);
      stream.write(new Float32Array(100));
      await fakes.gone('pacat');
    });

    it('is lost when a stopped program takes nothing, before that fills the memory', async () => {
      fakes.add('pacat', `${playing()}kill -STOP $$; exec sleep 60`);
      const opened = play();
      const { stream } = await opened.first(isOpened);
      const beforeBytes = process.memoryUsage().arrayBuffers;
      for (let i = 0; i < 1000; i += 1) {
        stream.write(new Float32Array(480));
        if (i % 10 === 0) await sleep(1);
      }
      const error = await opened.failure();
      expect(error.code).toBe('DEVICE_LOST');
      expect(error.message).toContain('has not played 2000 ms');
      await fakes.gone('pacat');
      expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(20_000_000);
    });

    it('refuses what PipeWire connects instead of a device that is not there', async () => {
      fakes.add('pacat', `${playing('other')}exec cat >/dev/null`);
      const error = await play().failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_NOT_FOUND', true]);
      expect(error.message).toContain('connected other instead');
    });

    it('waits for a sink that sleeps, and no longer than it is allowed to', async () => {
      const asleep = playing().replace('suspended: no', 'suspended: yes');
      fakes.add('pacat', `${asleep}sleep 0.1; say 'Stream device resumed.'; exec cat >/dev/null`);
      await play().first(isOpened);
      watched?.close();

      fakes.add('pacat', `${asleep}say 'Something is odd'; exec cat >/dev/null`);
      const error = await play({ openTimeoutMs: 300 }).failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', true]);
      expect(error.message).toContain('did not begin within 300 ms (pacat runs: "Something is odd")');
      await fakes.gone('pacat');
    });

    it('leaves nothing running when it is closed at any moment', async () => {
      fakes.add('pacat', `${playing()}trap '' TERM; cat >/dev/null; exec sleep 60`);
      for (const waitMs of [0, 1, 10, 20, 30, 50]) {
        const opened = play();
        await sleep(waitMs);
        opened.close();
        const { length } = opened.reports;
        await sleep(30);
        expect(opened.reports.length).toBe(length);
      }
      await fakes.gone('pactl');
      await fakes.gone('pacat');
    });
  });

  describe('a device that cannot be opened', () => {
    it.each([
      ['is not there', { device: 'nosuch' }, 'DEVICE_NOT_FOUND', 'take "speaker" or "usb"'],
      [
        'has gone meanwhile',
        { device: 'usb' },
        'DEVICE_NOT_FOUND',
        '(pacat exited with code 1: "Stream error: No such entity")',
      ],
    ])('%s', async (_, options, code, says) => {
      fakes.add('pacat', "echo 'Stream error: No such entity' >&2; exit 1");
      const error = await play(options).failure();
      expect([error.code, error.retryable]).toEqual([code, true]);
      expect(error.message).toContain(says);
    });

    it('has no server', async () => {
      fakes.add(
        'pactl',
        "echo 'Connection failure: Connection refused' >&2; echo 'pa_context_connect() failed: Connection refused' >&2; exit 1",
      );
      const error = await record().failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', true]);
      expect(error.message).toContain('no sound server answers');
    });

    it('has a pactl that hangs, which is killed', async () => {
      fakes.add('pactl', "trap '' TERM; while :; do sleep 1; done");
      const error = await record().failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', true]);
      expect(error.message).toContain('(pactl runs)');
      await fakes.gone('pactl');
    });

    it('has a pactl that is too old for JSON', async () => {
      fakes.add('pactl', "echo 'Sink #0'");
      const error = await record().failure();
      expect(error.message).toContain('needs pulseaudio-utils 16');
    });

    it.each(["printf ''", 'printf \'[{"index":0,\''])(
      'has a server that goes away in the middle of its answer, which may be back: %s',
      async (body) => {
        fakes.add('pactl', body);
        const error = await record().failure();
        expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', true]);
        expect(error.message).toContain('did not give the whole list');
      },
    );

    it('has no program', async () => {
      const error = await record({ env: { PATH: '/nowhere' } }).failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', false]);
      expect(error.message).toContain('apt install pulseaudio-utils');
    });

    it('is no default', async () => {
      addFakePactl(fakes, {});
      expect((await record({ device: 'default' }).failure()).message).toMatch(
        /^\[DEVICE_NOT_FOUND\] .* no default; .* plug one in$/,
      );
      addFakePactl(fakes, { sinks: [{ name: 'auto_null' }], defaultSink: 'auto_null' });
      expect((await play({ device: 'default' }).failure()).message).toContain('only a dummy');
    });
  });

  describe('recording', () => {
    it('delivers whole samples, cut anywhere, at the rate of the device', async () => {
      fakes.add(
        'parec',
        `${recording()}printf '\\000\\000\\000' ; sleep 0.03; printf '\\077\\000\\000\\200'; sleep 0.03; printf '\\276\\000\\000'; exec sleep 60`,
      );
      const opened = record();
      await opened.until(() => opened.reports.filter(isBlock).length === 2);
      expect(opened.reports[0]).toEqual({ type: 'opened', format: { sampleRateHz: 16_000, channels: 1 } });
      expect(opened.reports.filter(isBlock).flatMap(({ samples }) => Array.from(samples))).toEqual([
        0.5, -0.25,
      ]);
      expect(fakes.argsOf('parec')).toEqual(
        expect.arrayContaining([
          '--record',
          '--device=mic',
          '--rate=16000',
          '--channels=1',
          '--channel-map=mono',
        ]),
      );
      const nowMs = scheduler.now();
      for (const { atMs } of opened.reports.filter(isBlock)) expect(atMs).toBeLessThanOrEqual(nowMs);
    });

    it('takes all channels of an array as they are, or their mix', async () => {
      fakes.add('parec', `${recording('array')}head -c 4800 /dev/zero; exec sleep 60`);
      const own = record({ device: 'array', channels: 'own' });
      const block = await own.first(isBlock);
      expect(own.reports[0]).toEqual({ type: 'opened', format: { sampleRateHz: 16_000, channels: 6 } });
      expect(block.samples.length % 6).toBe(0);
      expect(fakes.argsOf('parec')).toEqual(
        expect.arrayContaining(['--channels=6', '--channel-map=aux0,aux1,aux2,aux3,aux4,aux5']),
      );
    });

    it('never takes a loudspeaker’s monitor for the default microphone', async () => {
      addFakePactl(fakes, {
        sources: [{ name: 'speaker.monitor', isMonitor: true }],
        defaultSource: 'speaker.monitor',
      });
      fakes.add('parec', `${recording('speaker.monitor')}exec cat /dev/zero`);
      const error = await record({ device: 'default' }).failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_NOT_FOUND', true]);
      expect(error.message).toContain('"speaker.monitor" is what a loudspeaker plays');
      expect(fakes.argsOf('parec')).toEqual([]);
      watched?.close();

      await record({ device: 'speaker.monitor' }).first(isBlock);
    });

    it('is lost when the server moves it to a monitor', async () => {
      fakes.add(
        'parec',
        `${recording()}head -c 1920 /dev/zero; sleep 0.05; say 'Stream moved to device speaker.monitor (0, not suspended).'; exec cat /dev/zero`,
      );
      const opened = record({ device: 'default' });
      const error = await opened.failure();
      expect(error.code).toBe('DEVICE_LOST');
      expect(error.message).toContain('moved the stream to speaker.monitor');
      await fakes.gone('parec');
    });

    it('drops what comes before it is known from where', async () => {
      fakes.add(
        'parec',
        `printf '\\000\\000\\200\\077'; sleep 0.1${recording()}printf '\\000\\000\\000\\077'; exec sleep 60`,
      );
      const block = await record().first(isBlock);
      expect(Array.from(block.samples)).toEqual([0.5]);
    });

    it('gives up a program that never begins to deliver', async () => {
      fakes.add('parec', `${recording()}exec sleep 60`);
      const error = await record({ openTimeoutMs: 300 }).failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', true]);
      expect(error.message).toContain('did not begin within 300 ms (parec runs)');
      await fakes.gone('parec');
    });

    it('keeps nothing of a flood', async () => {
      fakes.add('parec', `${recording()}exec cat /dev/zero`);
      const driver = pulseCaptureDriver({
        device: 'mic',
        channels: 'mono',
        latencyMs: 10,
        openTimeoutMs: 10_000,
        env: fakes.env,
        scheduler,
      });
      let frames = 0;
      const subscription = driver.open().subscribe((report) => {
        if (report.type === 'block') frames += report.samples.length;
      });
      const beforeBytes = process.memoryUsage().arrayBuffers;
      for (let i = 0; i < 500 && frames < 20_000_000; i += 1) await sleep(10);
      subscription.unsubscribe();
      const told = frames;
      expect(told).toBeGreaterThan(1_000_000);
      await fakes.gone('parec');
      expect(frames).toBe(told);
      expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(300_000_000);
    });
  });
});
