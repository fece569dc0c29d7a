import { setTimeout as sleep } from 'node:timers/promises';
import { createModules } from './modules.js';
import type { Pactl, StreamEntry } from './pactl.js';
import type { KioskServer } from './problem.js';

/** The names of a kiosk's devices on its sound server. */
export const kioskDevices = {
  loudspeaker: 'speaker',
  /** What the loudspeaker plays, to listen to. */
  monitor: 'speaker.monitor',
  microphone: 'mic',
  /** Where the loudspeaker's echo and the person meet. Tests play into it, devices never do. */
  room: 'room',
  /** Another loudspeaker, once one was added; the server moves streams to it whose own is gone. */
  otherLoudspeaker: 'other_speaker',
  /** Another microphone, which hears nothing but the other loudspeaker. */
  otherMicrophone: 'other_mic',
  /** A microphone of six channels, once it was added. */
  array: 'array',
} as const;

/** What the rig's own streams are called; they are no application's. */
export const rigClients = {
  recorder: 'kiosk-recorder',
  person: 'kiosk-person',
  array: 'kiosk-array',
} as const;

/** What each channel of the array hears. Whole numbers of periods in a second. Units: Hz. */
export const arrayTonesHz: readonly number[] = [300, 500, 700, 900, 1100, 1300];

/** The way from the loudspeaker to the microphone, and at which rate both run. */
export interface RoomOptions {
  readonly server: KioskServer;
  readonly echoDelayMs: number;
  readonly echoDb: number;
  readonly rateHz: number;
}

/** The devices on a running server. */
export interface Room {
  /** Add every device that was there before the server was last ended, or the first ones. */
  furnish(): Promise<void>;
  unloadLoudspeaker(): Promise<void>;
  reloadLoudspeaker(): Promise<void>;
  unloadMicrophone(): Promise<void>;
  reloadMicrophone(): Promise<void>;
  addOtherDevices(): Promise<void>;
  addArray(): Promise<void>;
  /** Suspend the loudspeaker when nobody plays for this long, with no echo path from then on, since that would listen all the time. */
  loadIdleSuspend(seconds: number): Promise<void>;
}

/**
 * How much louder than asked for an echo comes out: PipeWire 0.3.65 mixes two channels to one at 0.707 each, PulseAudio at 0.5.
 * Units: dB.
 */
const echoExcessDb: Readonly<Record<KioskServer, number>> = {
  pulseaudio: 0,
  pipewire: 20 * Math.log10(Math.SQRT2),
};
/**
 * How much later than asked for a loopback of 55 ms delivers, as recorders see it, without the period that the loudspeaker is
 * ahead. Units: ms. Measured: PulseAudio 16.1 55.1 to 55.3, PipeWire 0.3.65 60.0 to 60.1 of 60.
 */
const echoExcessMs: Readonly<Record<KioskServer, number>> = { pulseaudio: 0.2, pipewire: 5.33 };
/**
 * Of the room in PulseAudio, whose null sinks count in microseconds and forget fractions: at 48 kHz they run up to 300 ppm fast, at
 * this rate exactly right. Units: Hz.
 */
const exactRateHz = 50_000;
/** For the session of PipeWire. Units: ms. */
const sessionTimeoutMs = 10_000;
/** Until PipeWire's delay has settled, beyond itself. Units: ms. */
const settleMs = 30;

/**
 * How often the server mixes, and so how far what a recorder of the loudspeaker gets is ahead of what is audible. Units: ms.
 *
 * @remarks
 * PulseAudio's null sinks do as the most demanding stream wants, so there is a silent one of 5 ms that is always there. Without
 * it a sink dozes for up to 2 s, and a loudspeaker with a recorder would be quicker than one without.
 */
export function periodMs(server: KioskServer, rateHz: number): number {
  return server === 'pulseaudio' ? 5 : (1000 * quantum(rateHz)) / rateHz;
}

/** PipeWire's period: the power of two that is nearest to 5 ms. Units: sample frames. */
export const quantum = (rateHz: number): number => 2 ** Math.round(Math.log2(rateHz * 0.005));

/** @param pactl - of the server that the devices are on. */
export function createRoom(pactl: Pactl, options: RoomOptions): Room {
  const { server, rateHz, echoDb, echoDelayMs } = options;
  const { loudspeaker, monitor, microphone, room, otherLoudspeaker, otherMicrophone, array } = kioskDevices;
  const isPulseAudio = server === 'pulseaudio';
  const modules = createModules(pactl, isPulseAudio);
  const mono = { rateHz, channels: 1 };
  const stereo = { rateHz, channels: 2 };
  /** What a restarted server gets again. */
  const extras = { other: false, array: false, idleSeconds: undefined as number | undefined };

  /** PipeWire takes no default before its session is there, which comes later than the server. */
  const makeDefault = (kind: 'sink' | 'source', name: string): Promise<void> =>
    pactl.insist(sessionTimeoutMs, `set-default-${kind}`, name);

  async function addRoom(): Promise<void> {
    if (!isPulseAudio) return modules.nullSink(room, 'Room', mono);
    await modules.nullSink(room, 'Room', { ...mono, rateHz: exactRateHz });
    // A sink that plays keeps its rate; an idle one takes that of the first stream that comes.
    await modules.load('kiosk-clock', 'module-sine', `sink=${room}`, `rate=${exactRateHz}`);
    const inputs = await pactl.list<StreamEntry>('sink-inputs');
    const clock = inputs.find(({ properties }) => properties['sine.hz'] !== undefined);
    await pactl('set-sink-input-volume', String(clock?.index), '0');
  }

  async function addLoudspeaker(): Promise<void> {
    await modules.nullSink(loudspeaker, 'Speaker', stereo);
    await makeDefault('sink', loudspeaker);
  }

  async function addEcho(): Promise<void> {
    const delayMs = echoDelayMs + periodMs(server, rateHz) - echoExcessMs[server];
    const db = echoDb - echoExcessDb[server];
    await modules.loopback(
      'kiosk-echo',
      monitor,
      room,
      Math.round(delayMs),
      db === -Infinity ? '0' : `${db}dB`,
    );
    if (isPulseAudio) {
      // A loopback asks its devices for a third of its own latency.
      await modules.loopback('kiosk-period', monitor, room, 3 * periodMs(server, rateHz), '0');
      await forgetSilence();
    } else {
      // The delay is put in once sound has gone through for that long.
      await sleep(echoDelayMs + settleMs);
    }
  }

  /** A null sink that idled has rendered silence ahead, which would delay the first stream; suspended, it forgets. */
  async function forgetSilence(): Promise<void> {
    for (const suspended of ['1', '0']) {
      for (const sink of [loudspeaker, room]) await pactl('suspend-sink', sink, suspended);
    }
  }

  async function addMicrophone(): Promise<void> {
    await modules.remappedSource(microphone, 'KioskMic', `${room}.monitor`, mono);
    await makeDefault('source', microphone);
  }

  async function addOtherDevices(): Promise<void> {
    extras.other = true;
    if (modules.has(otherLoudspeaker)) return;
    await modules.nullSink(otherLoudspeaker, 'OtherSpeaker', stereo);
    await modules.remappedSource(otherMicrophone, 'OtherMic', `${otherLoudspeaker}.monitor`, mono);
  }

  async function addArray(): Promise<void> {
    extras.array = true;
    if (modules.has(array)) return;
    const { length: channels } = arrayTonesHz;
    await modules.nullSink('array_room', 'ArrayRoom', { rateHz, channels });
    await modules.remappedSource(array, 'MicArray', 'array_room.monitor', { rateHz, channels });
  }

  async function unloadLoudspeaker(): Promise<void> {
    await modules.unload('kiosk-echo');
    await modules.unload('kiosk-period');
    await modules.unload(loudspeaker);
  }

  async function loadIdleSuspend(seconds: number): Promise<void> {
    extras.idleSeconds = seconds;
    if (isPulseAudio) {
      await modules.unload('kiosk-echo');
      await modules.unload('kiosk-period');
      await modules.load('kiosk-idle', 'module-suspend-on-idle', `timeout=${seconds}`);
      return;
    }
    await unloadLoudspeaker();
    await modules.nullSink(loudspeaker, 'Speaker', stereo, `session.suspend-timeout-seconds=${seconds}`);
    await makeDefault('sink', loudspeaker);
  }

  return {
    async furnish() {
      modules.forget();
      if (isPulseAudio) {
        // The streams of a sink that stops being the default one go with the default.
        await addLoudspeaker();
        await addRoom();
      } else {
        // The first one drives the others, and the room stays.
        await addRoom();
        await addLoudspeaker();
      }
      await addEcho();
      await addMicrophone();
      if (extras.other) await addOtherDevices();
      if (extras.array) await addArray();
      if (extras.idleSeconds !== undefined) await loadIdleSuspend(extras.idleSeconds);
    },
    async unloadLoudspeaker() {
      await addOtherDevices();
      await unloadLoudspeaker();
    },
    async reloadLoudspeaker() {
      if (modules.has(loudspeaker)) return;
      await addLoudspeaker();
      await addEcho();
    },
    async unloadMicrophone() {
      await addOtherDevices();
      await modules.unload(microphone);
    },
    async reloadMicrophone() {
      if (!modules.has(microphone)) await addMicrophone();
    },
    addOtherDevices,
    addArray,
    loadIdleSuspend,
  };
}
