import type { PlaceClass } from './breakdown.js';
import type { LevelChanges } from './evaluate.js';
import { deviceMs, type Figures, type Latencies } from './figures.js';
import { goals } from './goals.js';

/** One contender's figures. */
export interface Row {
  readonly name: string;
  readonly figures: Figures;
}

/** All that a report tells. */
export interface Results {
  readonly when: string;
  readonly half: string;
  readonly machine: string;
  readonly missing: readonly string[];
  readonly unscored: number;
  readonly rows: readonly Row[];
  /** Clocks 100 ppm apart. */
  readonly beyond: readonly Row[];
  readonly levels: Readonly<Record<string, LevelChanges>>;
  readonly curves: readonly Curve[];
  /** Where ours is weak. */
  readonly classes: readonly PlaceClass[];
}

/** One contender from hasty to strict. */
export interface Curve {
  readonly name: string;
  readonly points: readonly {
    readonly rule: string;
    readonly falseCutsPerHour: number;
    readonly falseDucksPerMinute: number;
    readonly silenceP50: number;
    readonly silenceP90: number;
    readonly missedPercent: number;
  }[];
}

const shown = (value: number, digits = 0) =>
  Number.isNaN(value) ? '-' : Number.isFinite(value) ? value.toFixed(digits) : 'never';
const percent = (share: number) => `${shown(100 * share, 1)} %`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function latencyCells({ count, missed, missedShare, duck, silence }: Latencies): string[] {
  if (count === 0) return ['-', '-', '-'];
  const times = ({ p50, p90, p95 }: Latencies['duck']) => `${shown(p50)} / ${shown(p90)} / ${shown(p95)}`;
  return [`${percent(missedShare)} (${missed} of ${count})`, times(duck), times(silence)];
}

function falseTable(rows: readonly Row[]): string {
  return table(
    [
      '',
      'minutes',
      'false cuts',
      'per hour',
      'false ducks per min',
      'first 5 s: minutes',
      'cuts',
      'ducks',
      '2 s after a change: minutes',
      'cuts',
      'ducks',
    ],
    rows.map(({ name, figures: { steady, first, change } }) => [
      name,
      shown(steady.minutes, 1),
      String(steady.cuts),
      shown(steady.cutsPerHour, 1),
      shown(steady.ducksPerMinute, 2),
      shown(first.minutes, 1),
      String(first.cuts),
      String(first.ducks),
      shown(change.minutes, 1),
      String(change.cuts),
      String(change.ducks),
    ]),
  );
}

function bargeInTable(rows: readonly Row[]): string {
  const kinds = ({ talk, start, alone }: Figures): [string, Latencies][] => [
    ...Object.entries(talk)
      .sort(([a], [b]) => Number(b) - Number(a))
      .map(([level, latencies]): [string, Latencies] => [`${level} dB`, latencies]),
    ['first 5 s (0, -6 dB)', start],
    ['no reply', alone],
  ];
  return table(
    ['', 'near end to echo', 'missed', 'ducked p50 / p90 / p95', 'silent p50 / p90 / p95'],
    rows.flatMap(({ name, figures }) =>
      kinds(figures).map(([kind, latencies]) => [name, kind, ...latencyCells(latencies)]),
    ),
  );
}

function changeTable(rows: readonly Row[]): string {
  return table(
    ['', 'after the change', 'missed', 'ducked p50 / p90 / p95', 'silent p50 / p90 / p95'],
    rows.flatMap(({ name, figures }) =>
      Object.entries(figures.afterChange)
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([ms, latencies]) => [name, `${ms} ms`, ...latencyCells(latencies)]),
    ),
  );
}

function soundTable(rows: readonly Row[]): string {
  return table(
    ['', 'sound', 'count', 'ducked', 'cut', 'restored after its end: median, most'],
    rows.flatMap(({ name, figures }) =>
      Object.entries(figures.sounds).map(([what, { count, ducked, cut, restoredP50, restoredMost }]) => [
        name,
        what,
        String(count),
        String(ducked),
        String(cut),
        `${shown(restoredP50)}, ${shown(restoredMost)}`,
      ]),
    ),
  );
}

function levelTable(levels: Results['levels']): string {
  return table(
    ['', 'near end to echo', 'change of the level of the speaker, dB: p10, median, p90'],
    Object.entries(levels).flatMap(([name, changes]) =>
      Object.entries(changes)
        .sort(([a], [b]) => Number(b) - Number(a))
        .map(([level, { p10, p50, p90 }]) => [
          name,
          `${level} dB`,
          `${shown(p10, 1)}, ${shown(p50, 1)}, ${shown(p90, 1)}`,
        ]),
    ),
  );
}

function goalTable({ figures }: Row): string {
  return table(
    ['goal', 'at most', 'measured', ''],
    goals.map(({ name, most, unit, value }) => {
      const measured = value(figures);
      const verdict = Number.isNaN(measured) ? 'not measured' : measured <= most ? 'reached' : 'NOT reached';
      return [
        name,
        `${most} ${unit}`.trim(),
        `${shown(measured, unit === 'ms' || unit === '' ? 0 : 2)} ${unit}`.trim(),
        verdict,
      ];
    }),
  );
}

function curveTable(curves: readonly Curve[]): string {
  return table(
    [
      '',
      'speech needed',
      'false cuts per hour',
      'false ducks per min',
      'silent p50 / p90 at -6 dB',
      'missed at -6 dB',
    ],
    curves.flatMap(({ name, points }) =>
      points.map(({ rule, falseCutsPerHour, falseDucksPerMinute, silenceP50, silenceP90, missedPercent }) => [
        name,
        rule,
        shown(falseCutsPerHour, 1),
        shown(falseDucksPerMinute, 2),
        `${shown(silenceP50)} / ${shown(silenceP90)}`,
        `${shown(missedPercent, 1)} %`,
      ]),
    ),
  );
}

function classTable(classes: readonly PlaceClass[]): string {
  return table(
    [
      'place',
      '',
      'minutes',
      'false cuts',
      'false ducks per min',
      'missed, +6 to -6 dB',
      'ducked p50 / p90',
      'silent p50 / p90',
    ],
    classes.map((one) => [
      one.attribute,
      one.value,
      shown(one.minutes, 1),
      String(one.falseCuts),
      shown(one.falseDucksPerMinute, 2),
      `${one.missed} of ${one.bargeIns}`,
      `${shown(one.duckP50)} / ${shown(one.duckP90)}`,
      `${shown(one.silenceP50)} / ${shown(one.silenceP90)}`,
    ]),
  );
}

/** The report, in Markdown. */
export function renderReport(results: Results): string {
  const { rows, beyond, levels, curves, missing } = results;
  const [ours] = rows;
  return [
    '# Interrupting on an open loudspeaker',
    `${results.when}, ${results.machine}, the ${results.half} half. Times in milliseconds from the onset of speech, with ${deviceMs.duck} ms for the ramp of a duck and ${deviceMs.silence} ms for a flush; "never" is a miss. A barge-in is missed if it does not cut within 1.5 s.`,
    ...(results.unscored > 0
      ? [`${results.unscored} scenarios were not scored: time was up, or they failed.`]
      : []),
    ...missing.map((what) => `Missing: ${what}.`),
    ...(ours ? ['## Goals', goalTable(ours)] : []),
    '## Nobody speaks, clocks up to 50 ppm apart',
    falseTable(rows),
    '## Somebody speaks',
    bargeInTable(rows),
    '## After an abrupt change of the echo path (0 dB)',
    changeTable(rows),
    '## Coughs, claps, taps and "mm-hm"',
    soundTable(rows),
    '## What it does to the speaker while both talk',
    levelTable(levels),
    '## Where it is weak',
    classTable(results.classes),
    '## Clocks 100 ppm apart',
    falseTable(beyond),
    bargeInTable(beyond.slice(0, 3)),
    '## From hasty to strict',
    curveTable(curves),
    '',
  ].join('\n\n');
}
