import { describe, expect, it } from 'vitest';
import { ordinaryRoom as usual } from '../../../test/support/acoustic-figures.js';
import { resolveLinearEchoCancellerOptions } from '../audio/echo/linear-echo-options.js';
import { createWakePolicy } from '../hardware/wake-policy.js';
import type { AcousticFigures } from './acoustic-figures.js';
import { calibratedOptions } from './calibrated-options.js';
import { calibrationText, createCalibration, parseCalibration } from './calibration.js';
import { judgeAcoustics } from './judge-acoustics.js';

const unheard: AcousticFigures = { ...usual, heard: 0, delayMs: null, returnLossDb: null, echoDb: null };
const about = {
  measuredAt: '2026-03-01T12:00:00.000Z',
  devices: { capture: 'alsa_input.usb', playout: 'default' },
};
const calibrationOf = (figures: Partial<AcousticFigures>) =>
  createCalibration({ ...usual, ...figures }, about);

describe('a calibration', () => {
  it('comes back from its text as it was', () => {
    const calibration = calibrationOf({});
    expect(parseCalibration(calibrationText(calibration))).toEqual(calibration);
    expect(calibration).toMatchObject({ version: 1, ...about, figures: { delayMs: 62.3, driftPpm: 12.5 } });
    expect(calibration.figures).not.toHaveProperty('chirps');
  });

  it('is not made where no echo was heard', () => {
    expect(() => createCalibration(unheard, about)).toThrow(/\[OPTION_INVALID\] .*no echo was heard/);
  });

  it.each([
    ['{', /the text is no JSON .*measure again with earshot doctor/],
    ['[]', /the text must be an object, but is an array/],
    ['null', /the text must be an object, but is null/],
    ['{"version":1}', /earshot must be "calibration"/],
    ['{"earshot":"calibration","version":2}', /version must be 1, but is 2: another earshot wrote it/],
    ['{"earshot":"calibration","version":1}', /devices must be an object, but is missing/],
  ])('that is none says why: %s', (text, message) => {
    expect(() => parseCalibration(text)).toThrow(message);
  });

  it.each([
    [{ delayMs: 2000 }, /figures: delayMs must be a number from -100 to 600 ms, but is 2000/],
    [{ delayMs: null }, /delayMs must be a number from -100 to 600 ms, but is null/],
    [{ driftPpm: '3' }, /driftPpm must be a number from -100000 to 100000 ppm, or null, but is "3"/],
    [{ clippedShare: -1, noiseDb: 3 }, /noiseDb must be .* but is 3; clippedShare must be .* but is -1/],
    [{ wakeLossMs: undefined }, /wakeLossMs must be a number from 0 to 10000 ms, or null, but is undefined/],
  ])('with a wrong figure says which: %j', (wrong, message) => {
    const text = calibrationText(calibrationOf({}));
    const value = JSON.parse(text) as { figures: object };
    expect(() =>
      parseCalibration(JSON.stringify({ ...value, figures: { ...value.figures, ...wrong } })),
    ).toThrow(message);
  });

  it.each([
    [{ measuredAt: 'yesterday' }, /measuredAt must be a date and time such as .* but is "yesterday"/],
    [{ measuredAt: '2026-13-45T99:00:00Z' }, /measuredAt must be a date and time/],
    [{ devices: { capture: '', playout: 'x' } }, /capture must be a non-empty string, but is ""/],
  ])('without a date or a name says so: %j', (wrong, message) => {
    const value = JSON.parse(calibrationText(calibrationOf({}))) as object;
    expect(() => parseCalibration(JSON.stringify({ ...value, ...wrong }))).toThrow(message);
  });

  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const tail = '"measuredAt":"2026-03-01T12:00:00Z","devices":{"capture":"a","playout":"b"}';
  it.each([
    ['nested', deep],
    ['a version that is nested', `{"earshot":"calibration","version":${deep}}`],
    ['devices that are nested', `{"earshot":"calibration","version":1,"devices":${deep}}`],
    [
      'a figure that is nested',
      `{"earshot":"calibration","version":1,${tail},"figures":{"delayMs":${deep}}}`,
    ],
    [
      'a figure that cannot be written',
      `{"earshot":"calibration","version":1,${tail},"figures":{"delayMs":{"toString":1,"valueOf":1}}}`,
    ],
    [
      'a name that is nested',
      `{"earshot":"calibration","version":1,"devices":{"capture":${deep}},"figures":{}}`,
    ],
    ['endless', JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i))],
    ['a version without an end', `{"earshot":"calibration","version":"${'1'.repeat(100_000)}"}`],
    [
      'a date without an end',
      `{"earshot":"calibration","version":1,"measuredAt":"${'1'.repeat(100_000)}","devices":{},"figures":{}}`,
    ],
    ['a prototype of its own', `{"__proto__":{"earshot":"calibration","version":1}}`],
  ])('that is %s is refused in a few words', (_, text) => {
    const thrown = ((): unknown => {
      try {
        return parseCalibration(text);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: 'OPTION_INVALID' });
    expect(String(thrown).length).toBeLessThan(2000);
  });
});

describe('options of a calibration', () => {
  it('fit the room, and name its devices', () => {
    expect(calibratedOptions(calibrationOf({}))).toEqual({
      echoCanceller: { tailMs: 210, referenceLeadMs: 5 },
      capture: { device: 'alsa_input.usb' },
      playout: { device: 'default', wake: {} },
      playoutGainDb: 0,
    });
  });

  it('have a longer filter for a later echo, and for a longer decay, up to its bound', () => {
    const tailOf = (figures: Partial<AcousticFigures>): number =>
      calibratedOptions(calibrationOf(figures)).echoCanceller.tailMs;
    expect(tailOf({ delayMs: 250 })).toBe(400);
    expect(tailOf({ reverberationMs: 600 })).toBe(370);
    expect(tailOf({ reverberationMs: null })).toBe(270);
    expect(tailOf({ delayMs: 599, reverberationMs: 3000 })).toBe(480);
  });

  it('let the reference lead where time stamps say that the echo came first', () => {
    expect(calibratedOptions(calibrationOf({ delayMs: -12, delaySpreadMs: 2 })).echoCanceller).toMatchObject({
      referenceLeadMs: 19,
    });
  });

  it('wake a loudspeaker that lost something, with what it had before as well', () => {
    const wakeOf = (figures: Partial<AcousticFigures>) =>
      calibratedOptions(calibrationOf(figures)).playout.wake;
    expect(wakeOf({ wakeLossMs: 210, wakeSilenceMs: 130 })).toEqual({ preRollMs: 350 });
    expect(wakeOf({ wakeLossMs: 1800 })).toEqual({ preRollMs: 1500 });
    expect(wakeOf({ wakeLossMs: null })).toEqual({});
  });

  it('play quieter where the echo would clip', () => {
    expect(calibratedOptions(calibrationOf({ returnLossDb: -4 })).playoutGainDb).toBe(-10);
  });

  it('are taken by what they are for, whatever was measured', () => {
    for (const delayMs of [-100, -7, 0, 33.3, 600]) {
      for (const reverberationMs of [null, 0, 20_000]) {
        for (const wakeLossMs of [null, 0, 20, 10_000]) {
          const given = { delayMs, reverberationMs, wakeLossMs, wakeSilenceMs: 60_000, delaySpreadMs: 100 };
          const { echoCanceller, playout } = calibratedOptions(calibrationOf(given));
          expect(resolveLinearEchoCancellerOptions(echoCanceller)).toMatchObject(echoCanceller);
          expect(() => createWakePolicy({ strategy: 'pre-roll', ...playout.wake })).not.toThrow();
        }
      }
    }
  });
});

describe('the judgement of an echo path', () => {
  const ratingOf = (about: string, figures: Partial<AcousticFigures>): readonly string[] =>
    judgeAcoustics({ ...usual, ...figures }).flatMap((one) =>
      one.about === about ? [`${one.rating}: ${one.finding}`] : [],
    );

  it('is good all over for a usual room, and asks for nothing', () => {
    const judgements = judgeAcoustics(usual);
    expect(judgements.map(({ rating }) => rating)).toEqual(judgements.map(() => 'good'));
    expect(judgements.map(({ cure }) => cure)).toEqual(judgements.map(() => null));
    expect(judgements.map(({ about }) => about)).toEqual([
      'echo',
      'delay',
      'clipping',
      'noise',
      'drift',
      'reverberation',
      'waking',
    ]);
  });

  it.each([
    ['echo', { returnLossDb: 3 }, /^fair: the echo is 3.0 dB below/],
    ['echo', { returnLossDb: -2 }, /^bad: the echo is 2.0 dB above/],
    ['echo', { heard: 5 }, /^fair: .* 5 of 6 chirps heard/],
    ['delay', { delayMs: 300 }, /^fair: 300.0 ms/],
    ['delay', { delayMs: 500 }, /^bad/],
    ['delay', { delayMs: -20 }, /^fair/],
    ['delay', { delaySpreadMs: 20 }, /^bad: .* the same to 20.0 ms/],
    ['several echoes', { otherEchoesMs: [180] }, /^fair: there are several echoes: also after 180 ms/],
    ['steadiness', { fadeDb: 9 }, /^fair: .* end of a chirp comes back 9 dB weaker/],
    ['steadiness', { returnLossSpreadDb: 7 }, /^fair: .* changes by 7 dB from chirp to chirp/],
    ['clipping', { clippedShare: 0.2 }, /^bad: the microphone clips: 20 %/],
    ['noise', { noiseDb: -25 }, /^bad: -25 dB/],
    ['noise', { noiseDb: -120 }, /^good: digital silence/],
    ['drift', { driftPpm: -450 }, /^bad: -450.0 ppm, give or take 0.8/],
    ['reverberation', { reverberationMs: 1400 }, /^bad: 1400 ms/],
    ['waking', { wakeLossMs: 230 }, /^fair: the first 230 ms were played and not heard/],
    ['gaps', { captureGaps: 2 }, /^fair: audio was missing 2 times from the microphone/],
    ['loudspeaker', { chirps: 0 }, /^bad: the loudspeaker rendered none/],
  ] as const)('is not good for %s of %j', (about, figures, finding) => {
    const found = ratingOf(about, figures);
    expect(found).toEqual([expect.stringMatching(finding)]);
    const judged = judgeAcoustics({ ...usual, ...figures }).find((one) => one.about === about);
    if (judged?.rating !== 'good') expect(judged?.cure).not.toBeNull();
  });

  it('tells a deaf microphone from an echo that is lost in noise', () => {
    expect(judgeAcoustics({ ...unheard, noiseDb: -120 })[0]).toMatchObject({
      rating: 'bad',
      finding: 'nothing of the chirp was heard: the microphone delivers digital silence',
      cure: expect.stringContaining('unmute'),
    });
    expect(judgeAcoustics(unheard)[0]).toMatchObject({
      finding: 'nothing of the chirp was heard: it was played at -23 dB, and is lost in a noise of -58 dB',
      cure: expect.stringContaining('speakerphone that removes its own echo'),
    });
  });

  it('says how to know the drift better', () => {
    expect(
      judgeAcoustics({ ...usual, driftErrorPpm: 15 }).find(({ about }) => about === 'drift'),
    ).toMatchObject({
      rating: 'good',
      cure: '--seconds 60 tells it better',
    });
  });
});
