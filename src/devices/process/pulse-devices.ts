import { forkJoin, map, type Observable, of, type SchedulerLike, switchMap } from 'rxjs';
import { DeviceError } from '../../core/errors.js';
import { openingError, openingTimeoutError } from './device-errors.js';
import type { Environment } from './program.js';
import { type FinishedProgram, runToEnd, succeeded } from './run-to-end.js';

/** One sink or source of a PulseAudio or PipeWire server. */
export interface PulseDevice {
  readonly name: string;
  readonly description: string;
  readonly isMonitor: boolean;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** As `--channel-map` takes it. */
  readonly channelMap: string;
  /** Why nothing can come of it now; null when something can. */
  readonly problem: string | null;
}

/** What a server has of one kind. */
export interface PulseDevices {
  readonly devices: readonly PulseDevice[];
  /** What it takes when nothing is named; empty where there is none. */
  readonly defaultName: string;
  readonly isPipeWire: boolean;
}

/** Where and what to ask. */
export interface PulseQuery {
  readonly direction: 'capture' | 'playout';
  /** Who asks, for messages. */
  readonly label: string;
  readonly env: Environment;
  readonly scheduler: SchedulerLike;
}

/** A server answers `pactl` in 15 ms; one that takes this long hangs. Units: ms. */
const queryTimeoutMs = 2000;
/** What the JSON of `pactl` 16 has for a text that is not in ASCII. */
const unreadable = '(null)';

/**
 * Ask the server for its sinks or sources.
 *
 * @remarks
 * Cold. Emits once and completes. Errors with `DEVICE_BACKEND` without a server (retryable) or without `pactl`.
 */
export function queryPulseDevices(query: PulseQuery): Observable<PulseDevices> {
  const kind = query.direction === 'playout' ? 'sinks' : 'sources';
  const ask = (...args: readonly string[]): Observable<FinishedProgram> =>
    runToEnd({ command: 'pactl', args, env: query.env }, queryTimeoutMs, query.scheduler);
  return forkJoin([ask('-f', 'json', 'list', kind), ask('-f', 'json', 'info')]).pipe(
    map(([list, info]) => {
      const about = jsonOf(query, info) as ServerInfo;
      const { default_sink_name: sink, default_source_name: source } = about;
      const defaultName = (query.direction === 'playout' ? sink : source) ?? '';
      const entries = jsonOf(query, list) as readonly Entry[];
      return {
        defaultName,
        isPipeWire: about.server_name?.includes('PipeWire') ?? false,
        devices: entries.filter(({ name }) => name !== unreadable).map(deviceOf),
      };
    }),
    switchMap((found) =>
      found.devices.some(({ description }) => description === unreadable)
        ? ask('list', kind).pipe(map(({ output }) => withDescriptions(found, output)))
        : of(found),
    ),
  );
}

/** Find a device by its name; `default` is what the server has as such. @throws DeviceError `DEVICE_NOT_FOUND`, retryable. */
export function choosePulseDevice(
  { devices, defaultName }: PulseDevices,
  wanted: string,
  { direction, label }: PulseQuery,
): PulseDevice {
  const name = wanted === 'default' ? defaultName : wanted;
  const found = devices.find((device) => device.name === name);
  const refuse = (why: string, remedy: string): never => {
    throw missingPulseDevice(label, why, remedy);
  };
  if (!found) {
    const names = devices.filter(({ isMonitor }) => !isMonitor).map((device) => JSON.stringify(device.name));
    return refuse(
      wanted === 'default' ? 'the sound server has no default' : 'the sound server does not have it',
      names.length === 0
        ? 'the sound server has none at all, plug one in'
        : `plug it in, or take ${names.join(' or ')}`,
    );
  }
  if (wanted !== 'default') return found;
  if (direction === 'capture' && found.isMonitor) {
    return refuse(
      `the default source ${JSON.stringify(name)} is what a loudspeaker plays, no microphone`,
      'plug in a microphone, or name one',
    );
  }
  // The servers make it up where there is no hardware.
  if (name === 'auto_null') return refuse('the sound server has only a dummy', 'plug one in');
  return found;
}

/** There is no such device. */
export function missingPulseDevice(label: string, why: string, remedy = 'plug it in'): DeviceError {
  return new DeviceError('DEVICE_NOT_FOUND', `${label} is not there: ${why}; ${remedy}`, { retryable: true });
}

interface ServerInfo {
  readonly server_name?: string;
  readonly default_sink_name?: string;
  readonly default_source_name?: string;
}

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly sample_specification: string;
  readonly channel_map: string;
  /** Of a source: the sink that it listens to. */
  readonly monitor_source: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly active_port?: string | null;
  readonly ports?: readonly { readonly name: string; readonly availability?: string }[];
}

function deviceOf(entry: Entry): PulseDevice {
  const [, channels, rate] = /(\d+)ch (\d+)Hz/.exec(entry.sample_specification) ?? [];
  const port = entry.ports?.find(({ name }) => name === entry.active_port);
  return {
    name: entry.name,
    description: entry.description,
    isMonitor: entry.properties?.['device.class'] === 'monitor',
    sampleRateHz: Number(rate),
    channels: Number(channels),
    channelMap: entry.channel_map,
    problem: port?.availability === 'not available' ? `nothing is plugged into its ${port.name}` : null,
  };
}

/** Put in what the list in plain text says, which can be read in any language. */
function withDescriptions(found: PulseDevices, text: string): PulseDevices {
  const pairs = text.matchAll(/^\s+Name: (.+)\n\s+Description: (.+)$/gm);
  const descriptions = new Map([...pairs].map(([, name, description]) => [name, description]));
  const devices = found.devices.map((device) => ({
    ...device,
    description: descriptions.get(device.name) ?? device.name,
  }));
  return { ...found, devices };
}

function jsonOf({ label }: PulseQuery, finished: FinishedProgram): unknown {
  const failure = { label, api: 'pulse', command: 'pactl', words: finished.complaints.words } as const;
  if (finished.end === undefined) throw openingTimeoutError(failure, queryTimeoutMs);
  if (!succeeded(finished)) throw openingError(failure, finished.end);
  try {
    return JSON.parse(finished.output) as unknown;
  } catch (cause) {
    const why = (cause as Error).message;
    // A server that goes away in the middle of its answer leaves nothing, or the beginning of it.
    if (/^\s*($|[[{])/.test(finished.output)) {
      const what = `${label}: pactl did not give the whole list of devices (${why}); it is asked again`;
      throw new DeviceError('DEVICE_BACKEND', what, { retryable: true, cause });
    }
    throw new DeviceError(
      'DEVICE_BACKEND',
      `${label}: pactl cannot list devices as JSON (${why}); it needs pulseaudio-utils 16 or newer`,
      { cause },
    );
  }
}
