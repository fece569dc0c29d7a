// Acoustics of a room
export type { AcousticFigures } from './core/acoustics/acoustic-figures.js';
export type { AcousticJudgement } from './core/acoustics/acoustic-judgement.js';
export { type CalibratedOptions, calibratedOptions } from './core/acoustics/calibrated-options.js';
export {
  type CalibratedFigures,
  type Calibration,
  calibrationText,
  createCalibration,
  parseCalibration,
} from './core/acoustics/calibration.js';
export { judgeAcoustics } from './core/acoustics/judge-acoustics.js';
export {
  defaultMeasuringSignalOptions,
  type MeasuringSignalOptions,
} from './core/acoustics/measuring-signal.js';
export {
  type AcousticProbeEvent,
  type AcousticProbeParts,
  probeAcoustics,
} from './core/acoustics/probe-acoustics.js';

// Audio
export {
  type AudioFrame,
  audioFrame,
  durationMs,
  endMs,
  type PcmFormat,
  sameFormat,
} from './core/audio/audio-frame.js';
export { type LinearEchoCanceller, linearEchoCanceller } from './core/audio/echo/linear-echo-canceller.js';
export {
  defaultLinearEchoCancellerOptions,
  type LinearEchoCancellerOptions,
} from './core/audio/echo/linear-echo-options.js';
export { createFrameRing, type FrameRing } from './core/audio/frame-ring.js';
export { createGainRamp, dbToGain, type GainRamp, type GainRampState, gainToDb } from './core/audio/gain.js';
export {
  createHighPass,
  defaultHighPassOptions,
  type HighPass,
  type HighPassOptions,
} from './core/audio/high-pass.js';
export { type FindPausesOptions, findPauses, peakDb, rmsDb } from './core/audio/levels.js';
export { fromMono, mixInto, pickChannel, toMono } from './core/audio/mix.js';
export {
  bytesPerSample,
  createPcmDecoder,
  decodePcm,
  encodePcm,
  type PcmDecoder,
  type PcmEncoding,
} from './core/audio/pcm.js';
export {
  convertSampleRate,
  createSampleRateConverter,
  type SampleRateConverter,
  type SampleRateConverterOptions,
} from './core/audio/sample-rate-converter.js';
export {
  type AudioContainer,
  readWav,
  sniffAudio,
  type WavAudio,
  type WavEncoding,
  wavHeader,
  writeWav,
} from './core/audio/wav.js';
// Buttons and lights
export { toggledBy } from './core/controls/toggled-by.js';
export { defaultWakeGateOptions, type WakeGateOptions, wakeGate } from './core/controls/wake-gate.js';
// The conversation
export type { BackchannelLanguage } from './core/conversation/backchannels.js';
export { type BargeInOptions, defaultBargeInOptions } from './core/conversation/barge-in-policy.js';
export type { ConversationEffect } from './core/conversation/conversation-effect.js';
export type { ConversationEvent } from './core/conversation/conversation-event.js';
export type { ConversationState } from './core/conversation/conversation-state.js';
export { defaultFillerOptions, type FillerOptions } from './core/conversation/filler-policy.js';
export { defaultFirstWordsOptions, type FirstWordsOptions } from './core/conversation/first-words.js';
export { transition } from './core/conversation/transition.js';
export type { Transition } from './core/conversation/transition-result.js';
// The decision over two signals
export {
  type CombinedSpeechOptions,
  combineSpeech,
  defaultCombinedSpeechOptions,
  type SpeechEvidence,
  type SpeechOpinions,
} from './core/detection/combine-speech.js';
// Errors and options
export {
  AudioFormatError,
  DeviceError,
  type ErrorCode,
  errorCodes,
  isVoiceError,
  ModelError,
  OptionError,
  SpeechError,
  UpstreamError,
  VoiceError,
  type VoiceErrorInit,
} from './core/errors.js';
// Devices over a driver of your own
export type { CaptureDriver, CaptureDriverReport } from './core/hardware/capture-driver.js';
export type {
  PlayoutDriver,
  PlayoutDriverReport,
  PlayoutStream,
} from './core/hardware/playout-driver.js';
export { type StreamedLoudspeaker, streamedLoudspeaker } from './core/hardware/streamed-loudspeaker.js';
export {
  defaultStreamedLoudspeakerOptions,
  type StreamedLoudspeakerOptions,
  type StreamedLoudspeakerParts,
} from './core/hardware/streamed-loudspeaker-options.js';
export { type StreamedMicrophone, streamedMicrophone } from './core/hardware/streamed-microphone.js';
export {
  defaultStreamedMicrophoneOptions,
  type StreamedMicrophoneOptions,
  type StreamedMicrophoneParts,
} from './core/hardware/streamed-microphone-options.js';
export type { Timeline } from './core/hardware/timeline.js';
export { defaultWakeOptions, type WakeOptions } from './core/hardware/wake-policy.js';
export { indicationsOf } from './core/indication/indications-of.js';
export {
  colouredLightPatterns,
  type LightPattern,
  type LightPatterns,
  type LightStep,
  singleLightPatterns,
} from './core/indication/light-patterns.js';
export { defaultLightOptions, type LightOptions, lightsOf } from './core/indication/lights-of.js';
// What a conversation comes to
export type {
  AlertSeverity,
  KpiAlert,
  KpiCounter,
  KpiEvent,
  KpiGauge,
  KpiLatency,
  KpiShare,
  SilenceStages,
} from './core/kpi/kpi-event.js';
export { defaultKpiOptions, type KpiOptions } from './core/kpi/kpi-options.js';
export { type KpiInput, measureConversation } from './core/kpi/measure-conversation.js';
export { type SynthesisTiming, type WatchedSynthesis, watchSynthesis } from './core/kpi/watch-synthesis.js';
// Log lines
export {
  createLogLineWriter,
  defaultLogLineOptions,
  type LogEntry,
  type LogFormat,
  type LogLevel,
  type LogLineOptions,
  type LogLineWriter,
} from './core/log/log-line.js';
export { type PipelineLogLines, pipelineLogLines } from './core/log/pipeline-log-lines.js';
export { operatePipeline } from './core/operation/operate-pipeline.js';
export type { OperatedPipeline, StopReport, SwapReport } from './core/operation/operated-pipeline.js';
// Operating it
export {
  defaultOperationOptions,
  type Ending,
  type OperationOptions,
} from './core/operation/operation-options.js';
// Operators
export { convertTo } from './core/operators/convert-to.js';
export {
  type DetectedFrame,
  defaultUtteranceOptions,
  detectUtterances,
  type JudgedFrame,
  type SpeechEdge,
  type SpeechPhase,
  type UtteranceOptions,
} from './core/operators/detect-utterances.js';
export { dropStale } from './core/operators/drop-stale.js';
export {
  defaultEndpointingOptions,
  type EndpointingOptions,
  endTurns,
  type TurnEnd,
} from './core/operators/end-turns.js';
export { filterHighPass } from './core/operators/filter-high-pass.js';
export {
  defaultSequenceOptions,
  type InOrder,
  inSequence,
  type Sequenced,
  type SequenceOptions,
} from './core/operators/in-sequence.js';
export {
  defaultLevelOptions,
  type Level,
  type LevelOptions,
  measureLevels,
} from './core/operators/measure-levels.js';
export { playTo } from './core/operators/play-to.js';
export { reframe } from './core/operators/reframe.js';
export {
  defaultPreRollOptions,
  type PreRollOptions,
  type UtterancePart,
  withPreRoll,
} from './core/operators/with-pre-roll.js';
export {
  type Check,
  type Checks,
  integerIn,
  nonEmptyString,
  numberIn,
  oneOf,
  resolveOptions,
} from './core/options.js';
// Devices paced by a clock
export { createTimeBase, type OnPeriod, type TimeBase } from './core/pacing/time-base.js';
// The pipeline
export type {
  BargeIn,
  DeviceRole,
  PipelineEvent,
  ReplyCancelled,
  TurnEndReason,
} from './core/pipeline/pipeline-event.js';
export {
  defaultPatienceOptions,
  defaultPipelineOptions,
  type PatienceOptions,
  type PipelineOptions,
} from './core/pipeline/pipeline-options.js';
export type { PipelinePorts } from './core/pipeline/pipeline-ports.js';
export { createVoicePipeline, type VoicePipeline } from './core/pipeline/voice-pipeline.js';
export { defaultPlayoutOptions, type PlayoutOptions } from './core/playout/playout-options.js';
export type { PlayoutCommand, PlayoutEvent, PlayoutOwner } from './core/playout/playout-types.js';
// Ports
export type { AudioSink, FlushKind, Loudspeaker, PlayoutPosition } from './core/ports/audio-sink.js';
export type { AudioSource } from './core/ports/audio-source.js';
export type { Button } from './core/ports/button.js';
export type { ControlReport } from './core/ports/control-report.js';
export type { DeviceFactName, DeviceReport } from './core/ports/device-report.js';
export type { EchoCanceller } from './core/ports/echo-canceller.js';
export type { EchoDiagnosis } from './core/ports/echo-diagnosis.js';
export type { FallbackReason, FallbackReport } from './core/ports/fallback-report.js';
export type { FillerClip, FillerContext, FillerLibrary } from './core/ports/filler-library.js';
export type { Floor, Mute } from './core/ports/floor.js';
export { type Indication, type Indicator, indications, type Light } from './core/ports/indicator.js';
export type { SpokenFrame, Synthesizer } from './core/ports/synthesizer.js';
export type { Transcriber, Transcript } from './core/ports/transcriber.js';
export type {
  InterruptedReply,
  ReplyEndReason,
  TurnRevision,
  TurnSending,
  Upstream,
  UpstreamEvent,
  UpstreamRequest,
} from './core/ports/upstream.js';
export type { ScoredFrame, VoiceActivityDetector } from './core/ports/voice-activity-detector.js';
export type { WakeWord, WakeWordHeard } from './core/ports/wake-word.js';
export { type ClauseOptions, defaultClauseOptions } from './core/speech/clause-options.js';
// Speech on this device
export type { Clause, ClauseEnd } from './core/speech/clause-step.js';
export { defaultEarconOptions, type EarconOptions, earcon } from './core/speech/earcon.js';
export { defaultFallbackOptions, type FallbackOptions } from './core/speech/fallback-options.js';
export { renderedVoice } from './core/speech/rendered-voice.js';
export { speakText } from './core/speech/speak-text.js';
export { defaultSpeakTextOptions, type SpeakTextOptions } from './core/speech/speak-text-options.js';
export { splitClauses } from './core/speech/split-clauses.js';
export { type VoiceLadder, voiceLadder } from './core/speech/voice-ladder.js';
export type { VoiceLadderEvent } from './core/speech/voice-ladder-events.js';
export { defaultVoiceLadderOptions, type VoiceLadderOptions } from './core/speech/voice-ladder-options.js';
export type { ClosableSynthesizer, VoiceRung } from './core/speech/voice-rung.js';
export { type WithReports, withFallback } from './core/speech/with-fallback.js';
export { withSpeech } from './core/speech/with-speech.js';
export { watchProgress } from './core/watchdog/watch-progress.js';
export type { PartStanding, ProgressReport, WatchedPart } from './core/watchdog/watchdog.js';
export { defaultWatchdogOptions, type WatchdogOptions } from './core/watchdog/watchdog-options.js';
