import { afterAll, beforeAll, describe, it } from 'vitest';
import type { VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import {
  frozen,
  killed,
  routeProblem,
  suspended,
  suspendedLoudspeaker,
  unplugged,
  type Visit,
  visitKiosk,
} from './failing.js';
import { expectToSurvive, type Failure, replacedChildren } from './go-and-return.js';
import { type Route, routes } from './routes.js';

const { programsOnPulse, programsOnAlsa, hostedOnPulse, hostedOnAlsa } = routes;

/** What is tried on each. A library in this process is stopped, and this process with it, by a server that stands still. */
const failures: readonly {
  readonly what: string;
  readonly failure: (kiosk: VirtualKiosk) => Failure;
  readonly routes: readonly Route[];
}[] = [
  { what: 'a sound server that is killed and started again', failure: killed, routes: Object.values(routes) },
  {
    what: 'devices that are suspended and resumed',
    failure: suspended,
    routes: [programsOnPulse, programsOnAlsa, hostedOnPulse],
  },
  {
    // The plugin of ALSA for sound servers keeps a core busy in this library while its source is suspended.
    what: 'a loudspeaker that is suspended and resumed',
    failure: suspendedLoudspeaker,
    routes: [hostedOnAlsa],
  },
  { what: 'a sound server that stands still', failure: frozen, routes: [programsOnPulse, hostedOnPulse] },
  {
    what: 'devices that are unplugged and come back, with the streams moved elsewhere meanwhile',
    failure: unplugged,
    routes: [programsOnPulse, hostedOnPulse],
  },
];

for (const route of Object.values(routes)) {
  const problem = routeProblem(route, 'pulseaudio');
  if (problem !== null) console.warn(`failures over ${route.name}: skipped, ${problem}`);
  describe.skipIf(problem !== null)(`a conversation over ${route.name}`, () => {
    let here: Visit<VirtualKiosk>;
    beforeAll(async () => {
      here = await visitKiosk(route);
    });
    // What the last of the routes with children leaves is waited for by the next one.
    afterAll(() => here.leave(!route.name.startsWith('audify') || route.isInProcess));

    for (const { what, failure } of failures.filter((each) => each.routes.includes(route))) {
      it(`gets over ${what}`, async () => {
        const replaces = route.needsAudify && failure !== killed && failure !== unplugged;
        await expectToSurvive(here, failure(here.site), replaces ? replacedChildren : undefined);
      });
    }

    it('is as good as before after all of that', () => here.conversation.converse());
  });
}
