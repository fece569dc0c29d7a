import type { AcousticFigures } from './acoustic-figures.js';

/** What a figure means for a conversation, in words. @public */
export interface AcousticJudgement {
  /** What was looked at, in a word or two. */
  readonly about: string;
  /** `good`: nothing to do. `fair`: it works, and could be better. `bad`: people will notice. */
  readonly rating: 'good' | 'fair' | 'bad';
  /** What was found, with the figure. */
  readonly finding: string;
  /** What to do about it; null where there is nothing to do. */
  readonly cure: string | null;
}

/** Up to the first limit a figure is good, up to the second one fair. */
function rate(value: number, good: number, fair: number): AcousticJudgement['rating'] {
  if (value <= good) return 'good';
  return value <= fair ? 'fair' : 'bad';
}

/**
 * An echo this much quieter than what is played leaves a person who speaks at -32 dB over a reply of -20 dB at most 6 dB, or 12 dB,
 * below the echo; the canceller was measured down to 12. Units: dB.
 */
const lossLimits = { good: 6, fair: 0 } as const;
/** The filter covers 320 ms by default, and 480 at most, of which the room needs some. Units: ms. */
const delayLimits = { good: 250, fair: 420 } as const;
/** Of time stamps that come before their sound, the canceller makes up for 5 ms by default and for 50 at most. Units: ms. */
const earlyLimits = { good: 3, fair: 45 } as const;
/** Below, time stamps jitter as usual; above 8 ms they count as gaps. Units: ms. */
const spreadLimits = { good: 4, fair: 8 } as const;
/** The canceller follows 300 ppm; crystals are within 100. Units: ppm. */
const driftLimits = { good: 200, fair: 300 } as const;
const clippedLimits = { good: 1e-4, fair: 1e-2 } as const;
/** Units: dB. */
const noiseLimits = { good: -45, fair: -32 } as const;
const steadyLimits = { spreadDb: 3, fadeDb: 5 } as const;
/** Units: ms. */
const reverberationLimits = { good: 500, fair: 1000 } as const;
/** A chirp that is less above the noise is measured less well. Units: dB. */
const clearDb = 6;
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

function unheard({ noiseDb, chirpDb }: AcousticFigures): AcousticJudgement {
  const isDeaf = noiseDb <= -119;
  return {
    about: 'echo',
    rating: 'bad',
    finding: isDeaf
      ? 'nothing of the chirp was heard: the microphone delivers digital silence'
      : `nothing of the chirp was heard: it was played at ${db(chirpDb)}, and is lost in a noise of ${db(noiseDb)}`,
    cure: isDeaf
      ? 'unmute the microphone, or choose another one; earshot devices lists them'
      : 'with a headset, or a speakerphone that removes its own echo, that is as it should be, and there is nothing to calibrate; ' +
        'otherwise turn up the loudspeaker, choose the right devices, or play louder (--level -12)',
  };
}

function echo(
  { noiseDb, heard, chirps }: AcousticFigures,
  lossDb: number,
  echoDb: number,
): AcousticJudgement {
  const rating = rate(-lossDb, -lossLimits.good, -lossLimits.fair);
  const isFaint = echoDb - noiseDb < clearDb;
  const some = heard < chirps ? `, ${heard} of ${chirps} chirps heard` : '';
  return {
    about: 'echo',
    rating: rating === 'good' && heard < chirps ? 'fair' : rating,
    finding: `the echo is ${Math.abs(lossDb).toFixed(1)} dB ${lossDb >= 0 ? 'below' : 'above'} what is played (${db(echoDb)} at the microphone)${some}`,
    cure:
      rating !== 'good'
        ? 'lower the gain of the microphone or the volume of the loudspeaker, or put them further apart'
        : isFaint
          ? 'it is faint in the noise, so the figures are less sure; play louder (--level -12) to be certain'
          : heard < chirps
            ? 'measure again while nobody speaks'
            : null,
  };
}

function delay({ delaySpreadMs, heard }: AcousticFigures, delayMs: number): AcousticJudgement {
  const late = rate(delayMs, delayLimits.good, delayLimits.fair);
  const early = rate(-delayMs, earlyLimits.good, earlyLimits.fair);
  const spreadMs = delaySpreadMs ?? 0;
  const unsteady = rate(spreadMs, spreadLimits.good, spreadLimits.fair);
  const rating = [late, early, unsteady].reduce((worst, one) => (order[one] > order[worst] ? one : worst));
  const cures = [
    ...(late === 'good' ? [] : ['use a loudspeaker on a wire, or a lower latency of the sound server']),
    ...(early === 'good'
      ? []
      : ['the time stamps of this way to the devices are off; try another one (--backend, --api)']),
    ...(unsteady === 'good' ? [] : ['find what keeps the machine busy: its time stamps jump']),
  ];
  return {
    about: 'delay',
    rating,
    finding: `${delayMs.toFixed(1)} ms${heard > 1 ? `, the same to ${spreadMs.toFixed(1)} ms` : ''}`,
    cure: cures.length > 0 ? cures.join('; ') : null,
  };
}

const order = { good: 0, fair: 1, bad: 2 } as const;

function several({ otherEchoesMs }: AcousticFigures): readonly AcousticJudgement[] {
  if (otherEchoesMs.length === 0) return [];
  return [
    {
      about: 'several echoes',
      rating: 'fair',
      finding: `there are several echoes: also after ${otherEchoesMs.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`,
      cure: 'look for a second loudspeaker, or a monitor of the loudspeaker that is mixed into the microphone',
    },
  ];
}

function steadiness({ returnLossSpreadDb, fadeDb }: AcousticFigures): readonly AcousticJudgement[] {
  const spreadDb = returnLossSpreadDb ?? 0;
  const fades = fadeDb ?? 0;
  if (spreadDb <= steadyLimits.spreadDb && fades <= steadyLimits.fadeDb) return [];
  const found = [
    ...(fades > steadyLimits.fadeDb
      ? [`the end of a chirp comes back ${fades.toFixed(0)} dB weaker than its beginning`]
      : []),
    ...(spreadDb > steadyLimits.spreadDb
      ? [`its level changes by ${spreadDb.toFixed(0)} dB from chirp to chirp`]
      : []),
  ];
  return [
    {
      about: 'steadiness',
      rating: 'fair',
      finding: `the echo is changed on its way: ${found.join(', and ')}`,
      cure:
        'a canceller or a gain control in the microphone does that: turn it off (alsamixer, or the tool of its maker), ' +
        'or leave the echo to it; or somebody spoke meanwhile, then measure again',
    },
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

const db = (value: number): string => `${value.toFixed(0)} dB`;
