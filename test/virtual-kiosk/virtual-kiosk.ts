import { integerIn, oneOf, resolveOptions } from '../../src/core/options.js';
import { createPactl, type Pactl } from './pactl.js';
import { loadSpeech, type Person, type Speech, speakInto } from './person.js';
import { type KioskServer, kioskProblem } from './problem.js';
import { type Recorder, startRecorder } from './recorder.js';
import { arrayTonesHz, createRoom, kioskDevices, periodMs } from './room.js';
import { createSoundServer } from './sound-server.js';
import { moveStreams } from './streams.js';
import { playTones } from './tones.js';
import { createWarden, type Warden } from './warden.js';

/** What a virtual kiosk is like. */
export interface VirtualKioskOptions {
  /** @defaultValue 'pulseaudio' */
  readonly server: KioskServer;
  /** From the loudspeaker to the microphone. Units: ms. Range: 20..1000. @defaultValue 60 */
  readonly echoDelayMs: number;
  /** How much of the loudspeaker the microphone hears. Units: dB. Range: -90..0; -Infinity for none. @defaultValue -15 */
  readonly echoDb: number;
  /** Of the loudspeaker and the microphone. Units: Hz. Range: 8000..192000. @defaultValue 48000 */
  readonly rateHz: number;
}

/** @see VirtualKioskOptions */
export const defaultVirtualKioskOptions: VirtualKioskOptions = {
  server: 'pulseaudio',
  echoDelayMs: 60,
  echoDb: -15,
  rateHz: 48_000,
};

/** A sound server of its own with a loudspeaker, a room, a microphone and somebody in the room. */
export interface VirtualKiosk {
  readonly options: VirtualKioskOptions;
  /** Its own, and gone with it; whoever uses the kiosk may put files there. */
  readonly folder: string;
  /** To hand to whoever plays or records: HOME, XDG_RUNTIME_DIR, PULSE_SERVER and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks the server, for what nothing here does. */
  readonly pactl: Pactl;

  /**
   * Somebody speaks into the room: samples, or a WAV file.
   *
   * @remarks
   * Timing: resolves some 150 ms after they began, once it is known when that was; see `Person.beganMs`.
   */
  say(speech: Speech | string): Promise<Person>;
  /** Records what the loudspeaker plays, before it gets into the room. */
  recordLoudspeaker(): Promise<Recorder>;
  /** Records what the microphone hears. */
  recordMicrophone(): Promise<Recorder>;
  /** Records any source, such as `other_speaker.monitor`. */
  record(source: string, channels: number): Promise<Recorder>;

  /** SIGKILL the sound server. Resolves when it is gone. */
  killServer(): Promise<void>;
  /** Start it again, with the same devices, killing it first if it runs. */
  restartServer(): Promise<void>;
  /** Stop the server where it is, or let it go on: nothing moves, and nobody is told. */
  freezeServer(isFrozen: boolean): void;
  /** Pull the loudspeaker's plug. Another one is there, and the server moves streams to it as it likes. */
  unloadLoudspeaker(): Promise<void>;
  /** Plug it in again, under the same name, and as the default. */
  reloadLoudspeaker(): Promise<void>;
  /** Pull the microphone's plug. Another one is there, and the server moves streams to it as it likes. */
  unloadMicrophone(): Promise<void>;
  reloadMicrophone(): Promise<void>;
  /**
   * Suspend it, as the user of a mixer would.
   *
   * @throws Error on PipeWire, which wakes a device at once that streams use; see `freezeServer`.
   */
  suspendLoudspeaker(isSuspended: boolean): Promise<void>;
  /** As `suspendLoudspeaker`. */
  suspendMicrophone(isSuspended: boolean): Promise<void>;
  /**
   * Move the streams of applications, but not those of the rig itself, to another device by its name.
   *
   * @returns how many there were, once they are there.
   */
  moveStreams(direction: 'playout' | 'capture', to: string): Promise<number>;
  /**
   * Suspend the loudspeaker by itself when nobody has played for this long. Units: s; whole.
   *
   * @remarks
   * From then on there is no echo, because what listens to a loudspeaker keeps it awake; a recorder of the loudspeaker does so too.
   */
  loadIdleSuspend(seconds: number): Promise<void>;
  /** Add `other_speaker`, to be moved to. Returns its name. */
  addSecondLoudspeaker(): Promise<string>;
  /** Add `array`, a microphone of six channels that hear a tone each, see `arrayTonesHz`. Returns its name. */
  addMicrophoneArray(): Promise<string>;
  /** End everything and remove every trace. Idempotent. */
  teardown(): Promise<void>;
}

/**
 * Builds a fresh one, which its caller tears down; when this process dies without that, it is gone a moment later anyway.
 *
 * @throws Error where it cannot run here, see `kioskProblem`; OptionError `OPTION_INVALID`.
 */
export async function createVirtualKiosk(options: Partial<VirtualKioskOptions> = {}): Promise<VirtualKiosk> {
  const resolved = resolveOptions('virtual kiosk', defaultVirtualKioskOptions, options, {
    server: oneOf('pulseaudio', 'pipewire'),
    echoDelayMs: integerIn(20, 1000, 'ms'),
    echoDb: (value) =>
      value === -Infinity || (typeof value === 'number' && value >= -90 && value <= 0)
        ? undefined
        : 'must be a number from -90 to 0 dB, or -Infinity',
    rateHz: integerIn(8000, 192_000, 'Hz'),
  });
  const problem = kioskProblem(resolved.server);
  if (problem !== null) throw new Error(problem);
  const warden = createWarden('earshot-kiosk-');
  try {
    return await build(resolved, warden);
  } catch (error) {
    await warden.close();
    throw error;
  }
}

async function build(options: VirtualKioskOptions, warden: Warden): Promise<VirtualKiosk> {
  const { folder } = warden;
  const server = createSoundServer(options.server, options.rateHz, warden);
  const { env } = server;
  const pactl = createPactl(env);
  const { rateHz } = options;
  const aheadMs = periodMs(options.server, rateHz);
  const room = createRoom(pactl, options);
  const recorders = new Set<Recorder>();
  const people = new Set<Person>();
  const array: number[] = [];

  async function start(): Promise<void> {
    await server.start(pactl);
    await room.furnish();
  }

  async function stop(): Promise<void> {
    await server.kill();
    await Promise.all(array.splice(0).map((pid) => warden.kill(pid)));
  }

  async function soundTheArray(): Promise<void> {
    const player = await playTones(warden, env, rateHz, arrayTonesHz);
    array.push(...player);
  }

  async function record(source: string, channels: number): Promise<Recorder> {
    const recorder = await startRecorder({
      env,
      source,
      channels,
      rateHz,
      aheadMs: source.endsWith('.monitor') ? aheadMs : 0,
    });
    recorders.add(recorder);
    return recorder;
  }

  async function suspend(kind: 'sink' | 'source', device: string, isSuspended: boolean): Promise<void> {
    if (options.server === 'pipewire') {
      throw new Error(
        'PipeWire wakes a suspended device as long as streams use it; use freezeServer, or PulseAudio',
      );
    }
    await pactl(`suspend-${kind}`, device, isSuspended ? '1' : '0');
  }

  let hasArray = false;
  await start();
  return {
    options,
    folder,
    env,
    pactl,
    async say(speech) {
      const person = await speakInto(
        { server: options.server, env, folder, sink: kioskDevices.room },
        loadSpeech(speech),
      );
      people.add(person);
      void person.ended.then(() => people.delete(person));
      return person;
    },
    recordLoudspeaker: () => record(kioskDevices.monitor, 2),
    recordMicrophone: () => record(kioskDevices.microphone, 1),
    record,
    killServer: stop,
    async restartServer() {
      await stop();
      await start();
      if (hasArray) await soundTheArray();
    },
    unloadLoudspeaker: () => room.unloadLoudspeaker(),
    reloadLoudspeaker: () => room.reloadLoudspeaker(),
    unloadMicrophone: () => room.unloadMicrophone(),
    reloadMicrophone: () => room.reloadMicrophone(),
    freezeServer: (isFrozen) => server.freeze(isFrozen),
    suspendLoudspeaker: (isSuspended) => suspend('sink', kioskDevices.loudspeaker, isSuspended),
    suspendMicrophone: (isSuspended) => suspend('source', kioskDevices.microphone, isSuspended),
    moveStreams: (direction, to) => moveStreams(pactl, direction, to),
    loadIdleSuspend: (seconds) => room.loadIdleSuspend(seconds),
    async addSecondLoudspeaker() {
      await room.addOtherDevices();
      return kioskDevices.otherLoudspeaker;
    },
    async addMicrophoneArray() {
      if (!hasArray) {
        hasArray = true;
        await room.addArray();
        await soundTheArray();
      }
      return kioskDevices.array;
    },
    async teardown() {
      for (const person of people) person.silence();
      await Promise.all([...recorders].map((recorder) => recorder.stop()));
      await Promise.all([...people].map(({ ended }) => ended));
      await warden.close();
    },
  };
}
