export {
  defaultWavFileLoudspeakerOptions,
  type WavFileLoudspeaker,
  type WavFileLoudspeakerOptions,
  wavFileLoudspeaker,
} from './wav-file-loudspeaker.js';
export {
  defaultWavFileMicrophoneOptions,
  type WavFileMicrophone,
  type WavFileMicrophoneOptions,
  wavFileMicrophone,
} from './wav-file-microphone.js';
export type { RecordingEncoding } from './wav-recording.js';
