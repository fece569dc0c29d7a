import type { Pactl, StreamEntry } from './pactl.js';

/** The modules that a rig loads into its server, by what they are for. */
export interface Modules {
  has(purpose: string): boolean;
  /** Nothing is loaded any more: the server is a new one. */
  forget(): void;
  load(purpose: string, module: string, ...args: readonly string[]): Promise<void>;
  /** Does nothing when it is not loaded. */
  unload(purpose: string): Promise<void>;
  /** A device that plays into nothing, in real time. Its purpose is its name. */
  nullSink(name: string, description: string, format: DeviceFormat, properties?: string): Promise<void>;
  /** A microphone that hears what another source does. Its purpose is its name. */
  remappedSource(name: string, description: string, master: string, format: DeviceFormat): Promise<void>;
  /** From a source to a sink. */
  loopback(purpose: string, from: string, to: string, latencyMs: number, volume: string): Promise<void>;
}

/** The layout of a device. */
export interface DeviceFormat {
  readonly rateHz: number;
  readonly channels: number;
}

/** @param isPulseAudio - its null sinks can be told not to take back what a recorder may have got already. */
export function createModules(pactl: Pactl, isPulseAudio: boolean): Modules {
  const indices = new Map<string, string>();

  async function load(purpose: string, module: string, ...args: readonly string[]): Promise<void> {
    indices.set(purpose, await pactl.load(module, ...args));
  }

  return {
    has: (purpose) => indices.has(purpose),
    forget: () => indices.clear(),
    load,
    async unload(purpose) {
      const index = indices.get(purpose);
      indices.delete(purpose);
      if (index === undefined) return;
      // A loopback has gone by itself when its device has.
      await pactl('unload-module', index).catch((error: unknown) => {
        if (!String(error).includes('No such entity')) throw error;
      });
    },
    nullSink: (name, description, { rateHz, channels }, properties = '') =>
      load(
        name,
        'module-null-sink',
        `sink_name=${name}`,
        'format=float32le',
        `rate=${rateHz}`,
        `channels=${channels}`,
        `channel_map=${channelMap(channels)}`,
        `sink_properties="device.description=${description} ${rank(name)} ${properties}"`,
        ...(isPulseAudio ? ['norewinds=1'] : []),
      ),
    remappedSource: (name, description, master, { rateHz, channels }) =>
      load(
        name,
        'module-remap-source',
        `source_name=${name}`,
        `master=${master}`,
        'format=float32le',
        `rate=${rateHz}`,
        `channels=${channels}`,
        `channel_map=${channelMap(channels)}`,
        'remix=no',
        `source_properties="device.description=${description} ${rank(name)}"`,
      ),
    async loopback(purpose, from, to, latencyMs, volume) {
      await load(
        purpose,
        'module-loopback',
        `source=${from}`,
        `sink=${to}`,
        `latency_msec=${latencyMs}`,
        // After a stall of the machine the delay is as it was within some seconds; it is left alone while it is right.
        'adjust_time=1',
        'source_dont_move=true',
        'sink_dont_move=true',
        `sink_input_properties=media.name=${purpose}`,
      );
      const inputs = await pactl.list<StreamEntry>('sink-inputs');
      const input = inputs.find(({ properties }) => properties['media.name'] === purpose);
      if (!input) throw new Error(`${purpose} is not there`);
      await pactl('set-sink-input-volume', String(input.index), volume);
    },
  };
}

/**
 * What makes a server prefer some devices when it looks for another one: it would take the room, which no device is.
 * PulseAudio goes by the class, PipeWire's session by the number.
 */
const rank = (name: string): string =>
  name.startsWith('other') ? 'device.class=sound priority.session=1500' : 'priority.session=500';

/** The names of so many channels. */
export function channelMap(channels: number): string {
  if (channels === 1) return 'mono';
  if (channels === 2) return 'front-left,front-right';
  return Array.from({ length: channels }, (_, i) => `aux${i}`).join(',');
}
