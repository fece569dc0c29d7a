import type { Figures } from './figures.js';
import type { SoundName } from './sounds.js';

/** One of the things that must be reached on scenarios that nothing was tuned on. */
export interface Goal {
  readonly name: string;
  readonly most: number;
  readonly unit: string;
  readonly value: (figures: Figures) => number;
}

const missedPercent = (share: number) => 100 * share;

export const goals: readonly Goal[] = [
  { name: 'false cuts after the first 5 s', most: 0, unit: '', value: ({ steady }) => steady.cuts },
  {
    name: 'false ducks after the first 5 s',
    most: 1,
    unit: '/min',
    value: ({ steady }) => steady.ducksPerMinute,
  },
  { name: 'false cuts in the first 5 s', most: 0, unit: '', value: ({ first }) => first.cuts },
  {
    name: 'false cuts within 2 s of a change of the path',
    most: 0,
    unit: '',
    value: ({ change }) => change.cuts,
  },
  {
    name: 'missed, +6 to -6 dB',
    most: 1,
    unit: '%',
    value: ({ talkDownTo6 }) => missedPercent(talkDownTo6.missedShare),
  },
  {
    name: 'missed, -12 dB',
    most: 3,
    unit: '%',
    value: ({ talk }) => missedPercent(talk['-12']?.missedShare ?? Number.NaN),
  },
  {
    name: 'missed in the first 5 s',
    most: 10,
    unit: '%',
    value: ({ start }) => missedPercent(start.missedShare),
  },
  {
    name: 'onset to ducked, median',
    most: 130,
    unit: 'ms',
    value: ({ talkDownTo6 }) => talkDownTo6.duck.p50,
  },
  { name: 'onset to ducked, p90', most: 320, unit: 'ms', value: ({ talkDownTo6 }) => talkDownTo6.duck.p90 },
  {
    name: 'onset to silent, median',
    most: 280,
    unit: 'ms',
    value: ({ talkDownTo6 }) => talkDownTo6.silence.p50,
  },
  {
    name: 'onset to silent, p90',
    most: 480,
    unit: 'ms',
    value: ({ talkDownTo6 }) => talkDownTo6.silence.p90,
  },
  {
    name: 'coughs, claps and taps that cut',
    most: 0,
    unit: '',
    value: ({ sounds }) => cutsOf(sounds, ['cough', 'clap', 'tap']),
  },
  {
    name: 'hummed backchannels that cut, by their sound alone',
    most: 0,
    unit: '',
    value: ({ sounds }) => cutsOf(sounds, ['backchannel']),
  },
];

function cutsOf(sounds: Figures['sounds'], names: readonly SoundName[]): number {
  return names.reduce((sum, name) => sum + (sounds[name]?.cut ?? 0), 0);
}
