import { afterEach, describe, expect, it } from 'vitest';
import { createFakeCard, type FakeCard } from '../virtual-kiosk/fake-card.js';
import { faulty, routeProblem, type Visit, visit, visitCard } from './failing.js';
import { expectToSurvive, replacedChildren } from './go-and-return.js';
import { cardPlace } from './places.js';
import { cardRoutes } from './routes.js';
import { waitUntil } from './wait-until.js';

for (const route of Object.values(cardRoutes)) {
  const problem = routeProblem(route, 'card');
  if (problem !== null) console.warn(`failures of sound cards over ${route.name}: skipped, ${problem}`);
  describe.skipIf(problem !== null)(
    `a conversation on a sound card without a server, over ${route.name}`,
    () => {
      let here: Visit<FakeCard>;
      afterEach(() => here.leave());

      it('gets over a card that is unplugged and comes back, and one that stands still', async () => {
        here = await visitCard(route);
        await expectToSurvive(here, faulty(here.site, 'unplugged'));
        // The clock of the card stands still, and nobody says so.
        const isReplaced = route.needsAudify && !route.isInProcess;
        await expectToSurvive(here, faulty(here.site, 'stalled'), isReplaced ? replacedChildren : undefined);
        await here.conversation.converse();
      });

      it('waits for a card that somebody else has', async () => {
        const card = await createFakeCard();
        card.setFault('busy', true);
        here = visit(card, cardPlace(card), route);
        const { conversation } = here;
        const lossesOf = (device: string) =>
          conversation.of('device-lost').filter((loss) => loss.device === device);
        await waitUntil(
          'it was tried twice',
          () => lossesOf('loudspeaker').length > 1 && lossesOf('microphone').length > 1,
        );
        for (const { error } of conversation.of('device-lost')) {
          expect(error, error.message).toMatchObject({ retryable: true });
          // What RtAudio cannot try it does not list.
          expect(route.needsAudify ? ['DEVICE_BUSY', 'DEVICE_NOT_FOUND'] : ['DEVICE_BUSY']).toContain(
            error.code,
          );
        }
        card.setFault('busy', false);
        await conversation.opened();
        await conversation.converse();
      });
    },
  );
}
