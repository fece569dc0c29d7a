import { createRandom, shuffled } from './random.js';
import type { Half } from './speakers.js';

/** Loudspeaker, room and clocks of one place. */
export interface Place {
  readonly id: string;
  readonly half: Half;
  readonly seed: number;
  /** From the stamp of the reference to the first sound at the microphone. Units: milliseconds. */
  readonly delayMs: number;
  readonly roomModel: 'statistical' | 'images';
  readonly reverberationMs: number;
  readonly directDb: number;
  /** How much too hard the loudspeaker is driven; 0 is linear. */
  readonly drive: number;
  /** How much faster the clock of the loudspeaker runs. Units: parts per million. */
  readonly ppm: number;
  /** The stamps of the reference: its true times, or its samples counted at the nominal rate. */
  readonly stamps: 'clock' | 'counted';
  /** How far stamps are off at most, besides. Units: milliseconds. */
  readonly jitterMs: number;
  /** Level of the echo at the microphone. Units: decibels below full scale. */
  readonly echoDb: number;
  /** Level of pink noise. Units: decibels below full scale. */
  readonly noiseDb: number;
  /** Places with clocks further apart than the goals ask for are reported apart. */
  readonly isBeyondGoals: boolean;
}

/** What changes between loudspeaker and microphone. */
export type Change = 'further' | 'nearer' | 'door';

/** One run of the bench: a place and what happens in it. Says all there is to say: the same scenario is the same sound. */
export type Scenario = {
  readonly id: string;
  readonly place: Place;
  readonly durationMs: number;
  readonly seed: number;
} & (
  | /** Replies and pauses, nobody speaks. */
  { readonly kind: 'echo' }
  /** One long reply; people speak over it again and again. */
  | { readonly kind: 'talk'; readonly nearDb: number }
  /** The same people, and no reply. */
  | { readonly kind: 'alone'; readonly nearDb: number }
  /** The first sound of all; somebody speaks so long after it, or nobody. */
  | { readonly kind: 'start'; readonly nearDb: number; readonly speaksAfterMs?: number }
  /** The path changes in the middle of a reply; somebody speaks so long after that, or nobody. */
  | {
      readonly kind: 'change';
      readonly change: Change;
      readonly changesAtMs: number;
      readonly nearDb: number;
      readonly speaksAfterMs?: number;
    }
  /** Coughs, claps, taps and backchannels over a reply. */
  | { readonly kind: 'sounds'; readonly nearDb: number }
);

/** How much is run. */
export interface Extent {
  /** Places of each half within the goals, and beyond. */
  readonly places: number;
  readonly placesBeyond: number;
  readonly echoMs: number;
  readonly talkMs: number;
  /** Places at which starts, changes and sounds are tried. */
  readonly startPlaces: number;
  readonly changePlaces: number;
  readonly soundPlaces: number;
}

export const fullExtent: Extent = {
  places: 24,
  placesBeyond: 4,
  echoMs: 180_000,
  talkMs: 66_000,
  startPlaces: 24,
  changePlaces: 6,
  soundPlaces: 6,
};

/** Enough to choose a few numbers by. */
export const trainingExtent: Extent = {
  places: 12,
  placesBeyond: 0,
  echoMs: 120_000,
  talkMs: 50_000,
  startPlaces: 12,
  changePlaces: 12,
  soundPlaces: 8,
};

/** The first places of the full extent, shorter. */
export const quickExtent: Extent = {
  places: 6,
  placesBeyond: 1,
  echoMs: 60_000,
  talkMs: 40_000,
  startPlaces: 3,
  changePlaces: 2,
  soundPlaces: 2,
};

/** Near end to echo, in decibels. */
export const nearLevels = [6, 0, -6, -12] as const;
/** When somebody speaks after the first sound of all, and after a change. Units: milliseconds. */
export const startMoments = [600, 1200, 2000, 3000, 4000] as const;
export const changeMoments = [500, 1000, 2000, 4000] as const;
/** Of sounds that are no interruption, to the echo. Units: decibels. */
const soundLevels = [6, 0] as const;
const startsWithNobody = 4;
const changes: readonly Change[] = ['further', 'nearer', 'door'];

/** How long there is nothing but noise before the first sound. Units: milliseconds. */
export const quietBeforeMs = 500;

/** Values that come in turns, each list in an order of its own, so that no two of them always go together. */
function inTurns<Value>(values: readonly Value[], seed: number, count: number): Value[] {
  const random = createRandom(seed);
  const turns: Value[] = [];
  while (turns.length < count) turns.push(...shuffled(random, values));
  return turns.slice(0, count);
}

function placesOf(half: Half, within: number, beyond: number): Place[] {
  const most = fullExtent.places + fullExtent.placesBeyond;
  const seed = half === 'training' ? 1000 : 3000;
  const turns = <Value>(values: readonly Value[], salt: number) => inTurns(values, seed + salt, most);
  const delays = turns([20, 30, 45, 60, 80, 100, 120, 150, 180, 210, 230, 250], 1);
  const reverberation = turns([150, 200, 250, 300, 400, 500], 2);
  const direct = turns([0, 6], 3);
  const drives = turns([0, 0, 1, 2], 4);
  const clocks = turns([0, 0, 20, -20, 50, -50], 5);
  const models = turns(['statistical', 'images'] as const, 6);
  const stamps = turns(['clock', 'clock', 'counted'] as const, 7);
  const jitters = turns([0, 0, 1, 3], 8);
  const levels = turns([-26, -26, -20, -34], 9);
  const noises = turns([-36, -36, -30], 10);
  const all = delays.map((delayMs, index): Place => {
    const isBeyondGoals = index >= fullExtent.places;
    const echoDb = levels[index] ?? -26;
    return {
      id: `${half === 'training' ? 't' : 'h'}${String(index).padStart(2, '0')}`,
      half,
      seed: seed + index,
      delayMs,
      roomModel: models[index] ?? 'images',
      reverberationMs: reverberation[index] ?? 300,
      directDb: direct[index] ?? 0,
      drive: drives[index] ?? 0,
      ppm: isBeyondGoals ? (index % 2 === 0 ? 100 : -100) : (clocks[index] ?? 0),
      stamps: stamps[index] ?? 'clock',
      jitterMs: jitters[index] ?? 0,
      echoDb,
      noiseDb: echoDb + (noises[index] ?? -36),
      isBeyondGoals,
    };
  });
  return [...all.slice(0, within), ...all.slice(fullExtent.places, fullExtent.places + beyond)];
}

/** Everything that is run for one half; a smaller extent gives some of the same. */
export function scenariosOf(half: Half, extent: Extent): Scenario[] {
  const places = placesOf(half, extent.places, extent.placesBeyond);
  const usual = places.filter(({ isBeyondGoals }) => !isBeyondGoals);
  const starts = usual.slice(0, extent.startPlaces).flatMap((place): Scenario[] => [
    ...Array.from({ length: startsWithNobody }, (_, take): Scenario => {
      const seed = place.seed * 100 + take;
      return {
        id: `${place.id}-start-${take}`,
        kind: 'start',
        place,
        durationMs: quietBeforeMs + 5500,
        seed,
        nearDb: 0,
      };
    }),
    ...startMoments.flatMap((speaksAfterMs, moment) =>
      [0, -6].map((nearDb): Scenario => {
        const id = `${place.id}-start-${speaksAfterMs}-${nearDb}`;
        const durationMs = quietBeforeMs + speaksAfterMs + 2500;
        return {
          id,
          kind: 'start',
          place,
          durationMs,
          seed: place.seed * 100 + 10 + moment,
          nearDb,
          speaksAfterMs,
        };
      }),
    ),
  ]);
  const changed = usual.slice(0, extent.changePlaces).flatMap((place) =>
    changes.flatMap((change, index): Scenario[] => {
      const changesAtMs = 20_000;
      const common = {
        kind: 'change',
        place,
        change,
        changesAtMs,
        seed: place.seed * 100 + 30 + index,
        nearDb: 0,
      } as const;
      return [
        { ...common, id: `${place.id}-change-${change}`, durationMs: changesAtMs + 20_000 },
        ...changeMoments.map((speaksAfterMs): Scenario => {
          const id = `${place.id}-change-${change}-${speaksAfterMs}`;
          return { ...common, id, durationMs: changesAtMs + speaksAfterMs + 2500, speaksAfterMs };
        }),
      ];
    }),
  );
  return [
    ...places.map(
      (place): Scenario => ({
        id: `${place.id}-echo`,
        kind: 'echo',
        place,
        durationMs: extent.echoMs,
        seed: place.seed * 100 + 1,
      }),
    ),
    ...places.flatMap((place) =>
      nearLevels.map((nearDb): Scenario => {
        const id = `${place.id}-talk-${nearDb}`;
        return { id, kind: 'talk', place, durationMs: extent.talkMs, seed: place.seed * 100 + 2, nearDb };
      }),
    ),
    ...usual.slice(0, extent.soundPlaces).flatMap((place): Scenario[] => [
      {
        id: `${place.id}-alone`,
        kind: 'alone',
        place,
        durationMs: extent.talkMs,
        seed: place.seed * 100 + 2,
        nearDb: 0,
      },
      ...soundLevels.map(
        (nearDb): Scenario => ({
          id: `${place.id}-sounds-${nearDb}`,
          kind: 'sounds',
          place,
          durationMs: 47_000,
          seed: place.seed * 100 + 3 + nearDb,
          nearDb,
        }),
      ),
    ]),
    ...starts,
    ...changed,
  ];
}
