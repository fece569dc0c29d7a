export type { CaptureFault, DeviceFault, Plug } from '../../core/pacing/device-access.js';
export type { PlayoutFacts } from '../../core/pacing/paced-loudspeaker.js';
export type { RoomMicrophone } from '../../core/pacing/paced-microphone.js';
export type { Saying } from '../../core/pacing/sound-scene.js';
export {
  defaultMemoryLoudspeakerOptions,
  type MemoryLoudspeaker,
  type MemoryLoudspeakerOptions,
  memoryLoudspeaker,
} from './memory-loudspeaker.js';
export {
  defaultMemoryMicrophoneOptions,
  type MemoryMicrophone,
  type MemoryMicrophoneOptions,
  memoryMicrophone,
} from './memory-microphone.js';
