export type { FetchServerCertificateOptions } from './fetch-server-certificate.js';
export { defaultFetchServerCertificateOptions, fetchServerCertificate } from './fetch-server-certificate.js';
export type {
  AudioChunk,
  InterruptRequest,
  InterruptResponse,
  StreamRequest,
  StreamResponse,
  UsageRequest,
  UsageResponse,
  WelcomeRequest,
  WelcomeResponse,
} from './generated/streaming_pb.js';
export { RequestPhase } from './generated/streaming_pb.js';
export type { HardwareIdInit, HardwareIdSources } from './hardware-id.js';
export { deriveHardwareId } from './hardware-id.js';
export type { LogLines } from './log-lines.js';
export { logLines } from './log-lines.js';
export { pinByFingerprint } from './pin-by-fingerprint.js';
export type { ProbeOptions, ServiceHealth, ServiceStatus } from './probes.js';
export { defaultProbeOptions, probeHealth, probeStatus } from './probes.js';
export type { SaveServerCertificateInit, SaveServerCertificateIo } from './save-server-certificate.js';
export { saveServerCertificate } from './save-server-certificate.js';
export type { ServerCertificate } from './server-certificate.js';
export type { StreamingServiceHandlers } from './service-definition.js';
export { streamingServiceDefinition } from './service-definition.js';
export type { AskOutcome, ServiceEvent } from './service-event.js';
export type { Acknowledgement, StreamingService, Usage, VoiceChoice } from './service-interface.js';
export type { ServiceDecision, ServiceMetric, ServiceMetricsOptions } from './service-metrics.js';
export { defaultServiceMetricsOptions, measureService } from './service-metrics.js';
export { streamingService } from './streaming-service.js';
export type { StreamingServiceInit, StreamingServiceOptions } from './streaming-service-options.js';
export { defaultStreamingServiceOptions } from './streaming-service-options.js';
export type { Pem, Trust } from './trust.js';
export { defaultTrust } from './trust.js';
