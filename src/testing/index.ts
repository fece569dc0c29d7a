export {
  type AudioSourceContract,
  type AudioSourceContractSetup,
  describeAudioSourceContract,
} from './contracts/audio-source.contract.js';
export {
  type ButtonContract,
  type ButtonContractSetup,
  describeButtonContract,
} from './contracts/button.contract.js';
export type { DeviceContractSetup, DevicePatience } from './contracts/device-setup.js';
export {
  describeEchoCancellerContract,
  type EchoCancellerContract,
} from './contracts/echo-canceller.contract.js';
export {
  describeFillerLibraryContract,
  type FillerLibraryContract,
} from './contracts/filler-library.contract.js';
export {
  describeIndicatorContract,
  type IndicatorContract,
  type IndicatorContractSetup,
} from './contracts/indicator.contract.js';
export {
  describeLoudspeakerContract,
  type LoudspeakerContract,
  type LoudspeakerContractSetup,
} from './contracts/loudspeaker.contract.js';
export type { ContractTime } from './contracts/observe.js';
export { describeOperatorContract, type OperatorCase } from './contracts/operator.contract.js';
export { describeSynthesizerContract, type SynthesizerContract } from './contracts/synthesizer.contract.js';
export type { ContractExpectation, ContractTestFunctions } from './contracts/test-functions.js';
export {
  type ContractUtterance,
  describeTranscriberContract,
  type TranscriberContract,
} from './contracts/transcriber.contract.js';
export {
  type ContractAnswer,
  describeUpstreamContract,
  type UpstreamContract,
  type UpstreamSubject,
} from './contracts/upstream.contract.js';
export {
  describeVoiceActivityDetectorContract,
  type VoiceActivityDetectorContract,
} from './contracts/voice-activity-detector.contract.js';
export { describeWakeWordContract, type WakeWordContract } from './contracts/wake-word.contract.js';
export type { WatchedTranscriber, WatchedTranscriberSetup } from './contracts/watched-transcriber.js';
export {
  defaultKnownEchoCancellerOptions,
  type KnownEchoCancellerOptions,
  knownEchoCanceller,
  passThroughEchoCanceller,
} from './echo-cancellers.js';
export { defaultLevelDetectorOptions, type LevelDetectorOptions, levelDetector } from './level-detector.js';
export { detectedFrames, scoredFrames } from './scored-frames.js';
export type { Script, ScriptAct, ScriptedTurn, ScriptStep, SpokenSentence } from './script.js';
export { spokenSentence } from './script.js';
export { type ScriptedUpstream, scriptedUpstream } from './scripted-upstream.js';
export {
  defaultScriptedUpstreamOptions,
  type ScriptedUpstreamInit,
  type ScriptedUpstreamOptions,
} from './scripted-upstream-options.js';
export { burst, framesOf, noise, ramp, type SignalOptions, silence, tone } from './signals.js';
export {
  defaultToneSynthesizerOptions,
  type ToneSynthesizerOptions,
  toneSynthesizer,
} from './tone-synthesizer.js';
export {
  defaultToneWakeWordOptions,
  type ToneWakeWordOptions,
  toneWakeWord,
} from './tone-wake-word.js';
export { createVirtualClock, type RunAsyncOptions, type VirtualClock } from './virtual-clock.js';
