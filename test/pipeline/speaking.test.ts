import { audioFrame, createTimeBase, type PlayoutOwner } from 'earshot';
import { memoryLoudspeaker } from 'earshot/devices/memory';
import { createVirtualClock } from 'earshot/testing';
import { describe, expect, it } from 'vitest';
import { resolvePipelineOptions } from '../../src/core/pipeline/pipeline-options.js';
import { createSpeaking, type SpeakingEvent } from '../../src/core/pipeline/speaking.js';
import { randomOf } from '../support/random.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const sound = (ms: number) => audioFrame(format, new Float32Array(ms * 16).fill(0.2), 0);

/** Speaks as a conversation does, over a loudspeaker that comes and goes, for half a minute. */
function story(seed: number) {
  const random = randomOf(seed);
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const loudspeaker = memoryLoudspeaker({ timeBase: createTimeBase(scheduler), maxRecordedMs: 0, format });
  const settings = resolvePipelineOptions({ scheduler, patience: { loudspeakerTimeoutMs: 800 } });
  const speaking = createSpeaking(loudspeaker, settings, () => {});
  const spoken: string[] = [];
  const endings: SpeakingEvent[] = [];
  let reply: PlayoutOwner | undefined;
  let restless = true;

  const owner = (kind: PlayoutOwner['kind']): PlayoutOwner => {
    const made = { kind, id: `${kind}-${spoken.length}` };
    spoken.push(made.id);
    return made;
  };
  const speakFiller = () => {
    const filler = owner('filler');
    speaking.command({ type: 'play', owner: filler, frame: sound(random.integer(50, 900)) });
    speaking.command({ type: 'end', owner: filler });
  };
  const endReply = () => {
    if (!reply) return;
    const ending = reply;
    reply = undefined;
    speaking.command({ type: 'end', owner: ending });
  };
  if (random.next() < 0.3) loudspeaker.vanish();
  const subscription = speaking.events$.subscribe((event) => {
    if (event.type === 'playout-ended') endings.push(event);
    // Nobody wants the rest of it any more; somebody may be told so.
    if (event.type === 'playout-lost' || (event.type === 'playout-ended' && event.reason === 'cut')) {
      reply = undefined;
      if (restless && random.next() < 0.2) speakFiller();
    }
  });
  const steps = {
    filler: () => {
      endReply();
      speakFiller();
    },
    reply: () => {
      if (reply && random.next() < 0.4) endReply();
      reply ??= owner('reply');
      speaking.command({ type: 'play', owner: reply, frame: sound(random.integer(1, 400)) });
    },
    nothingToSay: () => {
      endReply();
      speaking.command({ type: 'end', owner: owner('reply') });
    },
    cut: () => {
      reply = undefined;
      speaking.command({ type: 'cut' });
    },
    duck: () => speaking.command({ type: 'duck' }),
    restore: () => speaking.command({ type: 'restore' }),
    vanish: () => loudspeaker.vanish(),
    comeBack: () => loudspeaker.comeBack(),
  };
  for (let n = 0; n < 60; n += 1) {
    const { filler, reply: say, nothingToSay, cut, duck, restore, vanish, comeBack } = steps;
    random.pick(filler, say, say, say, nothingToSay, cut, duck, restore, vanish, comeBack, comeBack)();
    clock.advanceBy(random.pick(0, random.integer(1, 40), random.integer(1, 1500)));
  }
  restless = false;
  loudspeaker.comeBack();
  endReply();
  clock.advanceBy(20_000);
  subscription.unsubscribe();
  return { spoken, endings };
}

describe('speaking', () => {
  it('ends each thing that is spoken exactly once, whatever becomes of the loudspeaker', () => {
    let ended = 0;
    const reasons = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const { spoken, endings } = story(seed);
      const ids = endings.flatMap((event) => (event.type === 'playout-ended' ? [event.owner.id] : []));
      expect([...ids].sort(), `seed ${seed}`).toEqual([...spoken].sort());
      ended += ids.length;
      for (const event of endings) if (event.type === 'playout-ended') reasons.add(event.reason);
    }
    expect(ended).toBeGreaterThan(500);
    expect([...reasons].sort()).toEqual(['cut', 'handed-over', 'heard']);
  });
});
