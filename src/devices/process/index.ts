export type { DeviceListing } from '../../core/hardware/device-listing.js';
export type { StreamedLoudspeaker } from '../../core/hardware/streamed-loudspeaker.js';
export type { StreamedLoudspeakerOptions } from '../../core/hardware/streamed-loudspeaker-options.js';
export type { StreamedMicrophoneOptions } from '../../core/hardware/streamed-microphone-options.js';
export type { Timeline } from '../../core/hardware/timeline.js';
export type { WakeOptions } from '../../core/hardware/wake-policy.js';
export type { ProcessApi } from './device-errors.js';
export {
  defaultListProcessDevicesOptions,
  type ListProcessDevicesOptions,
  listProcessDevices,
  pulseServerAnswers,
} from './list-process-devices.js';
export {
  defaultProcessLoudspeakerOptions,
  type ProcessLoudspeakerOptions,
  type ProcessLoudspeakerParts,
  processLoudspeaker,
} from './process-loudspeaker.js';
export {
  defaultProcessMicrophoneOptions,
  type ProcessMicrophone,
  type ProcessMicrophoneOptions,
  type ProcessMicrophoneParts,
  processMicrophone,
} from './process-microphone.js';
export type { Environment } from './program.js';
