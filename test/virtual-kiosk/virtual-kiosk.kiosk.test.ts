import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { writeWav } from '../../src/core/audio/wav.js';
import {
  channelOf,
  findOnset,
  findSounds,
  numberedFrames,
  readNumbers,
  toneAmplitude,
} from './find-sound.js';
import { bestOf, describeOnServers, kioskFor, passes, play, tone } from './kiosk-test.js';
import { measureEcho } from './measure-echo.js';
import { arrayTonesHz } from './room.js';
import { createVirtualKiosk } from './virtual-kiosk.js';

/** A stall of the machine can spoil one measurement, but not every one. */
const attempts = 6;

describeOnServers('a virtual kiosk', (server) => {
  it.each([
    { echoDelayMs: 20, echoDb: -6 },
    { echoDelayMs: 60, echoDb: -15 },
    { echoDelayMs: 250, echoDb: -30 },
  ])('has an echo of $echoDelayMs ms at $echoDb dB when it is asked for that', async (asked) => {
    const echo = await bestOf(
      attempts,
      async () => {
        // A stall while it is built makes its echo later for good.
        const kiosk = await kioskFor({ server, ...asked });
        const measured = await measureEcho(kiosk);
        await kiosk.teardown();
        return measured;
      },
      ({ delayMs, db }) => Math.abs(delayMs - asked.echoDelayMs) < 3 && Math.abs(db - asked.echoDb) < 0.5,
    );

    expect(Math.abs(echo.delayMs - asked.echoDelayMs)).toBeLessThan(3);
    expect(Math.abs(echo.db - asked.echoDb)).toBeLessThan(0.5);
  });

  it('keeps its echo while its devices go and come back', async () => {
    const kiosk = await kioskFor({ server, echoDelayMs: 80 });
    await kiosk.unloadMicrophone();
    await kiosk.unloadLoudspeaker();
    await kiosk.reloadLoudspeaker();
    await kiosk.reloadMicrophone();

    const isRight = ({ delayMs, db }: { delayMs: number; db: number }): boolean =>
      Math.abs(delayMs - 80) < 12 && Math.abs(db + 15) < 0.5;

    expect(await bestOf(attempts, () => measureEcho(kiosk), isRight)).toSatisfy(isRight);
    await kiosk.restartServer();
    expect(await bestOf(attempts, () => measureEcho(kiosk), isRight)).toSatisfy(isRight);
  });

  it('has no echo at all when it is asked for none', async () => {
    const kiosk = await kioskFor({ server, echoDb: -Infinity });
    const [loudspeaker, microphone] = [await kiosk.recordLoudspeaker(), await kiosk.recordMicrophone()];

    await play(kiosk, tone(1000, 400)).exited;

    expect(findSounds(await loudspeaker.stop()).length).toBeGreaterThan(0);
    expect((await microphone.stop()).samples.every((sample) => sample === 0)).toBe(true);
  });

  it('runs its devices at the rate it is asked for', async () => {
    const kiosk = await kioskFor({ server, rateHz: 16_000 });
    const rateOf = async (kind: string, name: string): Promise<string | undefined> => {
      const listed = await kiosk.pactl('list', 'short', kind);
      return listed.split('\n').find((line) => line.split('\t')[1] === name);
    };

    await play(kiosk, tone(440, 200)).exited;

    expect(await rateOf('sinks', 'speaker')).toContain('16000Hz');
    expect(await rateOf('sources', 'mic')).toContain('16000Hz');
  });

  it('tells when somebody began to speak', async () => {
    const kiosk = await kioskFor({ server });

    const late = await bestOf(
      attempts,
      async () => {
        const microphone = await kiosk.recordMicrophone();
        const person = await kiosk.say({ samples: tone(440, 600), rateHz: 48_000 });
        await person.ended;
        const [heard, ...more] = findSounds(await microphone.stop());
        const lateMs = (heard?.fromMs ?? Number.NaN) - person.beganMs;
        return { lateMs, lengthMs: heard && heard.toMs - heard.fromMs, more: more.length };
      },
      ({ lateMs, lengthMs, more }) =>
        Math.abs(lateMs) < 4 && more === 0 && Math.abs((lengthMs ?? 0) - 600) < 0.5,
    );

    expect(Math.abs(late.lateMs)).toBeLessThan(4);
    expect(late.lengthMs).toBeCloseTo(600, 0);
  });

  it('lets somebody say a WAV file, and be cut off', async () => {
    const kiosk = await kioskFor({ server });
    const file = join(kiosk.folder, 'word.wav');
    const format = { sampleRateHz: 16_000, channels: 1 };
    writeFileSync(file, writeWav(format, tone(440, 1000)));
    const microphone = await kiosk.recordMicrophone();

    const person = await kiosk.say(file);
    expect(person.endsMs - person.beganMs).toBeCloseTo(3000, 3);
    person.silence();
    await person.ended;
    const cutMs = performance.now();
    await passes(400);

    const [heard] = findSounds(await microphone.stop(), { shortestPauseMs: 50 });
    expect(heard?.toMs).toBeLessThan(cutMs + 200);
    expect((heard?.toMs ?? 0) - (heard?.fromMs ?? 0)).toBeGreaterThan(50);
  });

  it('records on one time line, whenever a recorder was started', async () => {
    const kiosk = await kioskFor({ server });

    const apartMs = await bestOf(
      attempts,
      async () => {
        const early = await kiosk.recordLoudspeaker();
        await passes(137);
        const late = await kiosk.recordLoudspeaker();
        await play(kiosk, tone(440, 200)).exited;
        const onsets = [await early.stop(), await late.stop()].map((recording) => findOnset(recording));
        return Math.abs((onsets[0] ?? Number.NaN) - (onsets[1] ?? Number.NaN));
      },
      (ms) => ms < 2,
    );

    expect(apartMs).toBeLessThan(2);
  });

  it('reads numbered frames back from the loudspeaker, all of them and in order', async () => {
    const kiosk = await kioskFor({ server });
    const samplesPerFrame = 480;

    const numbers = await bestOf(
      attempts,
      async () => {
        const loudspeaker = await kiosk.recordLoudspeaker();
        await play(kiosk, numberedFrames(60, samplesPerFrame)).exited;
        const heard = readNumbers(await loudspeaker.stop());
        return heard.filter(({ number }) => number !== null);
      },
      (heard) => heard.length === 60,
    );

    expect(numbers.map(({ number }) => number)).toEqual(Array.from({ length: 60 }, (_, n) => n));
    for (const { fromMs, toMs } of numbers) expect(toMs - fromMs).toBeCloseTo(10, 6);
  });

  it('knows when sound was heard also after the device stood still', async () => {
    const kiosk = await kioskFor({ server });
    const loudspeaker = await kiosk.recordLoudspeaker();
    await play(kiosk, tone(440, 200)).exited;
    kiosk.freezeServer(true);
    await passes(1500);
    kiosk.freezeServer(false);
    const goesOnMs = performance.now();
    await play(kiosk, tone(440, 200)).exited;

    const recording = await loudspeaker.stop();
    const last = findSounds(recording).at(-1);

    expect(last?.fromMs).toBeGreaterThan(goesOnMs);
    expect(last?.toMs).toBeLessThan(performance.now());
  });

  it('has a microphone of six channels, each with a tone of its own', async () => {
    const kiosk = await kioskFor({ server });
    const name = await kiosk.addMicrophoneArray();
    const heard = async (): Promise<readonly (readonly number[])[]> => {
      const recorder = await kiosk.record(name, arrayTonesHz.length);
      await passes(700);
      const recording = await recorder.stop();
      return arrayTonesHz.map((_, channel) => {
        const samples = channelOf(recording, channel);
        return arrayTonesHz.map((hz) => toneAmplitude(samples, 48_000, hz, samples.length - 9600));
      });
    };
    const isRight = (amplitudes: readonly (readonly number[])[]): boolean =>
      amplitudes.every((of, channel) =>
        of.every((a, other) => Math.abs(a - (other === channel ? 0.25 : 0)) < 0.01),
      );

    expect(await bestOf(attempts, heard, isRight)).toSatisfy(isRight);
    await kiosk.restartServer();
    expect(await bestOf(attempts, heard, isRight)).toSatisfy(isRight);
  });

  it('can be there twice at once, and nobody hears what is said in the other one', async () => {
    const kiosks = await Promise.all([kioskFor({ server }), kioskFor({ server })]);
    const recorders = await Promise.all(kiosks.map((kiosk) => kiosk.recordMicrophone()));

    const people = await Promise.all(
      kiosks.map((kiosk, i) => kiosk.say({ samples: tone(i === 0 ? 500 : 900, 800), rateHz: 48_000 })),
    );
    await Promise.all(people.map(({ ended }) => ended));

    const loud = await Promise.all(
      recorders.map(async (recorder, i) => {
        const recording = await recorder.stop();
        const from = Math.round(recording.frameAt((people[i]?.beganMs ?? 0) + 100));
        return [500, 900].map(
          (hz) => toneAmplitude(recording.samples, 48_000, hz, from, from + 24_000) > 0.02,
        );
      }),
    );
    expect(loud).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it.each(['default', 'kiosk_speaker'])('plays what a program sends to the ALSA name %s', async (name) => {
    const kiosk = await kioskFor({ server });
    const file = join(kiosk.folder, 'alsa.wav');
    writeFileSync(file, writeWav({ sampleRateHz: 48_000, channels: 1 }, tone(440, 500)));
    const loudspeaker = await kiosk.recordLoudspeaker();

    const env = { ...process.env, ...kiosk.env };
    await promisify(execFile)('aplay', ['-q', '-D', name, file], { env });

    expect(findSounds(await loudspeaker.stop()).length).toBeGreaterThan(0);
  });

  it.each(['default', 'kiosk_mic'])('gives a program that uses ALSA the microphone as %s', async (name) => {
    const kiosk = await kioskFor({ server });
    const person = await kiosk.say({ samples: tone(440, 2500), rateHz: 48_000 });

    const args = ['-q', '-D', name, '-t', 'raw', '-f', 'S16_LE', '-r', '48000', '-d', '1'];
    const env = { ...process.env, ...kiosk.env };
    const { stdout } = await promisify(execFile)('arecord', args, {
      env,
      encoding: 'buffer',
      maxBuffer: 2 ** 20,
    });

    const samples = new Float32Array(stdout.length / 2).map((_, i) => stdout.readInt16LE(2 * i) / 32_768);
    expect(samples.length).toBeGreaterThan(40_000);
    expect(toneAmplitude(samples, 48_000, 440)).toBeGreaterThan(0.3);
    person.silence();
  });
});

it('says which option is out of its range, and does not begin', async () => {
  await expect(createVirtualKiosk({ echoDelayMs: 5 })).rejects.toThrow(
    /echoDelayMs must be .* 20 to 1000 ms/,
  );
  await expect(createVirtualKiosk({ echoDb: 3 })).rejects.toThrow(/echoDb must be .* -90 to 0 dB/);
});
