import {
  type CombinedSpeechOptions,
  combineSpeech,
  resolveCombinedSpeechOptions,
  type SpeechEvidence,
} from '../../src/core/detection/combine-speech.js';
import {
  resolveUtteranceOptions,
  type SpeechPhase,
  stepUtterance,
  type UtteranceOptions,
} from '../../src/core/operators/detect-utterances.js';
import type { FrontEnd, Heard } from './hear-scene.js';
import { samplesPerMs } from './speech-bounds.js';

/** What each front end that was scored heard of one scenario. */
export type HeardBy = { readonly [Name in FrontEnd]?: Heard };

/** What a rule does, and when it knows enough to do it. Units: milliseconds. */
export interface Decision {
  /** `duck` on a suspicion, `cut` on certainty, `restore` when it was nothing, `end` when the speaker has stopped. */
  readonly type: 'duck' | 'cut' | 'restore' | 'end';
  readonly atMs: number;
}

/** A way to decide when a person interrupts. Pure: it sees scores and nothing else. */
export interface Rule {
  readonly name: string;
  readonly frontEnds: readonly FrontEnd[];
  decide(heard: HeardBy): readonly Decision[];
}

const windowSamples = 512;
const windowMs = windowSamples / samplesPerMs;
const format = { sampleRateHz: 16_000, channels: 1 };
const noSamples = new Float32Array(0);

function shortest(heard: HeardBy, frontEnds: readonly FrontEnd[]): number {
  return Math.min(...frontEnds.map((name) => heard[name]?.probability.length ?? 0));
}

function readyMs(heard: HeardBy, frontEnds: readonly FrontEnd[], window: number): number {
  let latest = 0;
  for (const name of frontEnds) latest = Math.max(latest, heard[name]?.readyMs[window] ?? 0);
  return latest;
}

const decisionTypes = {
  'speech-started': 'duck',
  'speech-confirmed': 'cut',
  'speech-misfired': 'restore',
  'speech-ended': 'end',
} as const;

/** A rule of ours: evidence for each window, and the steps from there to an utterance. */
function utteranceRule(
  name: string,
  frontEnds: readonly FrontEnd[],
  options: UtteranceOptions,
  evidenceOf: (heard: HeardBy, window: number) => SpeechEvidence,
): Rule {
  return {
    name,
    frontEnds,
    decide(heard) {
      const decisions: Decision[] = [];
      let phase: SpeechPhase = { name: 'silent' };
      const count = shortest(heard, frontEnds);
      for (let window = 0; window < count; window++) {
        const evidence = evidenceOf(heard, window);
        const { speechProbability } = evidence;
        if (phase.name === 'silent' && speechProbability < options.startThreshold) continue;
        const frame = {
          format,
          samples: noSamples,
          samplesPerChannel: windowSamples,
          timestampMs: window * windowMs,
        };
        const step = stepUtterance(phase, { frame, speechProbability, evidence }, options);
        phase = step.phase;
        for (const { type } of step.edges) {
          decisions.push({ type: decisionTypes[type], atMs: readyMs(heard, frontEnds, window) });
        }
      }
      return decisions;
    },
  };
}

/** The numbers of our rule. */
export interface OurOptions {
  readonly combined: CombinedSpeechOptions;
  /** While a reply is heard. */
  readonly utterances: UtteranceOptions;
}

/** Our linear canceller, with WebRTC's as a second opinion or alone. */
export function ourRule(
  name: string,
  frontEnds: readonly ('linear' | 'webrtc')[],
  options: OurOptions,
): Rule {
  const combined = resolveCombinedSpeechOptions(options.combined);
  const utterances = resolveUtteranceOptions(name, options.utterances);
  const usesSecond = frontEnds.includes('webrtc');
  return utteranceRule(name, frontEnds, utterances, ({ linear, webrtc }, window) =>
    combineSpeech(
      {
        first: linear?.probability[window],
        second: usesSecond ? webrtc?.probability[window] : undefined,
        confidence: linear?.confidence[window],
        isEchoPossible: linear?.mayBeEcho[window] === 1,
      },
      combined,
    ),
  );
}

/** One signal, thresholds and a count of speech, and nothing about echo. */
export function plainRule(name: string, frontEnd: FrontEnd, options: UtteranceOptions): Rule {
  return utteranceRule(name, [frontEnd], options, (heard, window) => ({
    speechProbability: heard[frontEnd]?.probability[window] ?? 0,
    share: 1,
  }));
}

/**
 * The rule of Pipecat: it interrupts when 0.2 s of windows in a row are at 0.7 or above (`VADParams`: confidence, start_secs). Its
 * least volume is left out; it only ever delays.
 */
export function pipecatRule(frontEnd: FrontEnd): Rule {
  return plainRule(`Pipecat's rule (200 ms) on ${frontEnd}`, frontEnd, {
    startThreshold: 0.7,
    stopThreshold: 0.7,
    minSpeechMs: 192,
    certainThreshold: 0.7,
    uncertainShare: 1,
    uncertainForMs: 0,
    gapToleranceMs: 0,
    minSilenceMs: 200,
  });
}

/**
 * The rule of LiveKit: speech begins after 50 ms at 0.5, ends after 250 ms below 0.35, and interrupts when it has lasted for 500 ms, gaps
 * counted (`minSpeechDuration`, `minSilenceDuration`, `interruption.minDuration`). It pauses at once and ducks nothing.
 */
export function livekitRule(frontEnd: FrontEnd): Rule {
  const leastSpeechMs = 50;
  const leastSilenceMs = 250;
  const interruptsAfterMs = 500;
  return {
    name: `LiveKit's rule (500 ms) on ${frontEnd}`,
    frontEnds: [frontEnd],
    decide(heard) {
      const decisions: Decision[] = [];
      let speechMs = 0;
      let lastedMs = 0;
      let silenceMs = 0;
      let hasCut = false;
      for (let window = 0; window < shortest(heard, [frontEnd]); window++) {
        const probability = heard[frontEnd]?.probability[window] ?? 0;
        const isSpeaking = lastedMs > 0;
        if (!isSpeaking) {
          speechMs = probability >= 0.5 ? speechMs + windowMs : 0;
          if (speechMs >= leastSpeechMs) lastedMs = speechMs;
          silenceMs = 0;
          continue;
        }
        lastedMs += windowMs;
        silenceMs = probability < 0.35 ? silenceMs + windowMs : 0;
        if (silenceMs >= leastSilenceMs) {
          if (hasCut) decisions.push({ type: 'end', atMs: readyMs(heard, [frontEnd], window) });
          hasCut = false;
          lastedMs = 0;
          speechMs = 0;
        } else if (!hasCut && lastedMs >= interruptsAfterMs) {
          hasCut = true;
          decisions.push({ type: 'cut', atMs: readyMs(heard, [frontEnd], window) });
        }
      }
      return decisions;
    },
  };
}
