import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeCard, type FakeCard, type FakeCardOptions, fakeCardProblem } from './fake-card.js';
import { channelOf, findSounds, numberedFrames, readNumbers, toneAmplitude } from './find-sound.js';
import { passes, tone, until } from './kiosk-test.js';
import { isInstalled } from './problem.js';

const problem =
  fakeCardProblem() ?? (isInstalled('aplay') ? null : 'aplay is not installed; apt-get install alsa-utils');
if (problem !== null) console.warn(`the fake sound card: skipped, because ${problem}`);

async function cardFor(options: Partial<FakeCardOptions> = {}): Promise<FakeCard> {
  const card = await createFakeCard(options);
  onTestFinished(() => card.teardown());
  return card;
}

/** A program of ALSA with 32-bit float, and how it ended. */
function run(card: FakeCard, program: 'aplay' | 'arecord', args: readonly string[]) {
  const child = spawn(program, ['-t', 'raw', '-f', 'FLOAT_LE', ...args], {
    env: { ...process.env, ...card.env, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const pieces: Buffer[] = [];
  let said = '';
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const ended = new Promise<{ code: number | null; said: string; samples: Float32Array }>((resolve) => {
    child.once('close', (code) => {
      const bytes = Buffer.concat(pieces);
      const samples = new Float32Array(Math.floor(bytes.length / 4)).map((_, i) => bytes.readFloatLE(4 * i));
      resolve({ code, said, samples });
    });
  });
  return { child: child as ChildProcess, ended };
}

/** Plays the same in both channels. */
function play(card: FakeCard, mono: Float32Array, device = 'kiosk_card', rateHz = 48_000, channels = 2) {
  const file = join(card.folder, `play-${performance.now()}.raw`);
  const samples = Float32Array.from(
    { length: mono.length * channels },
    (_, i) => mono[Math.floor(i / channels)] ?? 0,
  );
  writeFileSync(file, new Uint8Array(samples.buffer));
  return run(card, 'aplay', [
    '-D',
    device,
    '-r',
    String(rateHz),
    '-c',
    String(channels),
    '--buffer-time=80000',
    file,
  ]);
}

const record = (card: FakeCard, args: readonly string[] = ['-D', 'kiosk_card', '-r', '48000', '-c', '2']) =>
  run(card, 'arecord', ['--buffer-time=500000', ...args]);

const started = (card: FakeCard): Promise<void> => until('the card runs', () => card.events().length > 0);

describe.skipIf(problem !== null)('a fake sound card', () => {
  it('plays what it is given, to the sample, and says when', async () => {
    const card = await cardFor();
    const beganMs = performance.now();
    expect(await play(card, numberedFrames(50, 480)).ended).toMatchObject({ code: 0 });

    const played = card.played();
    for (const channel of [0, 1]) {
      const numbers = readNumbers(played, channel).filter(({ number }) => number !== null);
      expect(numbers.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    }
    expect(card.events().map(({ what, direction }) => `${what} ${direction}`)).toEqual([
      'start playout',
      'stop playout',
    ]);
    expect(played.firstSampleMs).toBeGreaterThan(beganMs);
    expect(played.msAt(24_000)).toBeLessThan(performance.now());
  });

  it('keeps its own time: neither faster nor slower than its crystal', async () => {
    const card = await cardFor({ ppm: 1000 });
    await record(card, ['-D', 'kiosk_card', '-r', '48000', '-c', '2', '-d', '1']).ended;

    const [start, stop] = card.events();
    const ms = (stop?.atMs ?? 0) - (start?.atMs ?? 0);
    expect((stop?.frames ?? 0) / ms / 48).toBeCloseTo(1.001, 4);
  });

  it('hears what it is told, from the beginning, again and again', async () => {
    const card = await cardFor({ captureChannels: 1 });
    card.hear(numberedFrames(100, 100));
    const { samples } = await record(card, ['-D', 'kiosk_card', '-r', '48000', '-c', '1', '-d', '1']).ended;

    expect(samples.length).toBe(48_000);
    expect(
      samples.every((sample, i) => Math.round(sample * 32_768) === (Math.floor(i / 100) % 100) + 1),
    ).toBe(true);
  });

  it('takes one layout by itself, and any other one through the converter of ALSA', async () => {
    const card = await cardFor();
    const speech = tone(440, 200);

    expect((await play(card, speech, 'kiosk_card', 48_000, 1).ended).said).toMatch(
      /Channels count non available/,
    );
    expect(card.events()).toEqual([]);
    // As real cards do: the program is given another rate than it asked for.
    expect((await play(card, speech, 'kiosk_card', 16_000, 2).ended).said).toMatch(/rate is not accurate/);
    const before = findSounds(card.played(), { shortestPauseMs: 15 }).length;
    for (const device of ['kiosk_plug', 'default']) {
      expect((await play(card, speech, device, 16_000, 1).ended).code).toBe(0);
    }

    const played = card.played();
    const sounds = findSounds(played, { shortestPauseMs: 15 });
    expect(sounds.length - before).toBe(2);
    // Three times slower than it was made.
    const from = Math.ceil(played.frameAt((sounds.at(-1)?.fromMs ?? 0) + 100));
    expect(toneAmplitude(channelOf(played, 0), 48_000, 440 / 3, from, from + 9600)).toBeGreaterThan(0.3);
  });

  it.each([
    ['busy', /Device or resource busy/],
    ['forbidden', /Permission denied/],
    ['unplugged', /No such device/],
  ] as const)('does not open while it is %s, and does after', async (fault, complaint) => {
    const card = await cardFor();

    card.setFault(fault, true);
    expect((await play(card, tone(440, 100)).ended).said).toMatch(complaint);
    expect((await record(card).ended).said).toMatch(complaint);
    card.setFault(fault, false);

    expect(await play(card, tone(440, 100)).ended).toMatchObject({ code: 0 });
  });

  it('has one user for each direction', async () => {
    const card = await cardFor();
    const first = play(card, tone(440, 20_000));
    await started(card);

    expect((await play(card, tone(440, 100)).ended).said).toMatch(/Device or resource busy/);
    const recorder = record(card, ['-D', 'kiosk_card', '-r', '48000', '-c', '2', '-d', '1']);
    expect(await recorder.ended).toMatchObject({ code: 0 });
    expect(first.child.exitCode).toBeNull();
  });

  it.each(['playout', 'capture'] as const)(
    'fails whoever uses it for %s when it is unplugged',
    async (direction) => {
      const card = await cardFor();
      const user = direction === 'playout' ? play(card, tone(440, 20_000)) : record(card);
      await started(card);

      card.setFault('unplugged', true);

      expect(await user.ended).toMatchObject({ code: 1, said: expect.stringMatching(/No such device/) });
      expect(card.events().at(-1)).toMatchObject({ what: 'unplugged', direction });
    },
  );

  it('stands still without a word when it is stalled, and goes on', async () => {
    const card = await cardFor();
    const recorder = record(card, ['-D', 'kiosk_card', '-r', '48000', '-c', '2', '-d', '1']);
    await started(card);

    card.setFault('stalled', true);
    const stalledMs = performance.now();
    await passes(1500);
    expect(recorder.child.exitCode).toBeNull();
    card.setFault('stalled', false);
    const stoodMs = performance.now() - stalledMs;

    expect(await recorder.ended).toMatchObject({ code: 0 });
    const [start, stop] = card.events();
    const ranMs = (stop?.frames ?? 0) / 48;
    expect((stop?.atMs ?? 0) - (start?.atMs ?? 0)).toBeGreaterThan(ranMs + stoodMs - 100);
  });

  it('plays nothing more once its user was killed', async () => {
    const card = await cardFor();
    const player = play(card, tone(440, 20_000));
    await until('something was played', () => card.played().samples.length > 48_000);

    player.child.kill('SIGKILL');
    await player.ended;
    const killedMs = performance.now();

    const played = card.played();
    expect(played.msAt(played.samples.length / 2)).toBeLessThan(killedMs);
    await passes(200);
    expect(card.played().samples.length).toBe(played.samples.length);
    // What comes next is on the same time line, after a gap.
    await play(card, tone(440, 100)).ended;
    expect(findSounds(card.played(), { shortestPauseMs: 1 }).at(-1)?.toMs).toBeGreaterThan(killedMs + 200);
  });

  it('says which option is out of its range', async () => {
    await expect(createFakeCard({ ppm: 5000 })).rejects.toThrow(/ppm must be .* -1000 to 1000/);
  });

  it('leaves nothing', async () => {
    const card = await cardFor();
    await card.teardown();
    await card.teardown();
    expect(existsSync(card.folder)).toBe(false);
  });
});
