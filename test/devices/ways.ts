import type { SchedulerLike } from 'rxjs';
import { audifyLoudspeaker, audifyMicrophone } from '../../src/devices/audify/index.js';
import { processLoudspeaker, processMicrophone } from '../../src/devices/process/index.js';
import type { AudioSource, Loudspeaker } from '../../src/index.js';
import { kioskDevices } from '../virtual-kiosk/room.js';

/** A way to reach the devices of a kiosk. */
export interface Way {
  readonly name: string;
  /** True when the library is in this process, which then needs the kiosk's environment for itself. */
  readonly inProcess: boolean;
  loudspeaker(parts: WayParts): Loudspeaker;
  microphone(parts: WayParts): AudioSource;
}

export interface WayParts {
  readonly env: Readonly<Record<string, string>>;
  readonly scheduler: SchedulerLike;
  readonly maxQueuedMs?: number;
  readonly hosted?: boolean;
}

const programs = (api: 'pulse' | 'alsa'): Way => ({
  name: api === 'pulse' ? 'the programs parec and pacat' : 'the programs arecord and aplay',
  inProcess: false,
  loudspeaker: ({ env, scheduler, maxQueuedMs = 600_000 }) =>
    processLoudspeaker({ api, device: nameOf(api, 'loudspeaker'), env, scheduler, maxQueuedMs }),
  microphone: ({ env, scheduler }) =>
    processMicrophone({ api, device: nameOf(api, 'microphone'), env, scheduler }),
});

const library = (api: 'pulse' | 'alsa', hosted: boolean): Way => ({
  name: `audify on ${api}, ${hosted ? 'in a child process' : 'in this process'}`,
  inProcess: !hosted,
  loudspeaker: ({ env, scheduler, maxQueuedMs = 600_000 }) =>
    audifyLoudspeaker({ api, scheduler, hosted, maxQueuedMs, ...(hosted && { env }) }),
  microphone: ({ env, scheduler }) => audifyMicrophone({ api, scheduler, hosted, ...(hosted && { env }) }),
});

/** ALSA reaches the kiosk through its plugin for sound servers, as the default device. */
const nameOf = (api: 'pulse' | 'alsa', role: 'loudspeaker' | 'microphone'): string =>
  api === 'pulse' ? kioskDevices[role] : 'default';

/** Every way there is on Linux. */
export const ways: readonly Way[] = [
  programs('pulse'),
  programs('alsa'),
  library('pulse', true),
  library('alsa', true),
  library('pulse', false),
  library('alsa', false),
];
