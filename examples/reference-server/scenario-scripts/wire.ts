import type { Wire } from '../wire.js';
import { type Scenario, type Stage, text, tone } from './scenario.js';

/** A fault of the connection, before and after data; the call stays open on this side of it. */
function faultOf(what: string, act: (wire: Wire) => void) {
  const happen = async ({ reply, wire }: Stage): Promise<void> => {
    await wire.quiet();
    act(wire);
    await reply.call.waitForGone();
  };
  return (name: string): { readonly [name: string]: Scenario } => ({
    [name]: { what: `${what}, before any data`, play: happen },
    [`${name}-after-data`]: {
      what: `text and 100 ms of audio, then: ${what}`,
      async play(stage) {
        await stage.reply.send(text('Half of it'));
        await stage.reply.send(tone(100));
        await happen(stage);
      },
    },
  });
}

/** What goes wrong under the protocol. */
export const wireScenarios = {
  ...faultOf('the connection is closed, FIN both ways', (wire) => wire.drop())('tcp-close'),
  ...faultOf('the connection is broken off, RST', (wire) => wire.reset())('tcp-reset'),
  ...faultOf('FIN towards the client alone', (wire) => wire.closeTowardsClient())('half-open'),
  ...faultOf('nothing passes any more, and nobody is told', (wire) => wire.blackHole())('black-hole'),
  'byte-drip': {
    what: 'text and 2 ms of audio, the first 300 bytes one by one, one each millisecond',
    async play({ reply, wire }) {
      wire.drip(300);
      await reply.send(text('Drop by drop.'));
      await reply.send(tone(2));
      await reply.finish();
    },
  },
  'goes-away': {
    what: 'text, then GOAWAY as from a server that is being restarted, then the rest and the end',
    async play({ reply, goAway }) {
      await reply.send(text('Half of it, '));
      goAway();
      await reply.call.waitUntil(reply.call.elapsedMs() + 200);
      await reply.send(text('and the other half.'));
      await reply.send(tone(100));
      await reply.finish();
    },
  },
} as const satisfies { readonly [name: string]: Scenario };
