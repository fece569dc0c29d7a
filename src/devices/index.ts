export type { DeviceListing } from '../core/hardware/device-listing.js';
export type { DeviceBackend } from './choose-backend.js';
export {
  type DeviceSurvey,
  defaultListDevicesOptions,
  type ListDevicesOptions,
  listDevices,
} from './list-devices.js';
export {
  defaultOpenDevicesOptions,
  type OpenDevicesOptions,
  type OpenedDevices,
  openDevices,
} from './open-devices.js';
