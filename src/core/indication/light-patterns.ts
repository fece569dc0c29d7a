import type { Indication } from '../ports/indicator.js';

/** A colour, and how it is come to. @public */
export interface LightStep {
  /** Range: 0..1, as the eye sees it. */
  readonly red: number;
  /** Range: 0..1. */
  readonly green: number;
  /** Range: 0..1. */
  readonly blue: number;
  /** Time that the change to it takes. 0 is at once. Units: ms. Range: 0..60000. */
  readonly fadeMs: number;
  /** Time that it then stays. Units: ms. Range: 0..3600000. */
  readonly holdMs: number;
}

/** Steps that are shown one after another, again and again; a single one stays. @public */
export type LightPattern = readonly LightStep[];

/** How each thing is shown. @public */
export type LightPatterns = Readonly<Record<Indication, LightPattern>>;

type Colour = readonly [red: number, green: number, blue: number];

const step = ([red, green, blue]: Colour, holdMs: number, fadeMs = 0): LightStep => ({
  red,
  green,
  blue,
  fadeMs,
  holdMs,
});
const steady = (colour: Colour): LightPattern => [step(colour, 0)];
const dark: Colour = [0, 0, 0];

const blue: Colour = [0, 0.35, 1];
const green: Colour = [0, 1, 0.2];
const amber: Colour = [1, 0.5, 0];
const red: Colour = [1, 0, 0];

/**
 * For lights with colours. Red is for the two in which nothing is heard.
 *
 * No two rely on the colour alone: whoever cannot tell red from green sees faulty flash, muted stay and listening stay brighter. No
 * pattern flashes more than three times a second (WCAG 2.2, 2.3.1).
 * @public
 */
export const colouredLightPatterns = {
  off: steady(dark),
  muted: steady([0.6, 0, 0]),
  faulty: [step(red, 200), step(dark, 200)],
  starting: [step([0.6, 0.6, 0.6], 0, 1000), step(dark, 0, 1000)],
  listening: steady(green),
  speaking: [step(blue, 100, 500), step([0, 0.2, 0.5], 0, 500)],
  unreachable: [step(amber, 200), step(dark, 200), step(amber, 200), step(dark, 1400)],
  thinking: [step([0, 0.8, 0.8], 250), step(dark, 250)],
  ready: steady([0.06, 0.06, 0.06]),
} as const satisfies LightPatterns;

const on: Colour = [1, 1, 1];

/**
 * For one light of one colour, which may be on or off and nothing between. On for as long as somebody is heard; each of the others has
 * a rhythm of its own, and dark is ready.
 * @public
 */
export const singleLightPatterns = {
  off: steady(dark),
  muted: [step(on, 100), step(dark, 2900)],
  faulty: [step(on, 200), step(dark, 200)],
  starting: [step(on, 1000), step(dark, 1000)],
  listening: steady(on),
  speaking: [step(on, 900), step(dark, 300)],
  unreachable: [step(on, 200), step(dark, 200), step(on, 200), step(dark, 1400)],
  thinking: [step(on, 400), step(dark, 400)],
  ready: steady(dark),
} as const satisfies LightPatterns;

function stepProblem(given: LightStep): string | undefined {
  const isLevel = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1;
  if (![given.red, given.green, given.blue].every(isLevel)) return 'red, green and blue must be from 0 to 1';
  if (!(given.fadeMs >= 0 && given.fadeMs <= 60_000)) return 'fadeMs must be from 0 to 60000 ms';
  if (!(given.holdMs >= 0 && given.holdMs <= 3_600_000)) return 'holdMs must be from 0 to 3600000 ms';
  return undefined;
}

/** What is wrong with a pattern, if anything. A rhythm without any time would never come to an end. */
export function patternProblem(pattern: LightPattern | undefined): string | undefined {
  if (!Array.isArray(pattern) || pattern.length === 0 || pattern.length > 100)
    return 'must have from 1 to 100 steps';
  for (const [index, given] of (pattern as LightPattern).entries()) {
    const problem = stepProblem(given);
    if (problem) return `step ${index + 1}: ${problem}`;
  }
  const lastsMs = (pattern as LightPattern).reduce((sum, { fadeMs, holdMs }) => sum + fadeMs + holdMs, 0);
  return pattern.length > 1 && lastsMs < 100 ? 'must last at least 100 ms before it begins anew' : undefined;
}
