import { afterAll, beforeAll, describe, it } from 'vitest';
import type { VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';
import { killed, routeProblem, unplugged, type Visit, visitKiosk } from './failing.js';
import { expectToSurvive } from './go-and-return.js';
import { routes } from './routes.js';

for (const route of [routes.programsOnPulse, routes.hostedOnPulse]) {
  const problem = routeProblem(route, 'pipewire');
  if (problem !== null) console.warn(`failures of PipeWire over ${route.name}: skipped, ${problem}`);
  describe.skipIf(problem !== null)(`a conversation on PipeWire over ${route.name}`, () => {
    let here: Visit<VirtualKiosk>;
    beforeAll(async () => {
      here = await visitKiosk(route, 'pipewire');
    });
    afterAll(() => here.leave());

    it('gets over a sound server that is killed and started again', () =>
      expectToSurvive(here, killed(here.site)));

    it('gets over devices that are unplugged and come back', () =>
      expectToSurvive(here, unplugged(here.site)));

    it('is as good as before after all of that', () => here.conversation.converse());
  });
}
