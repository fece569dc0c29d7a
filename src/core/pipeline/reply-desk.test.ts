import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { audioFrame } from '../audio/audio-frame.js';
import type { PlayoutCommand } from '../playout/playout-types.js';
import type { UnstampedEvent } from './pipeline-event.js';
import { createReplyDesk } from './reply-desk.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const replyId = 'second';

/** A reply that the conversation has not accepted, of so many pieces; the desk keeps 3000. */
function waitingReply(pieces: number) {
  const told: UnstampedEvent[] = [];
  const played: PlayoutCommand[] = [];
  const desk = createReplyDesk({
    scheduler: createVirtualClock().scheduler,
    replyStallMs: 20_000,
    play: (command) => played.push(command),
    dispatch: () => {},
    tell: (event) => told.push(event),
    firstAudio: () => {},
  });
  const turn = { turnId: 'turn-1', revision: 1 };
  let sequence = 0;
  const audio = () =>
    desk.take({
      type: 'reply-audio',
      replyId,
      sequence: sequence++,
      frame: audioFrame(format, new Float32Array(16), 0),
    });
  desk.take({ type: 'reply-started', ...turn, replyId, interruptible: true });
  for (let n = 0; n < pieces; n++) audio();
  const facts = () =>
    told.flatMap((event) => (event.type === 'fact' ? [{ fact: event.fact, count: event.count }] : []));
  return { desk, turn, audio, played, facts };
}

describe('a reply whose turn to be played does not come', () => {
  it('tells at once that pieces are dropped, and how many once it is forgotten', () => {
    const { desk, turn, facts } = waitingReply(3025);
    expect(facts()).toEqual([{ fact: 'reply-audio-overflow', count: 1 }]);

    desk.cut(turn, undefined);

    expect(facts()).toEqual([
      { fact: 'reply-audio-overflow', count: 1 },
      { fact: 'reply-audio-overflow', count: 24 },
    ]);
  });

  it('tells nothing as long as all of it is kept, nor twice of one piece', () => {
    const kept = waitingReply(3000);
    kept.desk.cut(kept.turn, undefined);
    expect(kept.facts()).toEqual([]);

    const one = waitingReply(3001);
    one.desk.cut(one.turn, undefined);
    expect(one.facts()).toEqual([{ fact: 'reply-audio-overflow', count: 1 }]);
  });

  it('is played without what was dropped, which does not count as never come', () => {
    const { desk, audio, played, facts } = waitingReply(3025);
    desk.play(replyId);
    audio();
    desk.end(replyId);

    expect(played.filter(({ type }) => type === 'play')).toHaveLength(3001);
    expect(facts()).toEqual([
      { fact: 'reply-audio-overflow', count: 1 },
      { fact: 'reply-audio-overflow', count: 24 },
    ]);
  });
});
