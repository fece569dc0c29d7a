export type { ApmHandle, RtcFfiBindings } from './rtc-ffi-bindings.js';
export {
  defaultWebrtcApmOptions,
  loadWebrtcApm,
  type WebrtcApm,
  type WebrtcApmCounters,
  type WebrtcApmOptions,
} from './webrtc-apm.js';
