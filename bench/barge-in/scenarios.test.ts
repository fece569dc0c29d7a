import { describe, expect, it } from 'vitest';
import { fullExtent, nearLevels, quickExtent, scenariosOf } from './scenarios.js';
import { speakers } from './speakers.js';

const training = scenariosOf('training', fullExtent);
const heldOut = scenariosOf('held-out', fullExtent);

describe('scenariosOf', () => {
  it('gives the same scenarios each time', () => {
    expect(scenariosOf('training', fullExtent)).toEqual(training);
    expect(scenariosOf('held-out', fullExtent)).toEqual(heldOut);
  });

  it('gives every scenario a name and a sound of its own', () => {
    const all = [...training, ...heldOut];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map((scenario) => JSON.stringify({ ...scenario, id: '' }))).size).toBe(all.length);
  });

  it('shares no room, no seed and no person between the halves', () => {
    const rooms = (half: typeof training) => new Set(half.map(({ place }) => place.seed));
    const persons = (half: 'training' | 'held-out') =>
      new Set(speakers.filter((speaker) => speaker.half === half).map(({ person }) => person));
    expect([...rooms(training)].filter((seed) => rooms(heldOut).has(seed))).toEqual([]);
    expect([...persons('training')].filter((person) => persons('held-out').has(person))).toEqual([]);
  });

  it('spreads delays, clocks, loudspeakers and levels over the places of each half', () => {
    for (const half of [training, heldOut]) {
      const places = [...new Map(half.map(({ place }) => [place.id, place])).values()];
      const values = <Key extends keyof (typeof places)[number]>(key: Key) =>
        new Set(places.map((place) => place[key]));
      expect(values('ppm')).toEqual(new Set([0, 20, -20, 50, -50, 100, -100]));
      expect(values('drive')).toEqual(new Set([0, 1, 2]));
      expect(values('delayMs').size).toBe(12);
      expect(values('roomModel').size).toBe(2);
      const levels = new Set(half.flatMap((one) => (one.kind === 'talk' ? [one.nearDb] : [])));
      expect(levels).toEqual(new Set(nearLevels));
    }
  });

  it('has an hour of echo after the first seconds in each half', () => {
    const ms = heldOut.flatMap(({ kind, place, durationMs }) =>
      kind === 'echo' && !place.isBeyondGoals ? [durationMs - 5500] : [],
    );
    expect(ms.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(60 * 60_000);
  });

  it('takes the places of the full extent when it is quick', () => {
    const places = new Set(heldOut.map(({ place }) => JSON.stringify(place)));
    const quick = scenariosOf('held-out', quickExtent);
    expect(quick.every(({ place }) => places.has(JSON.stringify(place)))).toBe(true);
    expect(quick.length).toBeLessThan(heldOut.length / 3);
  });
});
