import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchDriver } from '../../../test/support/watch-driver.js';
import { channelOf, toneAmplitude } from '../../../test/virtual-kiosk/find-sound.js';
import { type KioskServer, kioskProblem } from '../../../test/virtual-kiosk/problem.js';
import { arrayTonesHz, kioskDevices } from '../../../test/virtual-kiosk/room.js';
import { createVirtualKiosk, type VirtualKiosk } from '../../../test/virtual-kiosk/virtual-kiosk.js';
import type { CaptureDriver, CaptureDriverReport } from '../../core/hardware/capture-driver.js';
import type { PlayoutDriver, PlayoutDriverReport } from '../../core/hardware/playout-driver.js';
import { alsaCaptureDriver } from './alsa-capture.js';
import { alsaPlayoutDriver } from './alsa-playout.js';
import type { ProcessApi } from './device-errors.js';
import { listProcessDevices, pulseServerAnswers } from './list-process-devices.js';
import { pulseCaptureDriver } from './pulse-capture.js';
import { pulsePlayoutDriver } from './pulse-playout.js';

/** The clock that recordings are timed with. */
const scheduler = {
  ...(await import('../clock/index.js')).monotonicScheduler(),
  now: () => performance.now(),
};

type Opened = Extract<PlayoutDriverReport, { type: 'opened' }>;
type Block = Extract<CaptureDriverReport, { type: 'block' }>;
type Position = Extract<PlayoutDriverReport, { type: 'position' }>;
const isOpened = (report: PlayoutDriverReport): report is Opened => report.type === 'opened';
const isPosition = (report: PlayoutDriverReport): report is Position => report.type === 'position';
const isBlock = (report: CaptureDriverReport): report is Block => report.type === 'block';

const isCaptureOpened = (
  report: CaptureDriverReport,
): report is Extract<CaptureDriverReport, { type: 'opened' }> => report.type === 'opened';

interface Names {
  readonly speaker: string;
  readonly mic: string;
}
const names: Readonly<Record<ProcessApi, Names>> = {
  pulse: { speaker: kioskDevices.loudspeaker, mic: kioskDevices.microphone },
  alsa: { speaker: 'kiosk_speaker', mic: 'kiosk_mic' },
};

/** Whatever is opened in a test is closed after it. */
const closing: (() => void)[] = [];

function speakerOn(kiosk: VirtualKiosk, api: ProcessApi, device = names[api].speaker): PlayoutDriver {
  const common = { device, openTimeoutMs: 10_000, env: kiosk.env, scheduler };
  return api === 'pulse'
    ? pulsePlayoutDriver({ ...common, channels: 1, latencyMs: 20, reserveMs: 20 })
    : alsaPlayoutDriver({
        ...common,
        format: { sampleRateHz: 48_000, channels: 1 },
        periodMs: 10,
        bufferMs: 40,
        hasOwnChannels: false,
      });
}

function micOn(
  kiosk: VirtualKiosk,
  api: ProcessApi,
  device = names[api].mic,
  channels: 'own' | 'mono' = 'mono',
): CaptureDriver {
  const common = { device, openTimeoutMs: 10_000, env: kiosk.env, scheduler };
  return api === 'pulse'
    ? pulseCaptureDriver({ ...common, channels, latencyMs: 10 })
    : alsaCaptureDriver({
        ...common,
        format: { sampleRateHz: 48_000, channels: 1 },
        periodMs: 10,
        bufferMs: 80,
        hasOwnChannels: channels === 'own',
      });
}

/** A number in each sample that survives 32-bit floating point. */
const scale = 2 ** 19;

/** Play numbers, kept ahead as the stream wants it, until it is closed. */
async function playNumbers(driver: PlayoutDriver) {
  const watched = watchDriver(driver.open());
  closing.push(watched.close);
  const { stream } = await watched.first(isOpened);
  const openedMs = scheduler.now();
  let written = 0;
  const feed = (): void => {
    const due = (scheduler.now() - openedMs + stream.leadMs) * 48;
    for (; written < due; written += 240) {
      stream.write(Float32Array.from({ length: 240 }, (_, i) => (written + i + 1) / scale));
    }
  };
  feed();
  const timer = setInterval(feed, 5);
  const close = (): number => {
    clearInterval(timer);
    watched.close();
    return scheduler.now();
  };
  closing.push(close);
  return { watched, stream, openedMs, close };
}

/** The value below which this part of all is. */
const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] as number;

/** Let `trial` have another go while this machine is too busy for real time. */
async function inOneOf(trials: number, trial: () => Promise<void>): Promise<void> {
  for (let left = trials - 1; ; left -= 1) {
    try {
      await trial();
      return;
    } catch (error) {
      for (const close of closing.splice(0)) close();
      if (left === 0) throw error;
    }
  }
}

/** The programs that use this kiosk. */
function programsOf(kiosk: VirtualKiosk): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        const isOurs = /^(pacat|parec|aplay|arecord|pactl)$/.test(name) && environment.includes(kiosk.folder);
        return isOurs ? [`${name} ${pid}`] : [];
      } catch {
        return [];
      }
    });
}

async function untilGone(kiosk: VirtualKiosk): Promise<void> {
  const left = (): string[] => programsOf(kiosk);
  for (let i = 0; i < 500 && left().length > 0; i += 1) await sleep(10);
  expect(left()).toEqual([]);
}

for (const server of ['pulseaudio', 'pipewire'] as const satisfies readonly KioskServer[]) {
  const problem = kioskProblem(server);
  if (problem !== null) {
    describe.skip(`the sound programs on ${server}: ${problem}`, () => it('needs a sound server', () => {}));
    continue;
  }
  describe(`the sound programs on ${server}`, () => {
    let kiosk: VirtualKiosk;
    beforeEach(async () => {
      kiosk = await createVirtualKiosk({ server });
    });
    afterEach(async () => {
      for (const close of closing.splice(0)) close();
      await kiosk.teardown();
    });

    describe.each(['pulse', 'alsa'] as const)('%s', (api) => {
      it('plays without a gap, knows within 10 ms what is audible, and is silent 10 ms after it was closed', async () => {
        const driver = speakerOn(kiosk, api);
        await inOneOf(8, async () => {
          const recorder = await kiosk.recordLoudspeaker();
          closing.push(() => void recorder.stop());
          const playing = await playNumbers(driver);
          await sleep(1500);
          const closedMs = playing.close();
          await sleep(150);
          const recording = await recorder.stop();
          const { reports } = playing.watched;
          const left = channelOf(recording, 0);
          const numberAt = (frame: number): number => Math.round((left[frame] ?? 0) * scale);

          const errorsMs = reports.filter(isPosition).flatMap(({ atMs, playedFrames }) => {
            const audible = numberAt(Math.round(recording.frameAt(atMs)));
            return atMs > playing.openedMs + 400 && audible > 0 ? [(playedFrames - audible) / 48] : [];
          });
          expect(errorsMs.length).toBeGreaterThan(10);
          expect(Math.min(...errorsMs)).toBeGreaterThan(-10);
          expect(Math.max(...errorsMs)).toBeLessThan(6);

          const end = Math.round(recording.frameAt(closedMs));
          let last = end + 4800;
          while (last > end - 4800 && numberAt(last) === 0) last -= 1;
          expect(recording.msAt(last) - closedMs).toBeLessThan(10);

          const first = Math.round(recording.frameAt(playing.openedMs + 400));
          const numbers = Array.from({ length: end - 480 - first }, (_, i) => numberAt(first + i));
          expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] as number) + i));
          expect(reports.filter(({ type }) => type === 'xrun')).toEqual([]);
        });
        await untilGone(kiosk);
      });

      it('records what is in the room, a block a period', async () => {
        await inOneOf(3, async () => {
          const watched = watchDriver(micOn(kiosk, api).open());
          closing.push(watched.close);
          const { format } = await watched.first(isCaptureOpened);
          const rateHz = format.sampleRateHz;
          const tone = Float32Array.from(
            { length: 24_000 },
            (_, i) => 0.5 * Math.sin((2 * Math.PI * 500 * i) / 48_000),
          );
          const person = await kiosk.say({ samples: tone, rateHz: 48_000 });
          await person.ended;
          await sleep(200);
          watched.close();
          const blocks = watched.reports.filter(isBlock);
          const samples = blocks.flatMap(({ samples }) => Array.from(samples));
          const loud = samples.findIndex((sample) => Math.abs(sample) > 0.1);
          expect(
            toneAmplitude(Float32Array.from(samples), rateHz, 500, loud + rateHz / 100, loud + 0.4 * rateHz),
          ).toBeCloseTo(0.5, 1);
          const steps = blocks.slice(1).map(({ atMs }, i) => atMs - (blocks[i] as Block).atMs);
          expect(quantile(steps, 0.5)).toBeLessThan(15);
          expect(quantile(steps, 0.95)).toBeLessThan(40);
        });
      });

      it('is lost on both sides within half a second when the server dies, saying so, and opens again when it is back', async () => {
        const lossesMs: number[] = [];
        for (let i = 0; i < 3; i += 1) {
          const mic = watchDriver(micOn(kiosk, api).open());
          const playing = await playNumbers(speakerOn(kiosk, api));
          await mic.first(isBlock);
          await playing.watched.until(() =>
            playing.watched.reports.filter(isPosition).some((p) => p.playedFrames > 0),
          );
          const killedMs = scheduler.now();
          await kiosk.killServer();
          const errors = await Promise.all([mic.failure(), playing.watched.failure()]);
          lossesMs.push(scheduler.now() - killedMs);
          for (const error of errors) {
            expect([error.code, error.retryable]).toEqual(['DEVICE_LOST', true]);
            expect(error.message).toMatch(/is gone: \w+ exited with code 1: ".+"; it can be opened again/);
          }
          const gone = await watchDriver(speakerOn(kiosk, api).open()).failure();
          expect(gone.retryable).toBe(true);
          expect(['DEVICE_BACKEND', 'DEVICE_NOT_FOUND']).toContain(gone.code);
          await kiosk.restartServer();
        }
        expect(quantile(lossesMs, 0.5)).toBeLessThan(500);
        const again = await playNumbers(speakerOn(kiosk, api));
        await again.watched.first(isPosition);
      });

      it('leaves nothing behind, however often it is opened and closed', async () => {
        const files = (): number => readdirSync('/proc/self/fd').length;
        const [speaker, mic] = [speakerOn(kiosk, api), micOn(kiosk, api)];
        const cycle = async (): Promise<void> => {
          const watched = [watchDriver(speaker.open()), watchDriver(mic.open())] as const;
          await watched[0].first(isOpened);
          await watched[1].first(isBlock);
          for (const one of watched) one.close();
        };
        for (let i = 0; i < 3; i += 1) await cycle();
        await untilGone(kiosk);
        const before = files();
        for (let i = 0; i < 40; i += 1) await cycle();
        await untilGone(kiosk);
        expect(files()).toBeLessThanOrEqual(before + 2);
      });

      it('refuses a name that nobody has', async () => {
        const [speaker, mic] = await Promise.all([
          watchDriver(speakerOn(kiosk, api, 'nosuch').open()).failure(),
          watchDriver(micOn(kiosk, api, 'nosuch').open()).failure(),
        ]);
        expect([speaker.code, mic.code]).toEqual(['DEVICE_NOT_FOUND', 'DEVICE_NOT_FOUND']);
        expect(speaker.message).toContain('the loudspeaker "nosuch"');
      });

      it('ends with this process, however that ends', async () => {
        const script = `
          import { ${api}PlayoutDriver as speaker } from ${JSON.stringify(fileURLToPath(new URL(`./${api}-playout.ts`, import.meta.url)))};
          import { ${api}CaptureDriver as mic } from ${JSON.stringify(fileURLToPath(new URL(`./${api}-capture.ts`, import.meta.url)))};
          import { asyncScheduler as scheduler } from 'rxjs';
          const common = { openTimeoutMs: 10000, env: {}, scheduler, latencyMs: 20, reserveMs: 20, periodMs: 10, bufferMs: 40,
            format: { sampleRateHz: 48000, channels: 1 } };
          let open = 0;
          const opened = () => { open += 1; if (open === 2) console.log('open'); };
          speaker({ ...common, device: ${JSON.stringify(names[api].speaker)}, channels: 1 }).open().subscribe((report) => {
            if (report.type !== 'opened') return;
            opened();
            setInterval(() => report.stream.write(new Float32Array(480)), 10);
          });
          mic({ ...common, device: ${JSON.stringify(names[api].mic)}, channels: 'mono' }).open().subscribe((report) => {
            if (report.type === 'opened') opened();
          });`;
        const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
          env: { ...process.env, ...kiosk.env },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        closing.push(() => void child.kill('SIGKILL'));
        await new Promise<void>((resolve, reject) => {
          child.stdout.once('data', () => resolve());
          child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
        });
        expect(programsOf(kiosk).length).toBeGreaterThanOrEqual(2);
        child.kill('SIGKILL');
        await untilGone(kiosk);
      });
    });

    it('takes every channel of an array as it is', async () => {
      await kiosk.addMicrophoneArray();
      const watched = watchDriver(micOn(kiosk, 'pulse', kioskDevices.array, 'own').open());
      closing.push(watched.close);
      const count = (): number =>
        watched.reports.filter(isBlock).reduce((sum, { samples }) => sum + samples.length, 0);
      await watched.until(() => count() > 6 * 96_000);
      watched.close();
      expect(watched.reports[0]).toEqual({ type: 'opened', format: { sampleRateHz: 48_000, channels: 6 } });
      const samples = watched.reports.filter(isBlock).flatMap(({ samples }) => Array.from(samples));
      for (const [channel, toneHz] of arrayTonesHz.entries()) {
        const one = Float32Array.from(samples.filter((_, i) => i % 6 === channel)).slice(-48_000);
        const amplitudes = arrayTonesHz.map((hz) => toneAmplitude(one, 48_000, hz));
        expect(amplitudes.indexOf(Math.max(...amplitudes))).toBe(channel);
        expect(toneAmplitude(one, 48_000, toneHz)).toBeCloseTo(0.25, 1);
      }
    });

    it('is lost when its device is unplugged and the server moves it to another one', async () => {
      await kiosk.addSecondLoudspeaker();
      for (const device of ['default', kioskDevices.loudspeaker]) {
        const playing = await playNumbers(speakerOn(kiosk, 'pulse', device));
        await playing.watched.first(isPosition);
        await kiosk.unloadLoudspeaker();
        const error = await playing.watched.failure();
        expect([error.code, error.retryable]).toEqual(['DEVICE_LOST', true]);
        expect(error.message).toMatch(/moved the stream to \w+/);
        await kiosk.reloadLoudspeaker();
      }
      for (const device of ['default', kioskDevices.microphone]) {
        const mic = watchDriver(micOn(kiosk, 'pulse', device).open());
        await mic.first(isBlock);
        await kiosk.unloadMicrophone();
        const error = await mic.failure();
        expect([error.code, error.retryable]).toEqual(['DEVICE_LOST', true]);
        expect(error.message).toMatch(/is gone/);
        await kiosk.reloadMicrophone();
      }
    });

    it('opens the default anew when another one has become it', async () => {
      const other = await kiosk.addSecondLoudspeaker();
      const driver = speakerOn(kiosk, 'pulse', 'default');
      const first = await playNumbers(driver);
      await first.watched.first(isPosition);
      await kiosk.moveStreams('playout', other);
      expect((await first.watched.failure()).message).toContain(`moved the stream to ${other}`);
      await kiosk.pactl('set-default-sink', other);
      const second = await playNumbers(driver);
      await second.watched.first(isPosition);
      const streams = await kiosk.pactl('-f', 'json', 'list', 'sink-inputs');
      const sinks = JSON.parse(await kiosk.pactl('-f', 'json', 'list', 'sinks')) as {
        index: number;
        name: string;
      }[];
      const ours = (JSON.parse(streams) as { sink: number; properties: Record<string, string> }[]).find(
        ({ properties }) => properties['application.name'] === 'earshot',
      );
      expect(sinks.find(({ index }) => index === ours?.sink)?.name).toBe(other);
    });

    it('never listens to a loudspeaker instead of a room', async () => {
      await kiosk.pactl('set-default-source', kioskDevices.monitor);
      const error = await watchDriver(micOn(kiosk, 'pulse', 'default').open()).failure();
      expect([error.code, error.retryable]).toEqual(['DEVICE_NOT_FOUND', true]);
      expect(error.message).toContain('is what a loudspeaker plays');
      expect(
        (await listProcessDevices({ api: 'pulse', env: kiosk.env })).filter(({ isMonitor }) => isMonitor),
      ).not.toEqual([]);
    });

    it('knows whether the server answers', async () => {
      const answers = (): Promise<boolean> => pulseServerAnswers({ env: kiosk.env });
      expect(await answers()).toBe(true);
      kiosk.freezeServer(true);
      expect(await answers()).toBe(false);
      kiosk.freezeServer(false);
      await kiosk.killServer();
      expect(await answers()).toBe(false);
    });

    if (server === 'pulseaudio') {
      it('is lost when its device is suspended', async () => {
        const playing = await playNumbers(speakerOn(kiosk, 'pulse'));
        const mic = watchDriver(micOn(kiosk, 'pulse').open());
        await playing.watched.first(isPosition);
        await mic.first(isBlock);
        await kiosk.suspendLoudspeaker(true);
        const error = await playing.watched.failure();
        expect([error.code, error.retryable]).toEqual(['DEVICE_LOST', true]);
        expect(error.message).toContain('was suspended by the sound server');
        await kiosk.suspendMicrophone(true);
        expect((await mic.failure()).message).toContain('was suspended by the sound server');
      });
    }
  });
}
