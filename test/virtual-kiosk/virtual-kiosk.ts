import { createPactl, type Pactl, type StreamEntry } from './pactl.js';
import { type Person, type Speech, speakInto } from './person.js';
import { type KioskServer, kioskProblem } from './problem.js';
import { type Recorder, startRecorder } from './recorder.js';
import { createSoundServer } from './sound-server.js';
import { createWarden } from './warden.js';

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

/** The names of its devices on the sound server. */
export const kioskDevices = {
  loudspeaker: 'speaker',
  /** What the loudspeaker plays, to listen to. */
  monitor: 'speaker.monitor',
  microphone: 'mic',
  /** Where the loudspeaker's echo and the person meet; a test plays into it, a device never does. */
  room: 'room',
  /** Where the server moves streams whose loudspeaker is gone. */
  otherLoudspeaker: 'other_speaker',
  /** Where the server moves streams whose microphone is gone. */
  otherMicrophone: 'other_mic',
} as const;

/** A sound server of its own with a loudspeaker, a room, a microphone and somebody in the room. */
export interface VirtualKiosk {
  readonly server: KioskServer;
  readonly folder: string;
  /** To hand to whoever plays or records: HOME, XDG_RUNTIME_DIR, PULSE_SERVER and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks the server. */
  readonly pactl: Pactl;
  /** Somebody speaks into the room. Resolves once it is known when they began. */
  say(speech: Speech): Promise<Person>;
  /** Records what the loudspeaker plays, before it gets into the room. */
  recordLoudspeaker(): Promise<Recorder>;
  /** Records what the microphone hears. */
  recordMicrophone(): Promise<Recorder>;
  /** SIGKILL the sound server. Resolves when it is gone. */
  killServer(): Promise<void>;
  /** Start it again, with the same devices, killing it first if it runs. */
  restartServer(): Promise<void>;
  /** End everything and remove every trace. Idempotent. */
  teardown(): Promise<void>;
}

/** Builds a fresh one, which its caller tears down. @throws Error where it cannot run here. */
export async function createVirtualKiosk(options: Partial<VirtualKioskOptions> = {}): Promise<VirtualKiosk> {
  const resolved = { ...defaultVirtualKioskOptions, ...options };
  const problem = kioskProblem(resolved.server);
  if (problem !== null) throw new Error(problem);
  const warden = createWarden('earshot-kiosk-');
  try {
    const server = createSoundServer(resolved.server, warden);
    const pactl = createPactl(server.env);
    const start = async (): Promise<void> => {
      await server.start(pactl);
      await furnish(pactl, resolved);
    };
    await start();
    const people = new Set<Person>();
    const recorders = new Set<Recorder>();
    const record = async (source: string, channels: number): Promise<Recorder> => {
      const recorder = await startRecorder({ env: server.env, source, channels, rateHz: resolved.rateHz });
      recorders.add(recorder);
      return recorder;
    };
    return {
      server: resolved.server,
      folder: warden.folder,
      env: server.env,
      pactl,
      async say(speech) {
        const person = await speakInto(kioskDevices.room, speech, warden.folder, server.env);
        people.add(person);
        return person;
      },
      recordLoudspeaker: () => record(kioskDevices.monitor, 2),
      recordMicrophone: () => record(kioskDevices.microphone, 1),
      killServer: () => server.kill(),
      async restartServer() {
        await server.kill();
        await start();
      },
      async teardown() {
        await Promise.all([...recorders].map((recorder) => recorder.stop()));
        for (const person of people) person.silence();
        await warden.close();
      },
    };
  } catch (error) {
    await warden.close();
    throw error;
  }
}

async function furnish(pactl: Pactl, { echoDelayMs, echoDb, rateHz }: VirtualKioskOptions): Promise<void> {
  await pactl.load(
    'module-null-sink',
    'sink_name=speaker',
    'format=float32le',
    `rate=${rateHz}`,
    'channels=2',
    'sink_properties=device.description=Speaker',
  );
  await pactl.load(
    'module-null-sink',
    'sink_name=room',
    'format=float32le',
    `rate=${rateHz}`,
    'channels=1',
    'channel_map=mono',
    'sink_properties=device.description=Room',
  );
  await pactl.load(
    'module-remap-source',
    'source_name=mic',
    'master=room.monitor',
    'channels=1',
    'channel_map=mono',
    'remix=no',
    'source_properties=device.description=KioskMic',
  );
  await pactl.load(
    'module-loopback',
    'source=speaker.monitor',
    'sink=room',
    `latency_msec=${echoDelayMs}`,
    'adjust_time=0',
    'source_dont_move=true',
    'sink_dont_move=true',
    'sink_input_properties=media.name=kiosk-echo',
  );
  await pactl('set-default-sink', 'speaker');
  await pactl('set-default-source', 'mic');
  const inputs = await pactl.list<StreamEntry>('sink-inputs');
  const echo = inputs.find(({ properties }) => properties['media.name'] === 'kiosk-echo');
  if (!echo) throw new Error('the echo path is not there');
  await pactl('set-sink-input-volume', String(echo.index), echoDb === -Infinity ? '0' : `${echoDb}dB`);
  for (const suspended of ['1', '0']) {
    for (const sink of ['speaker', 'room']) await pactl('suspend-sink', sink, suspended);
  }
}
