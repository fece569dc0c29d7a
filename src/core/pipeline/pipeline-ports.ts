import { OptionError } from '../errors.js';
import type { Loudspeaker } from '../ports/audio-sink.js';
import type { AudioSource } from '../ports/audio-source.js';
import type { EchoCanceller } from '../ports/echo-canceller.js';
import type { FillerLibrary } from '../ports/filler-library.js';
import type { Floor, Mute } from '../ports/floor.js';
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
  /**
   * Makes what the detector listens to: it should leave whoever speaks over the loudspeaker whole. Its `diagnosis$` decides how
   * much may follow from it alone. Also makes what is sent upstream, unless `upstreamEchoCanceller` is given.
   *
   * Without either the microphone must not hear the loudspeaker (headphones, a speakerphone that cancels by itself).
   */
  readonly echoCanceller?: EchoCanceller;
  /**
   * Makes what is sent upstream: it may clean more, at the cost of whoever speaks over the loudspeaker. The detector asks it for a
   * second opinion while an echo is possible. Alone it serves for both.
   */
  readonly upstreamEchoCanceller?: EchoCanceller;
  /** Without one waits are silent. */
  readonly fillers?: FillerLibrary;
  /** Who gives the user the floor. @defaultValue the open floor: whoever speaks has it */
  readonly floor?: Floor;
  /** The mute switch of the microphone. Without one it is never muted. */
  readonly mute$?: Mute;
}

/** For callers without types. */
function floorProblems({ floor, mute$ }: PipelinePorts): readonly string[] {
  const problems: string[] = [];
  if (floor && floor.kind !== 'open' && typeof floor.pressed$?.subscribe !== 'function') {
    problems.push(
      "floor must be { kind: 'open' } or { kind: 'push-to-talk', pressed$ } with an Observable of booleans",
    );
  }
  if (mute$ && typeof mute$.subscribe !== 'function')
    problems.push('mute$ must be an Observable of booleans');
  return problems;
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
  missing.push(...floorProblems(ports));
  if (missing.length > 0) throw new OptionError('OPTION_INVALID', `pipeline ports: ${missing.join('; ')}`);
}
