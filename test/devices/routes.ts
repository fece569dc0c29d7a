import type { AudioSource, Loudspeaker } from 'earshot';
import { openDevices } from 'earshot/devices';
import { audifyLoudspeaker, audifyMicrophone } from 'earshot/devices/audify';
import { processMicrophone } from 'earshot/devices/process';
import { recordedClock as scheduler } from './live-conversation.js';
import type { Place } from './places.js';

/** A way to a loudspeaker and a microphone. */
export interface Route {
  readonly name: string;
  /** The library runs in this process, which needs the environment for itself. */
  readonly isInProcess: boolean;
  readonly needsAudify: boolean;
  open(place: Pick<Place, 'env'>): { readonly microphone: AudioSource; readonly loudspeaker: Loudspeaker };
}

type Backend = 'process' | 'audify';
type Api = 'pulse' | 'alsa';

/** Names of the microphone and the loudspeaker. */
type Names = readonly [capture: string, playout: string];

function through(backend: Backend, api: Api, [capture, playout]: Names): Route {
  return {
    name: `${backend === 'process' ? 'the programs' : 'audify'} on ${api}`,
    isInProcess: false,
    needsAudify: backend === 'audify',
    open: ({ env }) =>
      openDevices({
        scheduler,
        backend,
        api,
        env,
        capture: { device: capture },
        playout: { device: playout },
      }),
  };
}

function inProcess(api: Api, [capture, playout]: Names): Route {
  const common = { scheduler, api, hosted: false } as const;
  return {
    name: `audify on ${api}, in this process`,
    isInProcess: true,
    needsAudify: true,
    open: () => ({
      microphone: audifyMicrophone({ ...common, device: capture }),
      loudspeaker: audifyLoudspeaker({ ...common, device: playout }),
    }),
  };
}

/** What the kiosk calls its devices in Pulse, in ALSA, and in RtAudio, which has no other name for ALSA's plugins than `default`. */
const inPulse: Names = ['mic', 'speaker'];
const inAlsa: Names = ['kiosk_mic', 'kiosk_speaker'];
const inRtAudio: Names = ['KioskMic', 'Speaker'];
const defaults: Names = ['default', 'default'];

/** To the devices of a kiosk, meant by name as far as the way knows any. */
export const routes = {
  programsOnPulse: through('process', 'pulse', inPulse),
  programsOnAlsa: through('process', 'alsa', inAlsa),
  hostedOnPulse: through('audify', 'pulse', inRtAudio),
  hostedOnAlsa: through('audify', 'alsa', defaults),
  inProcessOnPulse: inProcess('pulse', inRtAudio),
  inProcessOnAlsa: inProcess('alsa', defaults),
} as const satisfies Readonly<Record<string, Route>>;

/** To whatever is the default. */
export const defaultRoutes = {
  programsOnPulse: through('process', 'pulse', defaults),
  hostedOnPulse: through('audify', 'pulse', defaults),
} as const satisfies Readonly<Record<string, Route>>;

/** The card as it is. */
const cardMicrophone = ({ env }: Pick<Place, 'env'>): AudioSource =>
  processMicrophone({ scheduler, env, api: 'alsa', device: 'kiosk_card' });

/**
 * To a card without a server. RtAudio leaves out a card whose loudspeaker is in use, and its microphone with it; so the microphone is
 * reached through the program.
 */
export const cardRoutes = {
  programs: through('process', 'alsa', ['kiosk_card', 'kiosk_card']),
  hosted: {
    ...routes.hostedOnAlsa,
    open: (place) => ({ ...routes.hostedOnAlsa.open(place), microphone: cardMicrophone(place) }),
  },
  inProcess: {
    ...routes.inProcessOnAlsa,
    open: (place) => ({ ...routes.inProcessOnAlsa.open(place), microphone: cardMicrophone(place) }),
  },
} as const satisfies Readonly<Record<string, Route>>;
