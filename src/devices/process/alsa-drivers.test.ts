import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakePrograms, type FakePrograms } from '../../../test/support/fake-programs.js';
import { type WatchedDriver, watchDriver } from '../../../test/support/watch-driver.js';
import type { CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import type { PlayoutDriverReport } from '../../core/hardware/playout-driver.js';
import { monotonicScheduler } from '../clock/index.js';
import { alsaCaptureDriver } from './alsa-capture.js';
import { alsaPlayoutDriver } from './alsa-playout.js';
import type { AlsaDeviceOptions } from './alsa-session.js';

const scheduler = monotonicScheduler();

interface Card {
  readonly formats?: string;
  readonly channels?: string;
  readonly rates?: string;
  readonly setRate?: number;
}

/** A card that can do this; what it says is what the real programs say. */
const card = ({
  formats = 'U8 S16_LE FLOAT_LE',
  channels = '[1 2]',
  rates = '[8000 48000]',
  setRate,
}: Card = {}): string => `
arg() { printf '%s\\n' "$@" | sed -n "s/^--$name=//p"; }
name=format; format=$(arg "$@"); name=channels; channels=$(arg "$@"); name=rate; rate=${setRate ?? '$(arg "$@")'}
echo "$format/$channels" >> "$0.tried"
cat >&2 <<END
Playing raw data 'stdin' : Float 32 bit Little Endian, Rate 48000 Hz, Mono
HW Params of device "fake":
--------------------
FORMAT:  ${formats}
CHANNELS: ${channels}
RATE: ${rates}
--------------------
END
case " ${formats} " in *" $format "*) ;; *) echo 'aplay: set_params:1352: Sample format non available' >&2; exit 1;; esac
case "${channels}" in *"[1 "*|"$channels"|*" $channels]") ;; *) echo 'aplay: set_params:1358: Channels count non available' >&2; exit 1;; esac
cat >&2 <<END
Hardware PCM card 1 'USB Audio' device 0 subdevice 0
Its setup is:
  stream       : PLAYBACK
  format       : $format
  channels     : $channels
  rate         : $rate
  exact rate   : $rate ($rate/1)
  buffer_size  : 1920
  period_size  : 480
  boundary     : 8646911284551352320
END
`;
const take = (samples: number): string => `echo 'Max peak (${samples} samples): 0x00000000 #   0%' >&2`;

const isOpened = (report: PlayoutDriverReport): report is Extract<PlayoutDriverReport, { type: 'opened' }> =>
  report.type === 'opened';
const isBlock = (report: CaptureDriverReport): report is Extract<CaptureDriverReport, { type: 'block' }> =>
  report.type === 'block';

describe('the drivers over aplay and arecord', () => {
  let fakes: FakePrograms;
  let watched: WatchedDriver<PlayoutDriverReport> | WatchedDriver<CaptureDriverReport> | undefined;
  beforeEach(() => {
    fakes = createFakePrograms();
  });
  afterEach(() => {
    watched?.close();
    fakes.dispose();
  });

  const options = (given: Partial<AlsaDeviceOptions>): AlsaDeviceOptions => ({
    device: 'plughw:CARD=Device,DEV=0',
    format: { sampleRateHz: 48_000, channels: 1 },
    periodMs: 10,
    bufferMs: 40,
    hasOwnChannels: false,
    openTimeoutMs: 10_000,
    env: fakes.env,
    scheduler,
    ...given,
  });
  function play(given: Partial<AlsaDeviceOptions> = {}) {
    const opened = watchDriver(alsaPlayoutDriver(options(given)).open());
    watched = opened;
    return opened;
  }
  function record(given: Partial<AlsaDeviceOptions> = {}) {
    const opened = watchDriver(alsaCaptureDriver(options(given)).open());
    watched = opened;
    return opened;
  }
  const tried = (program: string): string[] =>
    readFileSync(join(fakes.folder, `${program}.tried`), 'utf8')
      .trim()
      .split('\n');

  describe('playing', () => {
    it('opens again right after it was closed, although its own program has not let go of the device yet', async () => {
      // As a card does that is still being released: twice busy after the first program was killed.
      fakes.add(
        'aplay',
        `n=$(cat "$0.starts" 2>/dev/null || echo 0); echo $((n + 1)) > "$0.starts"
if [ $n = 1 ] || [ $n = 2 ]; then echo 'aplay: main:831: audio open error: Device or resource busy' >&2; exit 1; fi
${card()}exec cat >/dev/null`,
      );
      const driver = alsaPlayoutDriver(options({}));
      const first = watchDriver(driver.open());
      await first.first(isOpened);
      first.close();
      const again = watchDriver(driver.open());
      watched = again;
      expect((await again.first(isOpened)).stream.format.sampleRateHz).toBe(48_000);
    });

    it('is busy when somebody else keeps the device, also right after it was closed', async () => {
      fakes.add(
        'aplay',
        `if [ -e "$0.taken" ]; then echo 'aplay: main:831: audio open error: Device or resource busy' >&2; exit 1; fi
${card()}exec cat >/dev/null`,
      );
      const driver = alsaPlayoutDriver(options({}));
      const first = watchDriver(driver.open());
      await first.first(isOpened);
      first.close();
      writeFileSync(join(fakes.folder, 'aplay.taken'), '');
      const again = watchDriver(driver.open());
      watched = again;
      expect(await again.failure()).toMatchObject({ code: 'DEVICE_BUSY', retryable: true });
    });

    it('opens any name with periods and a buffer of its own, and in floating point where that opens', async () => {
      fakes.add('aplay', `${card()}exec cat >/dev/null`);
      const { stream } = await play().first(isOpened);
      expect(stream.format).toEqual({ sampleRateHz: 48_000, channels: 1 });
      // The buffer of 40 ms, a period in the hands of aplay, and one that waits.
      expect(stream.leadMs).toBe(60);
      expect(fakes.argsOf('aplay')).toEqual([
        '--device=plughw:CARD=Device,DEV=0',
        '--file-type=raw',
        '--format=FLOAT_LE',
        '--channels=1',
        '--rate=48000',
        '--period-time=10000',
        '--buffer-time=40000',
        '--disable-resample',
        '--dump-hw-params',
        '-vvv',
      ]);
    });

    it('takes what bare hardware can do: integers, two channels, its own rate', async () => {
      fakes.add(
        'aplay',
        `${card({ formats: 'S16_LE S24_3LE', channels: '2', rates: '44100', setRate: 44_100 })}head -c 8 >"$0.heard"; ${take(4)}; exec cat >/dev/null`,
      );
      const opened = play();
      const { stream } = await opened.first(isOpened);
      expect(stream.format).toEqual({ sampleRateHz: 44_100, channels: 2 });
      stream.write(Float32Array.of(0.5, 0.5, -0.25, -0.25));
      await opened.until(() => opened.reports.some(({ type }) => type === 'position'));
      expect(readFileSync(join(fakes.folder, 'aplay.heard')).toString('hex')).toBe('0040004000e000e0');
      expect(tried('aplay')).toEqual(['FLOAT_LE/1', 'S16_LE/2']);
    });

    it('begins with what the device took the last time', async () => {
      fakes.add('aplay', `${card({ formats: 'S32_LE S16_LE' })}exec cat >/dev/null`);
      const driver = alsaPlayoutDriver(options({}));
      for (let i = 0; i < 3; i += 1) {
        const opened = watchDriver(driver.open());
        watched = opened;
        await opened.first(isOpened);
        opened.close();
      }
      expect(tried('aplay')).toEqual(['FLOAT_LE/1', 'S32_LE/1', 'S32_LE/1', 'S32_LE/1']);
    });

    it('has played what the device took, less what it holds', async () => {
      const periods = Array.from({ length: 6 }, () => `head -c 1920 >/dev/null; ${take(480)}`).join('\n');
      fakes.add('aplay', `${card()}${periods}\nexec cat >/dev/null`);
      const opened = play();
      const { stream } = await opened.first(isOpened);
      stream.write(new Float32Array(6 * 480));
      const played = (): number[] =>
        opened.reports.flatMap((report) => (report.type === 'position' ? [report.playedFrames] : []));
      await opened.until(() => played().length === 6);
      // 1920 sample frames are in its buffer, and 144 beyond.
      expect(played()).toEqual([0, 0, 0, 0, 336, 816]);
    });

    it('does not count the silence with which aplay fills up the last period', async () => {
      fakes.add(
        'aplay',
        `${card()}head -c 400 >/dev/null; ${take(480)}; ${take(480)}; ${take(4800)}; exec cat >/dev/null`,
      );
      const opened = play();
      const { stream } = await opened.first(isOpened);
      stream.write(new Float32Array(2096));
      await opened.until(() => opened.reports.length === 4);
      expect(opened.reports.at(-1)).toMatchObject({ type: 'position', playedFrames: 32 });
    });

    it('tells of an underrun and goes on', async () => {
      fakes.add(
        'aplay',
        `${card()}echo 'underrun!!! (at least 12.345 ms long)' >&2; echo 'Status:' >&2; ${take(480)}; exec cat >/dev/null`,
      );
      const opened = play();
      await opened.until(() => opened.reports.length === 3);
      expect(opened.reports.map(({ type }) => type)).toEqual(['opened', 'xrun', 'position']);
      expect(opened.reports[1]).toMatchObject({ detail: 'underrun of at least 12 ms' });
    });

    it.each([
      [
        'unplugged',
        "echo 'aplay: pcm_write:2127: write error: No such device' >&2; exit 1",
        'write error: No such device',
      ],
      [
        'without its server',
        "echo 'aplay: pcm_write:2127: write error: Input/output error' >&2; exit 1",
        'Input/output error',
      ],
    ])('is lost when it is %s', async (_, happens, says) => {
      fakes.add('aplay', `${card()}head -c 400 >/dev/null; ${happens}`);
      const opened = play();
      const { stream } = await opened.first(isOpened);
      stream.write(new Float32Array(100));
      const error = await opened.failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_LOST', true]);
      expect(error.message).toContain('is gone: aplay exited with code 1: "write error: ');
      expect(error.message).toContain(says);
    });

    it('is lost when a stopped program takes nothing', async () => {
      fakes.add('aplay', `${card()}kill -STOP $$`);
      const opened = play();
      const { stream } = await opened.first(isOpened);
      for (let i = 0; i < 220; i += 1) stream.write(new Float32Array(480));
      expect((await opened.failure()).message).toContain('has not played 2000 ms');
      await fakes.gone('aplay');
    });
  });

  describe('a device that cannot be opened', () => {
    it.each([
      ['is busy', 'aplay: main:831: audio open error: Device or resource busy', 'DEVICE_BUSY'],
      ['is not there', 'ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM nosuch', 'DEVICE_NOT_FOUND'],
      ['is not allowed', 'aplay: main:831: audio open error: Permission denied', 'DEVICE_PERMISSION_DENIED'],
    ])('%s', async (_, text, code) => {
      fakes.add('aplay', `echo '${text}' >&2; exit 1`);
      expect((await play().failure()).code).toBe(code);
    });

    it('has no layout that can be used, which is seen after trying what is said to be there', async () => {
      fakes.add('aplay', card({ formats: 'IEC958_SUBFRAME_LE' }));
      const error = await play().failure();
      expect(error.code).toBe('DEVICE_FORMAT_UNSUPPORTED');
      expect(error.message).toContain('Sample format non available');
      expect(tried('aplay')).toEqual(['FLOAT_LE/1']);
    });

    it('says nothing about what it can do, and is tried in 16 bits', async () => {
      fakes.add(
        'aplay',
        'echo "$*" >> "$0.tried"; echo "aplay: set_params:1352: Sample format non available" >&2; exit 1',
      );
      expect((await play().failure()).code).toBe('DEVICE_FORMAT_UNSUPPORTED');
      expect(tried('aplay').map((args) => /--format=(\w+)/.exec(args)?.[1])).toEqual(['FLOAT_LE', 'S16_LE']);
    });

    it('never finishes opening', async () => {
      fakes.add('aplay', "trap '' TERM; while :; do sleep 1; done");
      const error = await play({ openTimeoutMs: 200 }).failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', true]);
      await fakes.gone('aplay');
    });

    it('has no program', async () => {
      const error = await record({ env: { PATH: fakes.folder } }).failure();
      expect(error.message).toContain(
        'needs the program arecord, which is not installed; apt install alsa-utils',
      );
    });
  });

  describe('recording', () => {
    it('delivers whole samples in the layout that the device has', async () => {
      fakes.add(
        'arecord',
        `${card({ formats: 'S16_LE', channels: '2', setRate: 16_000 })}sleep 0.05; printf '\\000\\100\\000'; sleep 0.05; printf '\\340'; exec sleep 60`,
      );
      const opened = record({ format: { sampleRateHz: 48_000, channels: 1 } });
      const block = await opened.first(isBlock);
      expect(opened.reports[0]).toEqual({ type: 'opened', format: { sampleRateHz: 16_000, channels: 2 } });
      expect(Array.from(block.samples)).toEqual([0.5, -0.25]);
    });

    it('asks for the channels as they are when one is to be picked', async () => {
      fakes.add(
        'arecord',
        `${card({ channels: '6', setRate: 16_000 })}sleep 0.05; head -c 4800 /dev/zero; exec sleep 60`,
      );
      const opened = record({ hasOwnChannels: true });
      await opened.first(isBlock);
      expect(opened.reports[0]).toEqual({ type: 'opened', format: { sampleRateHz: 16_000, channels: 6 } });
      expect(fakes.argsOf('arecord')).toContain('--disable-channels');
    });

    it('tells of an overrun', async () => {
      fakes.add(
        'arecord',
        `${card()}sleep 0.05; head -c 4800 /dev/zero; sleep 0.05; echo 'overrun!!! (at least 40.100 ms long)' >&2; exec sleep 60`,
      );
      const opened = record();
      await opened.until(() => opened.reports.some(({ type }) => type === 'xrun'));
      expect(opened.reports.at(-1)).toEqual({ type: 'xrun', detail: 'overrun of at least 40 ms' });
    });

    it('gives up a device that is set up and never delivers', async () => {
      fakes.add('arecord', `${card()}exec sleep 60`);
      const error = await record({ openTimeoutMs: 200 }).failure();
      expect(error.message).toContain('did not begin within 200 ms (arecord runs)');
      await fakes.gone('arecord');
    });

    it('is lost with its program, and leaves nothing when it is closed', async () => {
      fakes.add('arecord', `${card()}sleep 0.05; head -c 4800 /dev/zero; kill -9 $$`);
      const error = await record().failure();
      expect(error.message).toContain('is gone: arecord was killed by SIGKILL');

      fakes.add('arecord', `${card()}trap '' TERM PIPE; while :; do head -c 1920 /dev/zero; done`);
      const opened = record();
      await opened.first(isBlock);
      opened.close();
      const { length } = opened.reports;
      await fakes.gone('arecord');
      await sleep(10);
      expect(opened.reports.length).toBe(length);
    });
  });
});
