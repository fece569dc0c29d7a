import type { DeviceRole } from 'earshot';
import { audifyKioskProblem, inEnvironment } from '../support/audify-kiosk.js';
import {
  createFakeCard,
  type FakeCard,
  type FakeCardFault,
  fakeCardProblem,
} from '../virtual-kiosk/fake-card.js';
import type { DeviceEntry } from '../virtual-kiosk/pactl.js';
import { isInstalled, type KioskServer, kioskProblem } from '../virtual-kiosk/problem.js';
import { kioskDevices } from '../virtual-kiosk/room.js';
import { createVirtualKiosk, type VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import type { Failure } from './go-and-return.js';
import { type LiveConversation, startConversation } from './live-conversation.js';
import { cardPlace, kioskPlace, type Place } from './places.js';
import { programsOfDevices } from './resource-usage.js';
import type { Route } from './routes.js';
import { waitUntil } from './wait-until.js';

const loses = ['loudspeaker', 'microphone'] as const;
const now = (): number => performance.now();

/** SIGKILL, and a new server afterwards, which is back when all of its devices are there. */
export const killed = (kiosk: VirtualKiosk): Failure => ({
  loses,
  strike: () => kiosk.killServer(),
  mend: async () => {
    await kiosk.restartServer();
    return now();
  },
});

/** The server stands still. */
export const frozen = (kiosk: VirtualKiosk): Failure => ({
  loses,
  strike: async () => kiosk.freezeServer(true),
  mend: async () => {
    kiosk.freezeServer(false);
    return now();
  },
});

const suspending = (kiosk: VirtualKiosk, devices: readonly DeviceRole[]): Failure => {
  const suspend = (isSuspended: boolean): Promise<unknown> =>
    Promise.all(
      devices.map((device) =>
        device === 'loudspeaker'
          ? kiosk.suspendLoudspeaker(isSuspended)
          : kiosk.suspendMicrophone(isSuspended),
      ),
    );
  return {
    loses: devices,
    strike: () => suspend(true),
    mend: async () => {
      const backMs = now();
      await suspend(false);
      return backMs;
    },
  };
};

export const suspended = (kiosk: VirtualKiosk): Failure => suspending(kiosk, loses);

/** For what cannot bear a microphone that is suspended. */
export const suspendedLoudspeaker = (kiosk: VirtualKiosk): Failure => suspending(kiosk, ['loudspeaker']);

/** Both plugs are pulled while other devices are there, to which the server moves the streams: a microphone to a monitor. */
export const unplugged = (kiosk: VirtualKiosk): Failure => {
  let modules: readonly string[] = [];
  return {
    loses,
    async prepare() {
      await kiosk.addSecondLoudspeaker();
      const { list } = kiosk.pactl;
      const [sinks, sources] = await Promise.all([list<DeviceEntry>('sinks'), list<DeviceEntry>('sources')]);
      const { loudspeaker, microphone } = kioskDevices;
      modules = [...sinks, ...sources]
        .filter(({ name }) => name === loudspeaker || name === microphone)
        .map((device) => String(device.owner_module));
    },
    strike: () => Promise.all(modules.map((module) => kiosk.pactl('unload-module', module))),
    async mend() {
      // They are gone, and the rig has to know.
      await kiosk.unloadLoudspeaker();
      await kiosk.unloadMicrophone();
      const backMs = now();
      await Promise.all([kiosk.reloadLoudspeaker(), kiosk.reloadMicrophone()]);
      return backMs;
    },
  };
};

/** Something is wrong with the card for a while. */
export const faulty = (card: FakeCard, fault: FakeCardFault): Failure => ({
  loses,
  strike: async () => card.setFault(fault, true),
  mend: async () => {
    card.setFault(fault, false);
    return now();
  },
});

/** A conversation at a place of its own. */
export interface Visit<Site> {
  readonly site: Site;
  readonly place: Place;
  readonly conversation: LiveConversation;
  /** Leaves nothing behind, or rejects; children for devices, which stay for seconds in case that somebody opens them again, only when asked to wait. */
  leave(waitsForChildren?: boolean): Promise<void>;
}

/** Begin one. */
export function visit<Site extends { teardown(): Promise<void> }>(
  site: Site,
  place: Place,
  route: Route,
): Visit<Site> {
  const putBack = route.isInProcess ? inEnvironment(place.env) : () => {};
  const conversation = startConversation(place, route.open(place));
  return {
    site,
    place,
    conversation,
    async leave(waitsForChildren = false) {
      conversation.close();
      const isLeft = (line: string): boolean => waitsForChildren || !line.includes('devices/audify/host.');
      await waitUntil('nothing is left', () => !programsOfDevices().some(isLeft)).finally(async () => {
        putBack();
        await site.teardown();
      });
    },
  };
}

/** On a kiosk. Nothing cancels echoes there, so that there are none. */
export async function visitKiosk(
  route: Route,
  server: KioskServer = 'pulseaudio',
  loudspeaker?: () => string,
): Promise<Visit<VirtualKiosk>> {
  const kiosk = await createVirtualKiosk({ server, echoDb: -Infinity });
  return visit(kiosk, kioskPlace(kiosk, loudspeaker), route);
}

/** On a sound card without a server. */
export async function visitCard(route: Route): Promise<Visit<FakeCard>> {
  const card = await createFakeCard();
  return visit(card, cardPlace(card), route);
}

/** Why a route cannot be tried here; null where it can. */
export function routeProblem(route: Route, on: KioskServer | 'card'): string | null {
  const here = on === 'card' ? cardProblem() : kioskProblem(on);
  return here ?? (route.needsAudify ? audifyKioskProblem() : null);
}

const cardProblem = (): string | null =>
  fakeCardProblem() ?? (isInstalled('aplay') ? null : 'aplay is not installed; apt-get install alsa-utils');
