import { basename } from 'node:path';
import { type Corpus, type Recording, readSamples } from './corpus.js';
import { createRandom, pick, pinkNoise, type Random } from './random.js';
import { convolve, driven, playedFaster, type Room, roomResponse, withDoorOpen } from './room.js';
import { quietBeforeMs, type Scenario } from './scenarios.js';
import { clap, coughOf, type SoundName, soundNames, tap } from './sounds.js';
import { speakers } from './speakers.js';
import { activeRms, findSpeech, gainTo, samplesPerMs } from './speech-bounds.js';

/** Somebody speaks, or makes a sound. Units: milliseconds of the microphone's clock. */
export interface NearEvent {
  readonly what: 'speech' | SoundName;
  readonly onsetMs: number;
  readonly endMs: number;
  readonly recording: string;
}

/** The sound of a scenario. */
export interface Scene {
  /** What the loudspeaker is given, in samples of its own clock. */
  readonly rendered: Float32Array;
  readonly captured: Float32Array;
  /** What of it is the near end. */
  readonly near: Float32Array;
  readonly nearEvents: readonly NearEvent[];
  /** When a reply is heard, the short pauses in it included, and its echo's reverberation. */
  readonly replies: readonly { readonly fromMs: number; readonly toMs: number }[];
}

const farDb = -20;
/** How long the echo of a reply may be heard after it, with the delay of the place. */
const reverberationMs = 300;
/** How long it takes to open a door. */
const doorMs = 400;
const samplesCache = new Map<string, Float32Array>();

function samplesOf({ file }: Recording): Float32Array {
  const known = samplesCache.get(file);
  if (known) return known;
  const samples = readSamples(file);
  samplesCache.set(file, samples);
  return samples;
}

/** A recording from shortly before its onset to shortly after its end. */
function trimmed(
  recording: Recording,
  beforeMs: number,
  afterMs: number,
): { readonly samples: Float32Array; readonly onset: number; readonly end: number } {
  const samples = samplesOf(recording);
  const bounds = findSpeech(samples) ?? { onset: 0, end: samples.length };
  const from = Math.max(0, bounds.onset - beforeMs * samplesPerMs);
  return {
    samples: samples.slice(from, Math.min(samples.length, bounds.end + afterMs * samplesPerMs)),
    onset: bounds.onset - from,
    end: bounds.end - from,
  };
}

interface Voices {
  readonly far: readonly Recording[];
  readonly near: readonly Recording[];
  readonly backchannels: readonly Recording[];
  readonly cough: Recording | undefined;
}

/** One voice over the loudspeaker, and everybody of the half in front of the microphone who is somebody else. */
function castOf({ place }: Scenario, { recordings }: Corpus): Voices {
  const ofHalf = speakers.filter(({ half }) => half === place.half);
  const talkers = ofHalf.filter(({ name }) =>
    recordings.some(({ use, speaker }) => use === 'far' && speaker === name),
  );
  const far = talkers[place.seed % Math.max(1, talkers.length)];
  if (!far)
    throw new Error(
      `there is no voice for the ${place.half} half; get espeak-ng and ffmpeg, or the packages of asterisk-core-sounds`,
    );
  const others = new Set(ofHalf.filter(({ person }) => person !== far.person).map(({ name }) => name));
  return {
    far: recordings.filter(({ use, speaker }) => use === 'far' && speaker === far.name),
    near: recordings.filter(({ use, speaker }) => use === 'near' && others.has(speaker)),
    backchannels: recordings.filter(({ use, speaker }) => use === 'backchannel' && others.has(speaker)),
    cough: recordings.find(({ use }) => use === 'cough'),
  };
}

/** Sentences one after the other, in replies with pauses between, or in one reply without end. */
function playReplies(
  length: number,
  voices: readonly Recording[],
  random: Random,
  hasPauses: boolean,
): { readonly rendered: Float32Array; readonly replies: Scene['replies'] } {
  const rendered = new Float32Array(length);
  const replies: { fromMs: number; toMs: number }[] = [];
  let at = quietBeforeMs * samplesPerMs;
  while (at < length) {
    const from = at;
    const until = hasPauses ? from + (6000 + 14_000 * random()) * samplesPerMs : length;
    let end = at;
    do {
      const { samples } = trimmed(pick(random, voices), 25, 100);
      const gain = gainTo(farDb, samples);
      const count = Math.min(samples.length, length - at);
      for (let i = 0; i < count; i++) rendered[at + i] = gain * (samples[i] as number);
      end = at + count;
      at = end + Math.round((100 + 350 * random()) * samplesPerMs);
    } while (at < until && at < length);
    replies.push({ fromMs: from / samplesPerMs, toMs: end / samplesPerMs });
    at += Math.round((800 + 3000 * random()) * samplesPerMs);
  }
  return { rendered, replies };
}

/** What is put before the microphone. */
interface Placed {
  readonly what: NearEvent['what'];
  readonly samples: Float32Array;
  /** In `samples`. */
  readonly onset: number;
  readonly end: number;
  /** Where in the scene the onset is. */
  readonly onsetAt: number;
  readonly recording: string;
}

const utterance = (recording: Recording, onsetAt: number): Placed => ({
  what: 'speech',
  ...trimmed(recording, 20, 50),
  onsetAt,
  recording: basename(recording.file, '.f32'),
});

function sound(
  name: SoundName,
  { backchannels, cough }: Voices,
  random: Random,
  onsetAt: number,
): Placed | undefined {
  const seed = Math.floor(random() * 2 ** 31);
  const placed = (samples: Float32Array, recording: string): Placed => {
    const { onset, end } = findSpeech(samples) ?? { onset: 0, end: samples.length };
    return { what: name, samples, onset, end, onsetAt, recording };
  };
  switch (name) {
    case 'clap':
      return placed(clap(seed), `clap-${seed}`);
    case 'tap':
      return placed(tap(seed), `tap-${seed}`);
    case 'cough':
      return cough && placed(coughOf(samplesOf(cough), seed), `cough-${seed}`);
    case 'backchannel':
      return backchannels.length === 0
        ? undefined
        : { ...utterance(pick(random, backchannels), onsetAt), what: 'backchannel' };
  }
}

function placeNear(scenario: Scenario, voices: Voices, random: Random, length: number): Placed[] {
  const at = (ms: number) => Math.round(ms * samplesPerMs);
  switch (scenario.kind) {
    case 'echo':
      return [];
    case 'start':
    case 'change': {
      if (scenario.speaksAfterMs === undefined) return [];
      const from = scenario.kind === 'start' ? quietBeforeMs : scenario.changesAtMs;
      return [utterance(pick(random, voices.near), at(from + scenario.speaksAfterMs))];
    }
    case 'sounds': {
      const placed: Placed[] = [];
      for (let ms = 6000, turn = 0; ms < scenario.durationMs - 3000; ms += 3000 + 300 * random(), turn++) {
        const made = sound(soundNames[turn % soundNames.length] as SoundName, voices, random, at(ms));
        if (made) placed.push(made);
      }
      return placed;
    }
    case 'talk':
    case 'alone': {
      const placed: Placed[] = [];
      for (let from = at(quietBeforeMs + 5000); ; ) {
        const said = utterance(pick(random, voices.near), from + at(1500 + 1200 * random()));
        const over = said.onsetAt + said.samples.length;
        if (over + at(1000) > length) return placed;
        placed.push(said);
        from = over;
      }
    }
  }
}

/** The echo at the microphone, of level 1. */
function echoOf(scenario: Scenario, rendered: Float32Array, length: number): Float32Array {
  const { place } = scenario;
  const room: Room = {
    model: place.roomModel,
    reverberationMs: place.reverberationMs,
    directDb: place.directDb,
    seed: place.seed,
  };
  const played = playedFaster(driven(rendered, place.drive), place.ppm);
  const arriving = (response: Float64Array, delayMs: number): Float32Array => {
    const echo = new Float32Array(length);
    const delay = Math.round(delayMs * samplesPerMs);
    echo.set(convolve(played, response).subarray(0, Math.max(0, length - delay)), Math.min(delay, length));
    return echo;
  };
  const response = roomResponse(room);
  const echo = arriving(response, place.delayMs);
  if (scenario.kind !== 'change') return echo;
  const { change, changesAtMs } = scenario;
  // A path of less than 25 ms cannot become so much shorter.
  const shiftMs = change === 'further' ? 40 : change === 'nearer' ? -Math.min(25, place.delayMs - 5) : 0;
  const after = arriving(
    change === 'door' ? withDoorOpen(response, room) : response,
    place.delayMs + shiftMs,
  );
  const at = Math.round(changesAtMs * samplesPerMs);
  // Delays jump; a door swings.
  const takes = change === 'door' ? doorMs * samplesPerMs : 1;
  for (let i = at; i < length; i++) {
    const part = Math.min(1, (i - at + 1) / takes);
    echo[i] = (1 - part) * (echo[i] as number) + part * (after[i] as number);
  }
  return echo;
}

/** Make the sound of a scenario. The same scenario and corpus give the same samples. */
export function createScene(scenario: Scenario, corpus: Corpus): Scene {
  const { place, seed } = scenario;
  const length = Math.round(scenario.durationMs * samplesPerMs);
  const voices = castOf(scenario, corpus);
  const isQuiet = scenario.kind === 'alone';
  // A faster clock takes more samples for the same time.
  const renderedLength = Math.ceil(length * (1 + 2e-4)) + samplesPerMs;
  const { rendered, replies } = isQuiet
    ? { rendered: new Float32Array(renderedLength), replies: [] }
    : playReplies(renderedLength, voices.far, createRandom(seed), scenario.kind === 'echo');

  const echo = echoOf(scenario, rendered, length);
  const nearRoom = roomResponse({
    model: 'statistical',
    reverberationMs: place.reverberationMs,
    directDb: 6,
    seed: place.seed + 500,
  });
  const near = new Float32Array(length);
  const nearDb = place.echoDb + ('nearDb' in scenario ? scenario.nearDb : 0);
  const nearEvents: NearEvent[] = [];
  for (const { what, samples, onset, end, onsetAt, recording } of placeNear(
    scenario,
    voices,
    createRandom(seed + 50),
    length,
  )) {
    const longer = new Float32Array(samples.length + 250 * samplesPerMs);
    longer.set(samples);
    const heard = convolve(longer, nearRoom);
    const gain = gainTo(nearDb, heard);
    const from = onsetAt - onset;
    for (let i = 0; i < heard.length && from + i < length; i++) {
      if (from + i >= 0) near[from + i] = (near[from + i] as number) + gain * (heard[i] as number);
    }
    nearEvents.push({ what, recording, onsetMs: onsetAt / samplesPerMs, endMs: (from + end) / samplesPerMs });
  }
  const echoRms = activeRms(echo);
  const echoGain = echoRms === 0 ? 0 : 10 ** (place.echoDb / 20) / echoRms;
  const captured = pinkNoise(length, place.noiseDb, seed + 70);
  for (let i = 0; i < length; i++) {
    const sum = (captured[i] as number) + echoGain * (echo[i] as number) + (near[i] as number);
    captured[i] = Math.max(-1, Math.min(1, sum));
  }
  const heardFor = place.delayMs + reverberationMs;
  return {
    rendered,
    captured,
    near,
    nearEvents,
    replies: replies.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + heardFor })),
  };
}
