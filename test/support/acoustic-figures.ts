import type { AcousticFigures } from '../../src/core/acoustics/acoustic-figures.js';

/** What was measured in an ordinary room, with nothing wrong. */
export const ordinaryRoom: AcousticFigures = {
  chirps: 6,
  heard: 6,
  chirpDb: -23.2,
  noiseDb: -58,
  echoDb: -38,
  delayMs: 62.3,
  delaySpreadMs: 0.8,
  returnLossDb: 14.8,
  returnLossSpreadDb: 0.3,
  fadeDb: 0.1,
  otherEchoesMs: [],
  reverberationMs: 280,
  clippedShare: 0,
  driftPpm: 12.5,
  driftErrorPpm: 0.4,
  wakeLossMs: 0,
  wakeSilenceMs: 120,
  captureGaps: 0,
  playoutGaps: 0,
};
