export type { DeviceListing } from '../../core/hardware/device-listing.js';
export type { StreamedLoudspeaker } from '../../core/hardware/streamed-loudspeaker.js';
export type { StreamedLoudspeakerOptions } from '../../core/hardware/streamed-loudspeaker-options.js';
export type { StreamedMicrophone } from '../../core/hardware/streamed-microphone.js';
export type { StreamedMicrophoneOptions } from '../../core/hardware/streamed-microphone-options.js';
export type { Timeline } from '../../core/hardware/timeline.js';
export type { WakeOptions } from '../../core/hardware/wake-policy.js';
export {
  type AudifyLoudspeakerOptions,
  type AudifyLoudspeakerParts,
  audifyLoudspeaker,
  defaultAudifyLoudspeakerOptions,
} from './audify-loudspeaker.js';
export {
  type AudifyMicrophoneOptions,
  type AudifyMicrophoneParts,
  audifyMicrophone,
  defaultAudifyMicrophoneOptions,
} from './audify-microphone.js';
export { type AudifyDeviceOptions, defaultAudifyDeviceOptions } from './device-options.js';
export {
  defaultListAudifyDevicesOptions,
  type ListAudifyDevicesOptions,
  listAudifyDevices,
} from './list-audify-devices.js';
export type { AudifyApi } from './rt-audio.js';
