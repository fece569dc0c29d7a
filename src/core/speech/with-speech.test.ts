import { EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeVoice } from '../../../test/support/fake-voice.js';
import { type ContractAnswer, describeUpstreamContract } from '../../testing/contracts/upstream.contract.js';
import type { Script, ScriptStep } from '../../testing/script.js';
import { scriptedUpstream } from '../../testing/scripted-upstream.js';
import { toneSynthesizer } from '../../testing/tone-synthesizer.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { UpstreamError } from '../errors.js';
import { withSpeech } from './with-speech.js';

const broken = new UpstreamError('UPSTREAM_UNREACHABLE', 'the line was cut; try again', { retryable: true });
const refused = new UpstreamError('UPSTREAM_REJECTED', 'not today; ask something else');

/** Words as a model writes them, one after the other. */
const words = (count: number): ScriptStep[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'text',
    text: ` word${index % 5 === 4 ? '. So' : ''}`,
    afterMs: 40,
  }));

const scripts: Record<ContractAnswer, Script> = {
  complete: [...words(12), { type: 'end' }],
  long: words(2000),
  fails: [{ type: 'fail', error: refused, afterMs: 10 }],
  silent: [],
  stalls: words(12),
  stops: [...words(12), { type: 'stop', afterMs: 10 }],
  drops: [...words(12), { type: 'lose-session', error: broken, afterMs: 10 }],
};

describeUpstreamContract(
  { describe, it, expect },
  {
    name: 'withSpeech over a service that sends text alone',
    silenceLimitMs: 8000,
    limitMs: 15_000,
    create() {
      const { scheduler, advanceBy } = createVirtualClock();
      let answer: ContractAnswer = 'complete';
      const upstream = scriptedUpstream({
        scheduler,
        firstMessageMs: 2000,
        betweenMessagesMs: 2000,
        answer: () => scripts[answer],
      });
      return {
        upstream: withSpeech(upstream, toneSynthesizer({ scheduler, realTimeFactor: 0.1 }), {
          scheduler,
          audioGraceMs: 0,
        }),
        answerWith: (next) => {
          answer = next;
        },
        advance: advanceBy,
        openCalls: upstream.openCalls,
        seenCalls: upstream.seenCalls,
        destroy: () => {},
      };
    },
  },
);

describe('withSpeech', () => {
  it('is what the service is in all that is not speech', () => {
    const { scheduler } = createVirtualClock();
    const format = { sampleRateHz: 16_000, channels: 1 };
    const upstream = { accepts: 'audio' as const, acceptsPartials: true, format, openSession: () => EMPTY };
    expect(withSpeech(upstream, fakeVoice(scheduler))).toMatchObject({
      accepts: 'audio',
      acceptsPartials: true,
      format,
    });
  });

  it('refuses options out of range where they are given', () => {
    const { scheduler } = createVirtualClock();
    const upstream = scriptedUpstream({ scheduler, answer: () => [] });
    expect(() => withSpeech(upstream, fakeVoice(scheduler), { maxFailures: 0 })).toThrow(
      /maxFailures must be .* but is 0/,
    );
  });
});
