import { OptionError } from '../errors.js';
import type { Loudspeaker } from '../ports/audio-sink.js';
import type { AudioSource } from '../ports/audio-source.js';
import type { EchoCanceller } from '../ports/echo-canceller.js';
import type { FillerLibrary } from '../ports/filler-library.js';
import type { Transcriber } from '../ports/transcriber.js';
import type { Upstream } from '../ports/upstream.js';
import type { VoiceActivityDetector } from '../ports/voice-activity-detector.js';

/** What a pipeline is made of. The caller chooses every implementation. @public */
export interface PipelinePorts {
  readonly microphone: AudioSource;
  readonly loudspeaker: Loudspeaker;
  readonly detector: VoiceActivityDetector;
  readonly upstream: Upstream;
  /** Required when the upstream accepts text. */
  readonly transcriber?: Transcriber;
  /** Without one the microphone must not hear the loudspeaker (headphones, a speakerphone that cancels by itself). */
  readonly echoCanceller?: EchoCanceller;
  /** Without one waits are silent. */
  readonly fillers?: FillerLibrary;
}

/** @throws OptionError `OPTION_INVALID` when a port is missing. */
export function checkPorts(ports: PipelinePorts): void {
  const required = ['microphone', 'loudspeaker', 'detector', 'upstream'] as const;
  const missing = required.filter((name) => !ports[name]).map((name) => `${name} is missing`);
  if (ports.upstream?.accepts === 'text' && !ports.transcriber) {
    missing.push(
      'transcriber is missing, but the upstream accepts text; add one, or use an upstream that accepts audio',
    );
  }
  if (missing.length > 0) throw new OptionError('OPTION_INVALID', `pipeline ports: ${missing.join('; ')}`);
}
