import type { DemoRecordings } from '../measure-demo.js';
import type { TimelineBargeIn, TimelineTurn } from '../timeline/data.js';

const rate = 48_000;
const fillerDelayMs = 400;

/** What goes wrong in a demo made for the tests. Everything else is as it should be. */
export interface Faults {
  /** How late the filler of the first turn is. */
  readonly fillerLateMs?: number;
  /** Milliseconds left out in the middle of the first reply. */
  readonly lostMs?: number;
  /** Silence inside the first reply. */
  readonly gapMs?: number;
  /** Gain of 300 ms of the first reply. */
  readonly strayGain?: number;
  /** From the onset of the barge-in to the end of the duck's ramp. */
  readonly duckedAfterMs?: number;
  /** From the onset of the barge-in to silence. */
  readonly silentAfterMs?: number;
  /** Milliseconds of the cut reply that are played once more, later. */
  readonly ghostMs?: number;
  /** Gain of that. */
  readonly ghostGain?: number;
  /** How long the cough keeps the reply ducked. */
  readonly coughDuckedForMs?: number;
  /** Gain while the cough ducks. */
  readonly coughGain?: number;
  /** Milliseconds lost under the cough. */
  readonly coughLostMs?: number;
  /** The first two replies change places. */
  readonly swapped?: boolean;
  /** What the summary adds to what was heard. */
  readonly boastMs?: number;
  /** The second barge-in leaves the filler playing. */
  readonly fillerGoesOn?: boolean;
}

/** Noise with the rhythm of speech: syllables, pauses, the same for the same seed, rounded to 16 bits. */
export function babble(seed: number, lengthMs: number): Float32Array {
  let state = seed >>> 0;
  let [low, slow] = [0, 0];
  return Float32Array.from({ length: (lengthMs * rate) / 1000 }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    low += 0.2 * (state / 2 ** 31 - 1 - low);
    slow += 0.05 * (low - slow);
    const t = i / rate;
    const syllable = Math.max(0, Math.sin(t * 24 + seed) + 0.55);
    return quantised(slow * 1.6 * syllable);
  });
}

function quantised(sample: number): number {
  return Math.round(Math.max(-1, Math.min(1, sample)) * 32_767) / 32_768;
}

/** A demo of four turns: a filler and a reply, a reply that is cut, one that is coughed at, and a cut filler. */
export function syntheticDemo(faults: Faults = {}): DemoRecordings {
  const microphone = babble(99, 34_000).map((sample) => sample * 0.0005);
  const loudspeaker = new Float32Array(34 * rate);
  const sent = new Map([
    ['t1', babble(1, 3000)],
    ['t2', babble(2, 6000)],
    ['t3', babble(3, 4000)],
    ['t4', babble(4, 2000)],
  ]);
  const reply = (turnId: string) => sent.get(turnId) ?? new Float32Array(0);
  const say = (atMs: number, lengthMs: number) =>
    add(microphone, atMs, babble(50 + atMs, lengthMs).map(boosted));

  // Turn 1: filler at 2400, cross-faded into the reply at 3400.
  say(500, 1200);
  const fillerMs = 2400 + (faults.fillerLateMs ?? 0);
  add(loudspeaker, fillerMs, faded(babble(11, 1060), 60));
  const first = reply(faults.swapped === true ? 't2' : 't1').subarray(0, 3 * rate);
  const middle = rate;
  const whole = first.map((sample, i) => (i < 2880 ? quantised((sample * i) / 2880) : sample));
  const stray = whole.map((sample, i) =>
    i > rate && i < rate + 14_400 ? quantised(sample * (faults.strayGain ?? 1)) : sample,
  );
  const skipped = Math.round(((faults.lostMs ?? 0) * rate) / 1000);
  add(loudspeaker, fillerMs + 1000, stray.subarray(0, middle));
  add(loudspeaker, fillerMs + 2000 + (faults.gapMs ?? 0), stray.subarray(middle + skipped));

  // Turn 2: a reply at 10400 that is cut by what is said at 12300.
  say(8500, 1200);
  const second = reply(faults.swapped === true ? 't1' : 't2');
  const [ducked, silent] = [faults.duckedAfterMs ?? 100, faults.silentAfterMs ?? 260];
  add(
    loudspeaker,
    10_400,
    shapedBy(second, (ms) => cutGain(ms - 1900, ducked, silent)).subarray(0, ((1900 + silent) * rate) / 1000),
  );
  say(12_300, 1200);

  // Turn 3: a reply at 15000 with a cough at 16000.
  const cough = faults.coughDuckedForMs ?? 300;
  const coughed = shapedBy(reply('t3'), (ms) => duckGain(ms - 1120, cough, faults.coughGain ?? 0.2));
  const lost = Math.round(((faults.coughLostMs ?? 0) * rate) / 1000);
  add(loudspeaker, 15_000, coughed.subarray(0, 1.2 * rate));
  add(loudspeaker, 16_200, coughed.subarray(1.2 * rate + lost));
  say(16_000, 200);
  const ghost = second.subarray(4 * rate, 4 * rate + ((faults.ghostMs ?? 0) * rate) / 1000);
  add(
    loudspeaker,
    20_000,
    ghost.map((sample) => quantised(sample * (faults.ghostGain ?? 1))),
  );

  // Turn 4: a filler at 24400 that is cut by what is said at 24900; its reply is at 28500.
  say(22_500, 1200);
  const filler = shapedBy(babble(12, 2000), (ms) =>
    faults.fillerGoesOn === true ? 1 : cutGain(ms - 500, ducked, silent),
  );
  add(loudspeaker, 24_400, filler);
  say(24_900, 1500);
  add(loudspeaker, 28_500, reply('t4'));

  const turn = (
    turnId: string,
    turnEndedMs: number,
    fillerHeardMs: number | null,
    firstReplyHeardMs: number,
    replyHeardMs: number,
  ): TimelineTurn => ({
    turnId,
    said: turnId,
    answered: turnId,
    endOfSpeechMs: turnEndedMs - 500,
    turnEndedMs,
    fillerHeardMs,
    firstReplyHeardMs,
    replyHeardMs: replyHeardMs + (faults.boastMs ?? 0),
    outcome: 'answered',
  });
  const turns = [
    turn('t1', 2000, fillerMs, fillerMs + 1000, 3000),
    turn('t2', 10_000, null, 10_400, 1900 + silent),
    turn('t3', 14_000, null, 15_000, 4000),
    turn('t4', 27_500, null, 28_500, 2000),
  ];
  const bargeIns: readonly TimelineBargeIn[] = [
    {
      kind: 'reply',
      speechOnsetMs: 12_300,
      duckedMs: 12_300 + ducked,
      silentMs: 12_300 + silent,
      restoredMs: null,
    },
    {
      kind: 'cough',
      speechOnsetMs: 16_000,
      duckedMs: 16_150,
      silentMs: null,
      restoredMs: 16_120 + cough + 30,
    },
    {
      kind: 'filler',
      speechOnsetMs: 24_900,
      duckedMs: 24_900 + ducked,
      silentMs: 24_900 + silent,
      restoredMs: null,
    },
  ];
  const totals = { turns: 4, answered: 4, bargeIns: 2, coughs: 1, durationMs: 34_000, fillerDelayMs };
  return {
    microphone: { sampleRateHz: rate, samples: microphone },
    loudspeaker: { sampleRateHz: rate, samples: loudspeaker.map(quantised) },
    summary: { turns, bargeIns, totals },
    readSent: (turnId) => ({ sampleRateHz: rate, samples: reply(turnId) }),
  };
}

/** Speech that begins at once, whatever its rhythm. */
function boosted(sample: number, i: number): number {
  return sample * 1.5 + (i < 2400 ? 0.2 * Math.sin(i / 20) : 0);
}

function add(into: Float32Array, atMs: number, samples: Float32Array): void {
  const from = Math.round((atMs * rate) / 1000);
  samples.forEach((sample, i) => {
    into[from + i] = (into[from + i] ?? 0) + sample;
  });
}

function faded(samples: Float32Array, overMs: number): Float32Array {
  const over = (overMs * rate) / 1000;
  return samples.map((sample, i) => quantised(sample * Math.min(1, (samples.length - i) / over)));
}

function shapedBy(samples: Float32Array, gainAt: (ms: number) => number): Float32Array {
  return samples.map((sample, i) => {
    const gain = gainAt((i * 1000) / rate);
    return gain === 1 ? sample : quantised(sample * gain);
  });
}

/** Full, then down to a tenth in a ramp of 30 ms that ends at `ducked`, then nothing from `silent` on. */
function cutGain(ms: number, ducked: number, silent: number): number {
  if (ms < ducked - 30) return 1;
  if (ms >= silent) return 0;
  return Math.max(0.1, 1 - (0.9 * (ms - ducked + 30)) / 30);
}

/** Full, then down in a ramp of 30 ms, and up again after `lastsMs`. */
function duckGain(ms: number, lastsMs: number, low: number): number {
  if (ms < 0) return 1;
  const depth = Math.min(1, ms / 30, Math.max(0, (lastsMs + 30 - ms) / 30));
  return 1 - (1 - low) * depth;
}
