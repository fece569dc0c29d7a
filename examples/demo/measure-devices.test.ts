import { describe, expect, it } from 'vitest';
import { type Faults, syntheticDemo } from './measure/synthetic-demo.js';
import { type DemoRecordings, measureDemo } from './measure-demo.js';

describe('measureDemo on what a real device leaves', () => {
  const rate = 48_000;
  const failed = (demo: DemoRecordings) =>
    measureDemo(demo)
      .filter(({ ok }) => !ok)
      .map(({ subject, what }) => `${subject}: ${what}`);

  /** The loudspeaker ran dry at these samples of the first reply, for so many; the silence behind it is shorter by that. */
  function dry(
    demo: DemoRecordings,
    gaps: readonly (readonly [at: number, length: number])[],
  ): DemoRecordings {
    const { samples } = demo.loudspeaker;
    const dried = new Float32Array(samples.length);
    let [from, late] = [0, 0];
    for (const [at, length] of gaps) {
      const to = 3400 * 48 + at;
      dried.set(samples.subarray(from, to), from + late);
      [from, late] = [to, late + length];
    }
    dried.set(samples.subarray(from, 7000 * 48), from + late);
    dried.set(samples.subarray(7000 * 48 + late), 7000 * 48 + late);
    return { ...demo, loudspeaker: { sampleRateHz: rate, samples: dried } };
  }

  it('follows a reply through gaps, however short they are and however close to each other', () => {
    const bursts = [6000, 40_000, 90_000].flatMap((burst) =>
      Array.from({ length: 12 }, (_, i) => [burst + 400 * i + 37 * (i % 7), 7 + 240 * (i % 3)] as const),
    );
    const checks = measureDemo(dry(syntheticDemo(), [[4000, 1200], ...bursts]));

    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const reply = checks.find(({ what, subject }) => subject === 't1' && what.includes('complete'));
    expect(reply?.measured).toMatch(/^3000 of 3000 ms: .*, 210 ms of gaps$/);
  });

  it('finds one sample that is missing at a gap', () => {
    const demo = dry(syntheticDemo({ lostMs: 1 / 48 }), [[rate, 480]]);

    expect(failed(demo)).toContain('t1: reply complete and in order');
  });

  /** The same sound as the microphone captured, this much later: what it captured was stamped too early. */
  const heardLater = (ms: number): DemoRecordings => {
    const demo = syntheticDemo();
    const room = new Float32Array(demo.microphone.samples.length);
    room.set(demo.microphone.samples.subarray(0, room.length - ms * 48), ms * 48);
    return {
      ...demo,
      summary: { ...demo.summary, place: 'virtual-kiosk' },
      room: { sampleRateHz: rate, samples: room },
    };
  };

  it('holds what was captured against what was in the room', () => {
    expect(failed(heardLater(8))).toEqual([]);
    expect(failed(heardLater(15))).toEqual([
      'barge-in (reply) 1: captured as it was in the room, and when',
      'cough 2: captured as it was in the room, and when',
      'barge-in (filler) 3: captured as it was in the room, and when',
    ]);
  });

  it.each<[string, 'files' | 'devices', Faults, readonly string[]]>([
    ['files no more for a duck', 'files', { duckedAfterMs: 140 }, ['gain of the reply down by 12 dB']],
    ['a device 30 ms more for a duck', 'devices', { duckedAfterMs: 140 }, []],
    ['a device no more than that', 'devices', { duckedAfterMs: 180 }, ['gain of the reply down by 12 dB']],
    [
      'a device no more for silence',
      'devices',
      { silentAfterMs: 460 },
      ['silent after the onset, until the turn ends'],
    ],
  ])('allows %s', (_, place, faults, expected) => {
    const demo = syntheticDemo(faults);
    const found = failed({ ...demo, summary: { ...demo.summary, place } });

    for (const what of expected) expect(found).toContain(`barge-in (reply) 1: ${what}`);
    if (expected.length === 0) expect(found).toEqual([]);
  });
});
