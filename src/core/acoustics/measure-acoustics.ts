import type { AcousticFigures } from './acoustic-figures.js';
import { type ClockPair, mean, measureDrift, median } from './drift-line.js';
import { type EchoPeak, findSharedEcho, type SharedEcho } from './echo-peaks.js';
import { createResponseMeter, type EchoGain } from './echo-response.js';
import { type FoundChirp, findChirps } from './find-chirps.js';
import { chirpMs, spacingMs } from './measuring-signal.js';
import { reverberationMs } from './reverberation.js';
import { perMs, type SoundTrack } from './sound-track.js';
import { meanSquare, wakeLossMs } from './wake-loss.js';

/** What was recorded while the measuring signal was played. */
export interface AcousticRecording {
  /** What left the loudspeaker, and what the microphone heard; both ended, both stamped on one clock. */
  readonly rendered: SoundTrack;
  readonly captured: SoundTrack;
  /** When the loudspeaker was asked for. Units: ms, on the same clock. */
  readonly askedMs: number;
}

/** Levels of the room are looked at in stretches of this. Units: ms. */
const stretchMs = 100;
/** From the beginning of the first sound, no noise is measured. Units: ms. */
const beforeSoundMs = 120;
/** Time stamps of one device wander by less than this from one chirp to the next. Units: ms. */
const stepMs = 1;

/** Find the measuring signal in what was rendered and in what was captured, and tell what lies between. */
export function measureAcoustics({ rendered, captured, askedMs }: AcousticRecording): AcousticFigures {
  const found = findChirps(rendered);
  const first = found[0];
  const single = found.filter((chirp, i) => isSingle(chirp, found[i - 1], found[i + 1]));
  const noise = noisePower(captured, first && rendered.msAt(first.index));
  const meter = createResponseMeter();
  const responses = single.flatMap((chirp) => meter.measure(chirp, rendered, captured) ?? []);
  const echo = findSharedEcho(responses);
  const chirpPower = median(
    single.map(({ index }) => meanSquare(rendered.read(index, chirpMs * perMs), 0, chirpMs * perMs)),
  );
  const common = {
    chirps: single.length,
    heard: echo?.peaks.length ?? 0,
    chirpDb: decibels(chirpPower),
    noiseDb: decibels(noise),
    wakeSilenceMs: first ? rendered.msAt(first.index) - askedMs : null,
    captureGaps: gapsWhilePlayed(captured, rendered, found),
    playoutGaps: gapsWhilePlayed(rendered, rendered, found),
  };
  if (!echo || !first) return { ...nothingHeard, ...common };

  const gains = echo.peaks.map(({ response, lag }) => meter.gainOf(response, lag));
  // The median: somebody may have talked over one of them.
  const gain = median(gains.map(({ whole }) => whole));
  const delays = echo.peaks.map(({ lag }) => lag / perMs);
  const losses = gains.map(({ whole }) => -10 * Math.log10(Math.max(whole, 1e-12)));
  const drift = measureDrift(clockPairs(echo.peaks, rendered, captured));
  const isWakePassage = (found[1]?.index ?? Infinity) - first.index < spacingMs * perMs;
  const last = echo.peaks.at(-1);
  return {
    ...common,
    echoDb: decibels(gain * chirpPower),
    delayMs: median(delays),
    delaySpreadMs: Math.max(...delays) - Math.min(...delays),
    returnLossDb: -10 * Math.log10(Math.max(gain, 1e-12)),
    returnLossSpreadDb: Math.max(...losses) - Math.min(...losses),
    fadeDb: fade(echo, gains),
    otherEchoesMs: echo.others.map((lag) => lag / perMs),
    reverberationMs: reverberationMs(echo) ?? null,
    clippedShare: clippedShare(echo, rendered, captured),
    driftPpm: drift?.ppm ?? null,
    driftErrorPpm: drift?.errorPpm ?? null,
    wakeLossMs:
      isWakePassage && last ? (wakeLossMs(first.index, last, noise, rendered, captured) ?? null) : null,
  };
}

const nothingHeard = {
  echoDb: null,
  delayMs: null,
  delaySpreadMs: null,
  returnLossDb: null,
  returnLossSpreadDb: null,
  fadeDb: null,
  otherEchoesMs: [],
  reverberationMs: null,
  clippedShare: 0,
  driftPpm: null,
  driftErrorPpm: null,
  wakeLossMs: null,
} as const;

/** What is missing before the first sound, while devices settle, and after the last one does no harm. */
function gapsWhilePlayed(track: SoundTrack, rendered: SoundTrack, found: readonly FoundChirp[]): number {
  const [first, last] = [found[0], found.at(-1)];
  if (!first || !last) return 0;
  return track.gapsBetween(rendered.msAt(first.index), rendered.msAt(last.index) + chirpMs);
}

/** Whether its echo can be told from those of its neighbours. */
function isSingle(chirp: FoundChirp, before: FoundChirp | undefined, after: FoundChirp | undefined): boolean {
  const apart = (spacingMs - 1) * perMs;
  return (
    chirp.index - (before?.index ?? -Infinity) >= apart && (after?.index ?? Infinity) - chirp.index >= apart
  );
}

/** Of the room before the first sound; the median, because somebody may have moved a chair. */
function noisePower(captured: SoundTrack, untilMs: number | undefined): number {
  const end =
    untilMs === undefined
      ? captured.length
      : Math.min(captured.length, captured.indexAt(untilMs - beforeSoundMs));
  const step = stretchMs * perMs;
  const powers: number[] = [];
  for (let from = 0; from + step <= end; from += step)
    powers.push(meanSquare(captured.read(from, step), 0, step));
  return powers.length > 0 ? median(powers) : 0;
}

/**
 * Where chirps were rendered and heard, by the count of samples.
 *
 * @remarks
 * Clocks that differ do not move the echo against its time stamps; where it does move, samples were lost on the way and nobody said so,
 * or the way became longer. What lies on either side is not compared.
 */
function clockPairs(
  peaks: readonly EchoPeak[],
  rendered: SoundTrack,
  captured: SoundTrack,
): readonly ClockPair[] {
  let steps = 0;
  return peaks.map(({ response, lag }, i) => {
    const { chirp, origin } = response;
    if (Math.abs(lag - (peaks[i - 1]?.lag ?? lag)) > stepMs * perMs) steps++;
    const heardAt = origin + lag;
    return {
      rendered: chirp.index,
      captured: heardAt,
      run: `${rendered.runAt(chirp.index)}/${captured.runAt(heardAt)}/${steps}`,
    };
  });
}

/**
 * In a chirp that goes up, what comes late is high; in one that goes down it is low. What both lose is the way's, what they
 * lose differently is lost to time: somebody takes the echo away once they have noticed it.
 */
function fade({ peaks }: SharedEcho, gains: readonly EchoGain[]): number | null {
  const lowOverHigh = (['up', 'down'] as const).map((direction) => {
    const those = gains.filter((_, i) => peaks[i]?.response.chirp.direction === direction);
    return (
      10 *
      Math.log10((mean(those.map(({ low }) => low)) + 1e-12) / (mean(those.map(({ high }) => high)) + 1e-12))
    );
  });
  const [up = Number.NaN, down = Number.NaN] = lowOverHigh;
  return Number.isFinite(up - down) ? (up - down) / 2 : null;
}

function clippedShare({ peaks }: SharedEcho, rendered: SoundTrack, captured: SoundTrack): number {
  return mean(
    peaks.map(({ response, lag }) => {
      const ms = rendered.msAt(response.chirp.index) + lag / perMs;
      return captured.clippedShare(ms, ms + chirpMs);
    }),
  );
}

const decibels = (power: number): number => Math.max(-120, 10 * Math.log10(power || 0));
