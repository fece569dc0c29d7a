import { EMPTY, NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { PipelineOptions } from './pipeline-options.js';
import type { PipelinePorts } from './pipeline-ports.js';
import { createVoicePipeline } from './voice-pipeline.js';

const format = { sampleRateHz: 16_000, channels: 1 };
const ports: PipelinePorts = {
  microphone: { format, capture: () => EMPTY },
  loudspeaker: { openSink: () => NEVER },
  detector: { format, windowSamples: 512, scoreSpeech: () => () => NEVER },
  upstream: { accepts: 'audio', format, openSession: () => NEVER },
};

/** What is wrong, one by one; the message has all of it. */
function problemsOf(given: unknown, options: object = {}): readonly string[] {
  try {
    createVoicePipeline(given as PipelinePorts, options as Partial<PipelineOptions>);
  } catch (error) {
    const { code, problems, message } = error as Error & { code: string; problems: readonly string[] };
    expect(code).toBe('OPTION_INVALID');
    expect(message).toBe(`[OPTION_INVALID] pipeline: ${problems.join('; ')}`);
    return problems;
  }
  return [];
}

describe('createVoicePipeline', () => {
  it('takes what is right', () => {
    expect(problemsOf(ports)).toEqual([]);
    expect(
      problemsOf(ports, { endpointing: undefined, bargeIn: { replying: { minSpeechMs: 100 } } }),
    ).toEqual([]);
  });

  it('names the bad options of every group at once, as the caller wrote them', () => {
    const options = {
      reopenWindowMs: 1e9,
      playout: { maxQueuedMs: -4 },
      endpointing: { minSilenceMs: -1, foo: 3 },
      highPass: { cutoffHz: 1 },
      preRoll: { preRollMs: -1 },
      utterances: { minSpeechMs: -2 },
      combinedSpeech: { aloneShare: 7 },
      bargeIn: { minPressMs: -3, replying: { startThreshold: 9 }, firstWords: { maxHoldMs: 3000, bar: 1 } },
      filler: { delayMs: -5 },
      patience: { replyStallMs: 1 },
      typo: 1,
    };
    expect(problemsOf(ports, options)).toEqual([
      expect.stringMatching(/^typo is not an option \(known: scheduler, /),
      'reopenWindowMs must be a whole number from 0 to 10000 ms, but is 1000000000',
      'utterances.minSpeechMs must be a whole number from 0 to 5000 ms, but is -2',
      'highPass.cutoffHz must be a number from 20 to 400 Hz, but is 1',
      'preRoll.preRollMs must be a whole number from 0 to 3000 ms, but is -1',
      'endpointing.foo is not an option (known: minSilenceMs, maxTurnMs)',
      'endpointing.minSilenceMs must be a whole number from 100 to 10000 ms, but is -1',
      'combinedSpeech.aloneShare must be a number from 0.05 to 1, but is 7',
      'bargeIn.minPressMs must be a whole number from 0 to 2000 ms, but is -3',
      'bargeIn.replying.startThreshold must be a number from 0.01 to 1, but is 9',
      expect.stringMatching(/^bargeIn\.firstWords\.bar is not an option/),
      'bargeIn.firstWords.maxHoldMs must be a whole number from 0 to 2000 ms, but is 3000',
      'filler.delayMs must be a whole number from 0 to 30000 ms, but is -5',
      'playout.maxQueuedMs must be a whole number from 1000 to 3600000 ms, but is -4',
      'patience.replyStallMs must be a whole number from 500 to 600000 ms, but is 1',
    ]);
  });

  it('finds no fault with a change of utterances that are wrong themselves', () => {
    const options = { utterances: { startThreshold: 5 }, bargeIn: { awaiting: { stopThreshold: 0.6 } } };
    expect(problemsOf(ports, options)).toEqual([
      'utterances.startThreshold must be a number from 0.01 to 1, but is 5',
    ]);
    expect(problemsOf(ports, { bargeIn: { awaiting: { stopThreshold: 0.6 } } })).toEqual([
      'bargeIn.awaiting.stopThreshold (0.6) must not be above startThreshold (0.5)',
    ]);
  });

  it('names every group that is none, and a scheduler that is none', () => {
    const options = { scheduler: 3, endpointing: 5, playout: null, filler: 'x', bargeIn: { replying: null } };
    expect(problemsOf(ports, options)).toEqual([
      'scheduler must be an rxjs scheduler, such as asyncScheduler, but is 3',
      'endpointing must be an object, but is 5',
      'filler must be an object, but is "x"',
      'playout must be an object, but is null',
      'bargeIn.replying must be an object, but is null',
    ]);
    expect(problemsOf(ports, 5 as unknown as object)).toEqual(['options must be an object, but are 5']);
  });

  it('names every missing port, and the bad options along with them', () => {
    expect(problemsOf({}, { endpointing: { minSilenceMs: -1 } })).toEqual([
      'microphone is missing',
      'loudspeaker is missing',
      'detector is missing',
      'upstream is missing',
      'endpointing.minSilenceMs must be a whole number from 100 to 10000 ms, but is -1',
    ]);
  });

  it('names every port that is none, and what it lacks', () => {
    expect(problemsOf({ microphone: 3, loudspeaker: 'x', detector: {}, upstream: null })).toEqual([
      'microphone must be an AudioSource, but is 3',
      'loudspeaker must be a Loudspeaker, but is "x"',
      'detector must be a VoiceActivityDetector, but has no valid format, windowSamples, scoreSpeech()',
      'upstream is missing',
    ]);
    const wrong = {
      ...ports,
      upstream: { ...ports.upstream, accepts: 'video' },
      transcriber: { format },
      echoCanceller: of(1),
      upstreamEchoCanceller: { format: 16_000, cancelEcho: () => {} },
      fillers: ['a'],
      floor: 3,
      mute$: true,
    };
    expect(problemsOf(wrong)).toEqual([
      'upstream must be an Upstream, but has no valid accepts',
      'transcriber must be a Transcriber, but has no valid transcribe()',
      'echoCanceller must be an EchoCanceller, but has no valid format, cancelEcho()',
      'upstreamEchoCanceller must be an EchoCanceller, but has no valid format',
      'fillers must be a FillerLibrary, but has no valid loadFillers()',
      expect.stringMatching(/^floor must be /),
      'mute$ must be an Observable of booleans',
    ]);
  });

  it.each([undefined, null, 3, 'ports'])('says what is wrong with %j in the place of ports', (given) => {
    expect(problemsOf(given)).toEqual([
      `ports must be an object with microphone, loudspeaker, detector, upstream, but are ${typeof given === 'string' ? `"${given}"` : given}`,
    ]);
  });

  it('wants a transcriber for a service that takes text', () => {
    expect(problemsOf({ ...ports, upstream: { ...ports.upstream, accepts: 'text' } })).toEqual([
      expect.stringMatching(/^transcriber is missing, but the upstream accepts text/),
    ]);
  });
});
