import type { AcousticFigures } from './acoustic-figures.js';
import { type AcousticJudgement, db, rate } from './acoustic-judgement.js';

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
const steadyLimits = { spreadDb: 3, fadeDb: 5 } as const;
/** A chirp that is less above the noise is measured less well. Units: dB. */
const clearDb = 6;
/** Nothing came back. */
export function unheard({ noiseDb, chirpDb }: AcousticFigures): AcousticJudgement {
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

/** How loud it is. */
export function echo(
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

/** When it comes. */
export function delay({ delaySpreadMs, heard }: AcousticFigures, delayMs: number): AcousticJudgement {
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

/** Whether there are more. */
export function several({ otherEchoesMs }: AcousticFigures): readonly AcousticJudgement[] {
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

/** Whether it stays as it is. */
export function steadiness({ returnLossSpreadDb, fadeDb }: AcousticFigures): readonly AcousticJudgement[] {
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
