import { figuresFor, type ScoredScenario } from './evaluate.js';
import type { Figures } from './figures.js';
import { goals } from './goals.js';
import { type OurOptions, ourRule } from './rules.js';

/** How much a false alarm or a miss beyond its goal weighs against time. */
const weights: Readonly<Record<string, number>> = {
  'false cuts after the first 5 s': 4,
  'false cuts in the first 5 s': 2,
  'false cuts within 2 s of a change of the path': 2,
  'false ducks after the first 5 s': 6,
  'missed, +6 to -6 dB': 2,
  'missed, -12 dB': 0.5,
  'missed in the first 5 s': 0.3,
  'coughs, claps and taps that cut': 0.3,
  // Words tell what sound cannot.
  'hummed backchannels that cut, by their sound alone': 0.05,
};
/** Times count in parts of their goal, and are aimed at with something to spare: the other half is not this one. */
const timeWeight = 8;
const aimedAt = 0.93;
/** Being still better is worth next to nothing: what is to spare is better spent on being sure. */
const worthOfMore = 0.02;
const capMs = 1500;
/** Of the other goals 80 % are aimed at. */
const margin = 0.8;
/** What a false cut weighs that a hastier rule would have made: it was close. */
const closeCutWeight = 0.5;

/** How far from the goals. 0 would be all of them reached in no time. */
export function costOf(figures: Figures): number {
  let cost = 0;
  for (const { name, most, unit, value } of goals) {
    const measured = Math.min(value(figures), capMs);
    if (Number.isNaN(measured)) continue;
    const part = measured / most;
    cost +=
      unit === 'ms'
        ? timeWeight * (Math.max(0, part - aimedAt) + worthOfMore * part)
        : (weights[name] ?? 1) * (Math.max(0, measured - margin * most) + worthOfMore * measured);
  }
  return cost;
}

/** The same rule with a window or two less to think. */
function hastier({ combined, utterances }: OurOptions): OurOptions {
  return {
    combined: { ...combined, doubtedMinSpeechMs: Math.max(0, combined.doubtedMinSpeechMs - 64) },
    utterances: { ...utterances, minSpeechMs: Math.max(32, utterances.minSpeechMs - 64) },
  };
}

/** One number of the rule that may be varied. */
interface Knob {
  readonly name: string;
  readonly values: readonly number[];
  readonly set: (options: OurOptions, value: number) => OurOptions;
}

const combinedKnob = (name: keyof OurOptions['combined'], values: readonly number[]): Knob => ({
  name,
  values,
  set: (options, value) => ({ ...options, combined: { ...options.combined, [name]: value } }),
});
const utteranceKnob = (name: keyof OurOptions['utterances'], values: readonly number[]): Knob => ({
  name,
  values,
  set: (options, value) => ({ ...options, utterances: { ...options.utterances, [name]: value } }),
});

const knobs: readonly Knob[] = [
  utteranceKnob('startThreshold', [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
  utteranceKnob('stopThreshold', [0.15, 0.25, 0.35, 0.45]),
  utteranceKnob('minSpeechMs', [64, 96, 128, 160, 192, 224, 256, 288]),
  utteranceKnob('gapToleranceMs', [64, 100, 130, 160, 200, 260]),
  utteranceKnob('certainThreshold', [0.8, 0.85, 0.9, 0.95]),
  utteranceKnob('uncertainShare', [0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1]),
  utteranceKnob('uncertainForMs', [320, 400, 500, 640]),
  combinedKnob('suspicionWeight', [0, 0.15, 0.3, 0.5]),
  combinedKnob('secondWeight', [0.2, 0.3, 0.4, 0.5, 0.6]),
  combinedKnob('agreementThreshold', [0.3, 0.4, 0.5, 0.6, 0.7]),
  combinedKnob('aloneShare', [0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1]),
  combinedKnob('trustedConfidence', [0.2, 0.35, 0.5, 0.65, 0.8, 0.9]),
  combinedKnob('doubtedAloneShare', [0.25, 0.4, 0.5, 0.75, 1]),
  combinedKnob('doubtedMinSpeechMs', [96, 128, 160, 192, 224, 256, 320, 384]),
];

/** Knobs that stand in for one another: turned one at a time they would stay where they are. */
const pairs = (
  [
    ['minSpeechMs', 'aloneShare'],
    ['minSpeechMs', 'uncertainShare'],
    ['minSpeechMs', 'startThreshold'],
    ['secondWeight', 'agreementThreshold'],
    ['trustedConfidence', 'doubtedMinSpeechMs'],
  ] as const
).map((names) => names.map((name) => knobs.find((knob) => knob.name === name)) as [Knob, Knob]);

/** What was found, and how it came about. */
export interface Tuning {
  readonly options: OurOptions;
  readonly cost: number;
  readonly steps: readonly string[];
}

/**
 * Look for better numbers: one knob after the other, then pairs of them, until nothing gets better.
 *
 * @param scored - of the training half only.
 */
export function tune(
  from: OurOptions,
  scored: readonly ScoredScenario[],
  frontEnds: readonly ('linear' | 'webrtc')[],
  tell: (line: string) => void = () => undefined,
): Tuning {
  // Only where nobody speaks can a cut be close and wrong.
  const nobody = scored.filter(({ marks }) => marks.nearEvents.length === 0);
  const costs = (options: OurOptions): number => {
    try {
      const { steady, first, change } = figuresFor(ourRule('hastier', frontEnds, hastier(options)), nobody);
      const close = steady.cuts + 0.5 * (first.cuts + change.cuts);
      return costOf(figuresFor(ourRule('tuned', frontEnds, options), scored)) + closeCutWeight * close;
    } catch {
      // Two knobs that exclude each other, such as a stop above the start.
      return Number.POSITIVE_INFINITY;
    }
  };
  let best = from;
  let cost = costs(from);
  const steps = [`start: ${cost.toFixed(2)}`];
  let isBetter = false;
  const tryOne = (options: OurOptions, what: string): void => {
    const costTried = costs(options);
    if (!(costTried < cost - 1e-3)) return;
    best = options;
    cost = costTried;
    isBetter = true;
    const step = `${what}: ${cost.toFixed(2)}`;
    steps.push(step);
    tell(step);
  };
  do {
    isBetter = false;
    for (const { name, values, set } of knobs) {
      for (const value of values) tryOne(set(best, value), `${name} ${value}`);
    }
    for (const [one, other] of pairs) {
      // From where this pair began: each combination of the two is tried once.
      const start = best;
      for (const a of one.values) {
        for (const b of other.values) {
          tryOne(other.set(one.set(start, a), b), `${one.name} ${a}, ${other.name} ${b}`);
        }
      }
    }
  } while (isBetter);
  return { options: best, cost, steps };
}
