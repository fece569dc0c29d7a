import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { integerIn, oneOf, resolveOptions } from '../../src/core/options.js';
import { isInstalled } from './problem.js';
import type { Recording } from './recorder.js';
import { lineOf, type Segment } from './time-line.js';
import { createWarden } from './warden.js';

/** What a fake sound card is like. */
export interface FakeCardOptions {
  /** The only rate that it takes, unless it is opened through a converter. Units: Hz. Range: 8000..192000. @defaultValue 48000 */
  readonly rateHz: number;
  /** The only number of channels that its loudspeaker takes. Range: 1..8. @defaultValue 2 */
  readonly playoutChannels: number;
  /** The only number of channels that its microphone gives. Range: 1..8. @defaultValue 2 */
  readonly captureChannels: number;
  /** How much faster its crystal is than the clock of this machine. Units: parts per million. Range: -1000..1000. @defaultValue 0 */
  readonly ppm: number;
  /** What the name `default` means: the card as it is, or through ALSA's converter. @defaultValue 'converted' */
  readonly defaultIs: 'card' | 'converted';
}

/** @see FakeCardOptions */
export const defaultFakeCardOptions: FakeCardOptions = {
  rateHz: 48_000,
  playoutChannels: 2,
  captureChannels: 2,
  ppm: 0,
  defaultIs: 'converted',
};

/** The ALSA names of a fake card. */
export const fakeCardDevices = {
  /** The card as it is: one rate, one layout, 16-bit or float, one user for each direction. */
  card: 'kiosk_card',
  /** The same through ALSA's converter, which takes anything; so does `default`, unless it is told otherwise. */
  converted: 'kiosk_plug',
} as const;

/**
 * What can be wrong with a card.
 *
 * - `unplugged`: it is gone; opening and using it fails with ENODEV.
 * - `busy`: somebody else has it; opening fails with EBUSY.
 * - `forbidden`: opening fails with EACCES.
 * - `stalled`: its clock stands still, and nobody is told.
 */
export type FakeCardFault = 'unplugged' | 'busy' | 'forbidden' | 'stalled';

/** Something that happened to a card. */
export interface FakeCardEvent {
  readonly what: 'start' | 'stop' | 'xrun' | 'unplugged';
  readonly direction: 'playout' | 'capture';
  /** Units: ms of `performance.now()` in this process. */
  readonly atMs: number;
  /** How much had been played since the card was made, or recorded since the start. Units: sample frames. */
  readonly frames: number;
}

/** A sound card that is not there, for programs that use ALSA without any sound server. */
export interface FakeCard {
  readonly options: FakeCardOptions;
  readonly folder: string;
  /** To hand to whoever plays or records: ALSA_CONFIG_PATH, and nothing that leads to a sound server. */
  readonly env: Readonly<Record<string, string>>;
  /** Make something wrong with it, or mend it. Takes effect within 2 ms of whoever uses it. */
  setFault(fault: FakeCardFault, isThere: boolean): void;
  /** What its microphone hears: interleaved, from its beginning at every start, again and again. Silence without it. */
  hear(samples: Float32Array): void;
  /**
   * What its loudspeaker has played since the card was made, with when.
   *
   * @remarks
   * Accuracy: to the sample while it plays. Of a program that was killed, the last 2 ms or one period may be missing, which nobody
   * wrote down.
   */
  played(): Recording;
  /** Everything that happened, in order. */
  events(): readonly FakeCardEvent[];
  /** Remove every trace. Idempotent. */
  teardown(): Promise<void>;
}

const source = fileURLToPath(new URL('./fake-card.c', import.meta.url));
const systemConfig = '/usr/share/alsa/alsa.conf';

/** Why there can be no fake card on this machine, with the cure; null where there can. */
export function fakeCardProblem(): string | null {
  if (process.platform !== 'linux') return `the fake sound card needs Linux, this is ${process.platform}`;
  if (!isInstalled('cc')) return 'the fake sound card lacks a C compiler; apt-get install gcc libc6-dev';
  if (!existsSync('/usr/include/alsa/pcm_ioplug.h') || !existsSync(systemConfig)) {
    return 'the fake sound card lacks the headers of ALSA; apt-get install libasound2-dev';
  }
  return null;
}

/** Builds a fresh one, which its caller tears down. @throws Error where it cannot be built, see `fakeCardProblem`. */
export async function createFakeCard(options: Partial<FakeCardOptions> = {}): Promise<FakeCard> {
  const resolved = resolveOptions('fake card', defaultFakeCardOptions, options, {
    rateHz: integerIn(8000, 192_000, 'Hz'),
    playoutChannels: integerIn(1, 8),
    captureChannels: integerIn(1, 8),
    ppm: integerIn(-1000, 1000, 'ppm'),
    defaultIs: oneOf('card', 'converted'),
  });
  const problem = fakeCardProblem();
  if (problem !== null) throw new Error(problem);
  const warden = createWarden('earshot-card-');
  const { folder } = warden;
  const library = join(folder, 'fake-card.so');
  const flags = ['-std=gnu11', '-O2', '-shared', '-fPIC', '-DPIC'];
  const built = spawnSync('cc', [...flags, '-o', library, source, '-lasound'], { encoding: 'utf8' });
  if (built.status !== 0) {
    await warden.close();
    throw new Error(`the fake sound card does not compile: ${built.stderr || String(built.error)}`);
  }
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(folder, 'asound.conf'), configuration(folder, library, resolved));
  writeFileSync(join(folder, 'events.log'), '');
  writeFileSync(join(folder, 'played.f32'), '');

  function events(): readonly FakeCardEvent[] {
    // The card counts in nanoseconds of the clock that this process counts from its own beginning.
    const zeroMs = performance.now() - Number(process.hrtime.bigint()) / 1e6;
    const lines = readFileSync(join(folder, 'events.log'), 'utf8').trim().split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const [what, direction, ns, frames] = line.split(' ');
        return { what, direction, atMs: Number(ns) / 1e6 + zeroMs, frames: Number(frames) } as FakeCardEvent;
      });
  }

  return {
    options: resolved,
    folder,
    env: {
      ALSA_CONFIG_PATH: join(folder, 'asound.conf'),
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_RUNTIME_DIR: home,
      // Nobody answers there, so that ALSA's own configuration does not send `default` to a sound server that happens to run.
      PULSE_SERVER: `unix:${join(home, 'nobody')}`,
    },
    setFault(fault, isThere) {
      const file = join(folder, fault);
      if (isThere) writeFileSync(file, '');
      else rmSync(file, { force: true });
    },
    hear(samples) {
      writeFileSync(
        join(folder, 'capture.f32'),
        new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
      );
    },
    events,
    played() {
      const { rateHz, playoutChannels: channels, ppm } = resolved;
      const perMs = (rateHz * (1 + ppm * 1e-6)) / 1000;
      const bytes = readFileSync(join(folder, 'played.f32'));
      const count = Math.floor(bytes.length / (4 * channels)) * channels;
      const segments = events()
        .filter(({ what, direction }) => what === 'start' && direction === 'playout')
        .map(({ atMs, frames }): Segment => ({ fromFrame: frames, zeroMs: atMs - frames / perMs }));
      const samples = new Float32Array(count);
      for (let i = 0; i < count; i += 1) samples[i] = bytes.readFloatLE(4 * i);
      return { samples, channels, rateHz, ...lineOf(segments, perMs) };
    },
    teardown: () => warden.close(),
  };
}

const configuration = (
  folder: string,
  library: string,
  { rateHz, playoutChannels, captureChannels, ppm, defaultIs }: FakeCardOptions,
): string => {
  const card = `
  type earshot_card
  folder "${folder}"
  rate_hz ${rateHz}
  playout_channels ${playoutChannels}
  capture_channels ${captureChannels}
  ppm ${ppm}
  hint { show on description "Fake sound card" }
`;
  return `<${systemConfig}>
pcm_type.earshot_card { lib "${library}" }
ctl_type.earshot_card { lib "${library}" }
pcm.${fakeCardDevices.card} {${card}}
pcm.${fakeCardDevices.converted} {
  type plug
  slave.pcm "${fakeCardDevices.card}"
  hint { show on description "Fake sound card, with conversions" }
}
${defaultIs === 'card' ? `pcm.!default {${card}}` : `pcm.!default { type plug slave.pcm "${fakeCardDevices.card}" }`}
ctl.${fakeCardDevices.card} { type earshot_card }
ctl.${fakeCardDevices.converted} { type earshot_card }
ctl.!default { type earshot_card }
`;
};
