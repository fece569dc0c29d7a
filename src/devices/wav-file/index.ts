export type { CaptureFault, DeviceFault, Plug } from '../../core/pacing/device-access.js';
export type { PlayoutFacts } from '../../core/pacing/paced-loudspeaker.js';
export type { RoomMicrophone } from '../../core/pacing/paced-microphone.js';
export type { Saying } from '../../core/pacing/sound-scene.js';
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
