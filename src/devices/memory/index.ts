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
