import type { AcousticFigures } from './acoustic-figures.js';
import { type AcousticJudgement, db, rate } from './acoustic-judgement.js';
import { delay, echo, several, steadiness, unheard } from './judge-echo.js';

/** The canceller follows 300 ppm; crystals are within 100. Units: ppm. */
const driftLimits = { good: 200, fair: 300 } as const;
const clippedLimits = { good: 1e-4, fair: 1e-2 } as const;
/** Units: dB. */
const noiseLimits = { good: -45, fair: -32 } as const;
/** Units: ms. */
const reverberationLimits = { good: 500, fair: 1000 } as const;
const longestPreRollMs = 1500;

/** Say what the figures mean, and what can be done. @public */
export function judgeAcoustics(figures: AcousticFigures): readonly AcousticJudgement[] {
  const { chirps, delayMs, returnLossDb, echoDb } = figures;
  if (chirps === 0) {
    return [
      {
        about: 'loudspeaker',
        rating: 'bad',
        finding: 'the loudspeaker rendered none of the chirps whole',
        cure: 'look for what keeps this machine busy, and try earshot devices --test',
      },
    ];
  }
  if (delayMs === null || returnLossDb === null || echoDb === null) return [unheard(figures), noise(figures)];
  return [
    echo(figures, returnLossDb, echoDb),
    delay(figures, delayMs),
    ...several(figures),
    ...steadiness(figures),
    clipping(figures),
    noise(figures),
    ...drift(figures),
    ...reverberation(figures),
    ...wake(figures),
    ...gaps(figures),
  ];
}

function clipping({ clippedShare }: AcousticFigures): AcousticJudgement {
  const rating = rate(clippedShare, clippedLimits.good, clippedLimits.fair);
  return {
    about: 'clipping',
    rating,
    finding:
      rating === 'good'
        ? 'none'
        : `the microphone clips: ${(100 * clippedShare).toFixed(clippedShare < 0.01 ? 2 : 0)} % of its samples are at full scale`,
    cure:
      rating === 'good'
        ? null
        : 'lower its gain, or the volume of the loudspeaker: what clips cannot be cancelled',
  };
}

function noise({ noiseDb }: AcousticFigures): AcousticJudgement {
  const rating = rate(noiseDb, noiseLimits.good, noiseLimits.fair);
  return {
    about: 'noise',
    rating,
    finding: noiseDb <= -119 ? 'digital silence' : db(noiseDb),
    cure:
      rating === 'good'
        ? null
        : 'lower the gain of the microphone, or find what hums; speech should be 15 dB louder',
  };
}

function drift({ driftPpm, driftErrorPpm }: AcousticFigures): readonly AcousticJudgement[] {
  if (driftPpm === null || driftErrorPpm === null) return [];
  const rating = rate(Math.abs(driftPpm), driftLimits.good, driftLimits.fair);
  const cures = [
    ...(rating === 'good' ? [] : ['use a loudspeaker and a microphone of one device']),
    ...(driftErrorPpm > 10 ? ['--seconds 60 tells it better'] : []),
  ];
  return [
    {
      about: 'drift',
      rating,
      finding: `${driftPpm.toFixed(1)} ppm, give or take ${(2 * driftErrorPpm).toFixed(1)}`,
      cure: cures.length > 0 ? cures.join('; ') : null,
    },
  ];
}

function reverberation({ reverberationMs }: AcousticFigures): readonly AcousticJudgement[] {
  if (reverberationMs === null) return [];
  const rating = rate(reverberationMs, reverberationLimits.good, reverberationLimits.fair);
  return [
    {
      about: 'reverberation',
      rating,
      finding: `${reverberationMs.toFixed(0)} ms to decay by 60 dB`,
      cure:
        rating === 'good'
          ? null
          : 'curtains, carpets and people shorten it; bring the microphone nearer to whoever speaks',
    },
  ];
}

function wake({ wakeLossMs, wakeSilenceMs }: AcousticFigures): readonly AcousticJudgement[] {
  if (wakeLossMs === null) return [];
  const neededMs = wakeLossMs + (wakeSilenceMs ?? 0);
  return [
    {
      about: 'waking',
      rating: rate(wakeLossMs, 0, longestPreRollMs),
      finding:
        wakeLossMs === 0
          ? 'nothing of the first sound was lost'
          : `the first ${wakeLossMs.toFixed(0)} ms were played and not heard: the loudspeaker was asleep`,
      cure:
        wakeLossMs === 0
          ? null
          : `keep it awake (wake.strategy keep-alive, the default), or give it ${Math.min(longestPreRollMs, Math.ceil(neededMs / 50) * 50)} ms of pre-roll`,
    },
  ];
}

function gaps({ captureGaps, playoutGaps }: AcousticFigures): readonly AcousticJudgement[] {
  if (captureGaps + playoutGaps === 0) return [];
  return [
    {
      about: 'gaps',
      rating: 'fair',
      finding: `audio was missing ${captureGaps} times from the microphone, ${playoutGaps} times from the loudspeaker`,
      cure: 'find what keeps the machine busy, or give the loudspeaker a longer lead (playout.leadMs)',
    },
  ];
}
