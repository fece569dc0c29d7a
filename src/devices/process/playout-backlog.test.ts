import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { createPlayoutBacklog } from './playout-backlog.js';

function backlogAt48() {
  const clock = createVirtualClock();
  const lost: string[] = [];
  const backlog = createPlayoutBacklog(48_000, clock.scheduler, (how) => lost.push(how));
  return { clock, backlog, lost };
}

describe('what waits for a player', () => {
  it('is allowed to be two seconds, of which the played does not count', () => {
    const { clock, backlog, lost } = backlogAt48();
    for (let second = 1; second < 3600; second += 1) {
      backlog.wrote(48_000);
      backlog.played(48_000 * (second - 1));
      clock.advanceBy(1000);
    }
    expect(lost).toEqual([]);
    expect(backlog.written).toBe(3599 * 48_000);
  });

  it('is a loss when it gets more, told once and not while it is being written', () => {
    const { clock, backlog, lost } = backlogAt48();
    backlog.wrote(96_000);
    clock.advanceBy(10);
    expect(lost).toEqual([]);
    backlog.wrote(1);
    backlog.wrote(1);
    expect(lost).toEqual([]);
    clock.advanceBy(1);
    expect(lost).toEqual(['has not played 2000 ms of what it was given']);
  });

  it('is nobody’s matter once it is closed', () => {
    const { clock, backlog, lost } = backlogAt48();
    backlog.wrote(200_000);
    backlog.close();
    clock.advanceBy(100);
    expect(lost).toEqual([]);
  });
});
