import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audifyKioskProblem, inEnvironment } from '../../../test/support/audify-kiosk.js';
import { findOnset, toneAmplitude } from '../../../test/virtual-kiosk/find-sound.js';
import { arrayTonesHz } from '../../../test/virtual-kiosk/room.js';
import { createVirtualKiosk, type VirtualKiosk } from '../../../test/virtual-kiosk/virtual-kiosk.js';
import { type AudioFrame, audioFrame } from '../../core/audio/audio-frame.js';
import { isVoiceError } from '../../core/errors.js';
import type { AudioSink } from '../../core/ports/audio-sink.js';
import { monotonicScheduler } from '../clock/index.js';
import { audifyLoudspeaker, audifyMicrophone, listAudifyDevices } from './index.js';

const problem = audifyKioskProblem();
const scheduler = monotonicScheduler();
const format = { sampleRateHz: 48_000, channels: 1 };

/** Names of the devices of the kiosk, as RtAudio lists them. */
const names = { loudspeaker: 'Speaker', microphone: 'KioskMic' };

async function until(what: string, isTrue: () => boolean, limitMs = 20_000): Promise<void> {
  const limit = scheduler.now() + limitMs;
  while (!isTrue()) {
    if (scheduler.now() > limit) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await sleep(3);
  }
}

/** What is played and heard. Units: Hz. */
const hertz = arrayTonesHz;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const tone = (ms: number): AudioFrame =>
  audioFrame(
    format,
    Float32Array.from(
      { length: 48 * ms },
      (_, index) => 0.5 * Math.cos((2 * Math.PI * 997 * index) / 48_000),
    ),
    0,
  );

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

/** What a process holds. */
function holdings(pid: number): {
  readonly files: number;
  readonly threads: number;
  readonly megabytes: number;
} {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: of('Threads'),
    megabytes: of('VmRSS') / 1024,
  };
}

describe.skipIf(problem !== null)(
  `audify on a virtual kiosk${problem === null ? '' : ` (${problem})`}`,
  () => {
    let kiosk: VirtualKiosk;
    let leave: () => void;
    const subscriptions: Subscription[] = [];
    beforeEach(async () => {
      kiosk = await createVirtualKiosk();
      leave = inEnvironment(kiosk.env);
    });
    afterEach(async () => {
      for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
      leave();
      await kiosk.teardown();
    });

    type Api = 'pulse' | 'alsa';
    const options = (api: Api, hosted: boolean) => ({
      scheduler,
      api,
      hosted,
      openTimeoutMs: 10_000,
      ...(hosted && { env: kiosk.env, lingerMs: 300 }),
    });

    /** Open, and keep what comes. */
    function play(loudspeaker: ReturnType<typeof audifyLoudspeaker>) {
      const errors: unknown[] = [];
      let sink: AudioSink | undefined;
      let failedMs = Number.NaN;
      const subscription = loudspeaker.openSink().subscribe({
        next: (opened) => {
          sink = opened;
        },
        error: (error: unknown) => {
          failedMs = scheduler.now();
          errors.push(error);
        },
      });
      subscriptions.push(subscription);
      const opened = () => until('it is open or failed', () => sink !== undefined || errors.length > 0);
      const failed = () => until('it failed', () => errors.length > 0);
      return {
        subscription,
        errors,
        opened,
        failed,
        failedMs: () => failedMs,
        sink: () => {
          if (!sink) throw new Error(`there is no sink: ${String(errors[0])}`);
          return sink;
        },
      };
    }

    function listen(microphone: ReturnType<typeof audifyMicrophone>) {
      const frames: AudioFrame[] = [];
      const errors: unknown[] = [];
      let failedMs = Number.NaN;
      const subscription = microphone.capture().subscribe({
        next: (frame) => frames.push(frame),
        error: (error: unknown) => {
          failedMs = scheduler.now();
          errors.push(error);
        },
      });
      subscriptions.push(subscription);
      return {
        frames,
        errors,
        subscription,
        heard: (count: number) =>
          until(`${count} frames came`, () => frames.length >= count || errors.length > 0),
        failed: () => until('it failed', () => errors.length > 0),
        failedMs: () => failedMs,
      };
    }

    /** Which tones a microphone hears for a while; then it is closed. */
    async function tonesHeard({ heard, errors, frames, subscription }: ReturnType<typeof listen>) {
      await heard(80);
      expect(errors).toEqual([]);
      const samples = Float32Array.from(frames.slice(40, 80).flatMap((frame) => [...frame.samples]));
      subscription.unsubscribe();
      const amplitudes = hertz.map((frequency) => toneAmplitude(samples, 48_000, frequency));
      const least = Math.max(0.001, 0.3 * Math.max(...amplitudes));
      return hertz.filter((_, index) => (amplitudes[index] ?? 0) > least);
    }

    /** Open it again and again, as a pipeline does, until it works. */
    async function playAgain(loudspeaker: ReturnType<typeof audifyLoudspeaker>) {
      for (let attempt = 0; attempt < 20; attempt += 1) {
        const playing = play(loudspeaker);
        await playing.opened();
        if (playing.errors.length === 0) return playing;
        expect(playing.errors[0]).toMatchObject({ retryable: true });
        await sleep(100);
      }
      throw new Error('it did not open again');
    }

    const ways = (['pulse', 'alsa'] as const).flatMap((api) => [
      { api, hosted: true, how: 'hosted' },
      { api, hosted: false, how: 'in process' },
    ]);

    it.each(ways)(
      'is lost within half a second when the server is killed, holds no more memory, and opens when it is back: $api, $how',
      async ({ api, hosted }) => {
        const loudspeaker = audifyLoudspeaker(options(api, hosted));
        const microphone = audifyMicrophone(options(api, hosted));
        const lossesMs: number[] = [];
        const grownMb: number[] = [];
        for (let attempt = 0; attempt < 3; attempt += 1) {
          const playing = await playAgain(loudspeaker);
          const listening = listen(microphone);
          await listening.heard(20);
          playing.sink().write(tone(5000));
          await sleep(200);
          const pids = [process.pid, ...hosts()];
          const before = new Map(pids.map((pid) => [pid, holdings(pid).megabytes]));

          const killedMs = scheduler.now();
          await kiosk.killServer();
          await Promise.all([playing.failed(), listening.failed()]);
          await sleep(300);
          for (const [pid, megabytes] of before) {
            if (pid === process.pid || hosts().includes(pid))
              grownMb.push(holdings(pid).megabytes - megabytes);
          }
          lossesMs.push(playing.failedMs() - killedMs, listening.failedMs() - killedMs);
          for (const error of [...playing.errors, ...listening.errors]) {
            expect(error).toMatchObject({ code: 'DEVICE_LOST', retryable: true });
          }
          await kiosk.restartServer();
        }
        const playing = await playAgain(loudspeaker);
        playing.sink().write(tone(100));
        await until('it is heard', () => playing.sink().position().queuedMs === 0);

        expect(median(lossesMs)).toBeLessThan(500);
        // A flood that nobody stops is 400 MB a second.
        expect(Math.max(...grownMb)).toBeLessThan(100);
      },
    );

    it.each([true])(
      'holds no more files, threads and memory after two hundred openings (hosted: %s)',
      async (hosted) => {
        const on = { ...options('pulse', hosted), ...(hosted && { lingerMs: 60_000 }) };
        const microphone = audifyMicrophone(on);
        const held = [];
        for (let opening = 1; opening <= 200; opening += 1) {
          const listening = listen(microphone);
          await listening.heard(1);
          expect(listening.errors).toEqual([]);
          listening.subscription.unsubscribe();
          if (opening !== 50 && opening !== 200) continue;
          await sleep(500);
          held.push(holdings((hosted ? hosts()[0] : process.pid) ?? 0));
        }
        const [early, late] = held;
        if (!early || !late) throw new Error('nothing was measured');

        expect(hosts().length).toBe(hosted ? 1 : 0);
        // Of a hundred and fifty openings, each of which takes four files and two threads.
        expect(late.files - early.files).toBeLessThan(20);
        expect(late.threads - early.threads).toBeLessThan(10);
        expect(late.megabytes - early.megabytes).toBeLessThan(30);
        for (const pid of hosts()) process.kill(pid, 'SIGKILL');
      },
      300_000,
    );

    it.each([true, false])(
      'notices that the server moved it elsewhere, and goes back by name (hosted: %s)',
      async (hosted) => {
        const loudspeaker = audifyLoudspeaker({ ...options('pulse', hosted), device: names.loudspeaker });
        const microphone = audifyMicrophone({ ...options('pulse', hosted), device: names.microphone });
        const playing = play(loudspeaker);
        const listening = listen(microphone);
        await Promise.all([playing.opened(), listening.heard(10)]);

        await kiosk.unloadLoudspeaker();
        await kiosk.unloadMicrophone();
        await Promise.all([playing.failed(), listening.failed()]);

        for (const error of [...playing.errors, ...listening.errors]) {
          expect(error).toMatchObject({ code: 'DEVICE_LOST', retryable: true });
        }
        const inVain = play(loudspeaker);
        await inVain.failed();
        expect(inVain.errors).toEqual([
          expect.objectContaining({ code: 'DEVICE_NOT_FOUND', retryable: true }),
        ]);
        await kiosk.reloadLoudspeaker();
        await kiosk.reloadMicrophone();
        const again = await playAgain(loudspeaker);
        const recorder = await kiosk.recordLoudspeaker();
        again.sink().write(tone(300));
        await sleep(800);
        expect(findOnset(await recorder.stop())).toBeDefined();
        const listeningAgain = listen(microphone);
        await listeningAgain.heard(10);
        expect(listeningAgain.errors).toEqual([]);
      },
    );

    it.each(ways.filter(({ hosted }) => hosted))(
      'gets over a suspended loudspeaker, which can be neither played nor closed: $api, $how',
      async ({ api }) => {
        const loudspeaker = audifyLoudspeaker(options(api, true));
        const playing = play(loudspeaker);
        await playing.opened();
        playing.sink().write(tone(3000));
        await sleep(300);

        await kiosk.suspendLoudspeaker(true);
        await playing.failed();
        expect(playing.errors).toEqual([expect.objectContaining({ code: 'DEVICE_LOST', retryable: true })]);
        await kiosk.suspendLoudspeaker(false);

        const again = await playAgain(loudspeaker);
        again.sink().write(tone(100));
        await until('it is heard', () => again.sink().position().queuedMs === 0);
      },
    );

    it('does not stop this process when a suspended loudspeaker is closed in it', async () => {
      const loudspeaker = audifyLoudspeaker(options('pulse', false));
      const playing = play(loudspeaker);
      await playing.opened();
      playing.sink().write(tone(3000));
      await sleep(300);

      await kiosk.suspendLoudspeaker(true);
      await playing.failed();
      await kiosk.suspendLoudspeaker(false);
      const again = await playAgain(loudspeaker);
      again.sink().write(tone(100));
      await until('it is heard', () => again.sink().position().queuedMs === 0);
    });

    it('plays to both channels, and hears the one that it is told to', async () => {
      const stereo = { sampleRateHz: 48_000, channels: 2 };
      const playing = play(audifyLoudspeaker({ ...options('pulse', true), format: stereo }));
      await playing.opened();
      const samples = Float32Array.from(
        { length: 2 * 48_000 * 12 },
        (_, index) =>
          0.1 * Math.sin((2 * Math.PI * (hertz[index % 2] ?? 0) * Math.floor(index / 2)) / 48_000),
      );
      playing.sink().write(audioFrame(stereo, samples, 0));

      const loud: (readonly number[])[] = [];
      for (const channel of [0, 1, 'mix'] as const) {
        const on = { ...options('pulse', true), device: `Monitor of ${names.loudspeaker}`, channel };
        loud.push(await tonesHeard(listen(audifyMicrophone(on))));
      }

      expect(loud).toEqual([[hertz[0]], [hertz[1]], hertz.slice(0, 2)]);
    });

    it('hears all of an array, and refuses one channel of it, which the server would mix up', async () => {
      await kiosk.addMicrophoneArray();
      const on = { ...options('pulse', true), device: 'MicArray' };
      const one = listen(audifyMicrophone({ ...on, channel: 3 }));
      await one.failed();

      expect(one.errors).toEqual([expect.objectContaining({ code: 'DEVICE_FORMAT_UNSUPPORTED' })]);
      expect(await tonesHeard(listen(audifyMicrophone(on)))).toEqual(arrayTonesHz);
    });

    it('takes a refusal for no crash: a device that is not there, in this process and in a child', async () => {
      for (const hosted of [true, false]) {
        const playing = play(audifyLoudspeaker({ ...options('pulse', hosted), device: 'Nobody' }));
        await playing.failed();
        expect(isVoiceError(playing.errors[0]) && playing.errors[0].code).toBe('DEVICE_NOT_FOUND');
      }
    });

    it('lists the devices of the kiosk, those that hear loudspeakers as such', async () => {
      const listings = await listAudifyDevices({ api: 'pulse', env: kiosk.env });

      expect(listings.find((each) => each.isDefault && each.direction === 'playout')).toMatchObject({
        name: names.loudspeaker,
        channels: 2,
        nativeRateHz: 48_000,
        problem: null,
      });
      expect(listings.find((each) => each.isDefault && each.direction === 'capture')).toMatchObject({
        name: names.microphone,
        isMonitor: false,
      });
      expect(listings.filter((each) => each.isMonitor).length).toBeGreaterThanOrEqual(2);
    });
  },
);
