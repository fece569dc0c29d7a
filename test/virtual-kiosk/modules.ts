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
  nullSink(name: string, description: string, format: SinkFormat, ...more: readonly string[]): Promise<void>;
  /** A microphone that hears what another source does. Its purpose is its name. */
  remappedSource(name: string, description: string, master: string, channels: number): Promise<void>;
  /** From a source to a sink. */
  loopback(purpose: string, from: string, to: string, latencyMs: number, volume: string): Promise<void>;
}

/** The layout of a null sink. */
export interface SinkFormat {
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
    nullSink: (name, description, { rateHz, channels }, ...more) =>
      load(
        name,
        'module-null-sink',
        `sink_name=${name}`,
        'format=float32le',
        `rate=${rateHz}`,
        `channels=${channels}`,
        `channel_map=${channelMap(channels)}`,
        `sink_properties=device.description=${description}`,
        ...(isPulseAudio ? ['norewinds=1'] : []),
        ...more,
      ),
    remappedSource: (name, description, master, channels) =>
      load(
        name,
        'module-remap-source',
        `source_name=${name}`,
        `master=${master}`,
        `channels=${channels}`,
        `channel_map=${channelMap(channels)}`,
        'remix=no',
        `source_properties=device.description=${description}`,
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

/** The names of so many channels. */
export function channelMap(channels: number): string {
  if (channels === 1) return 'mono';
  if (channels === 2) return 'front-left,front-right';
  return Array.from({ length: channels }, (_, i) => `aux${i}`).join(',');
}
