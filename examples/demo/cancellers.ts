import { type EchoCanceller, isVoiceError, linearEchoCanceller, type PipelinePorts } from 'earshot';
import { loadWebrtcApm } from 'earshot/adapters/webrtc-apm';

/** What takes the loudspeaker out of the microphone. */
export interface Cancellers {
  readonly ports: Pick<PipelinePorts, 'echoCanceller' | 'upstreamEchoCanceller'>;
  /** What has to be known of them, one sentence each. */
  readonly notices: readonly string[];
  /** Release what is native. Idempotent. */
  close(): void;
}

/** None, for a microphone that does not hear the loudspeaker. */
export const noCancellers: Cancellers = { ports: {}, notices: [], close() {} };

/** Our own canceller, whose output the detector listens to, and WebRTC's where it is installed, whose output is sent. */
export async function openCancellers(): Promise<Cancellers> {
  const echoCanceller = linearEchoCanceller();
  try {
    const apm: EchoCanceller & { close(): void } = await loadWebrtcApm();
    return {
      ports: { echoCanceller, upstreamEchoCanceller: apm },
      notices: ['The echo is taken out twice: once for the detector, and once, by WebRTC, for what is sent.'],
      close: apm.close,
    };
  } catch (error) {
    if (!isVoiceError(error)) throw error;
    return {
      ports: { echoCanceller },
      notices: [`The echo is taken out by our own canceller alone, since ${error.message}`],
      close() {},
    };
  }
}
