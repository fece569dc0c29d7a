import { isGroup, show } from '../options.js';
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

/** Tells whether a member of a port is what it must be. */
type Member = (value: unknown) => boolean;
/** What a port is called, and what it cannot be without. */
interface PortShape {
  readonly kind: string;
  readonly members: Readonly<Record<string, Member>>;
}

const method: Member = (value) => typeof value === 'function';
const layout: Member = (value) =>
  isGroup(value) && typeof value['sampleRateHz'] === 'number' && typeof value['channels'] === 'number';

const shapes: { readonly [K in keyof Omit<PipelinePorts, 'floor' | 'mute$'>]-?: PortShape } = {
  microphone: { kind: 'an AudioSource', members: { format: layout, capture: method } },
  loudspeaker: { kind: 'a Loudspeaker', members: { openSink: method } },
  detector: {
    kind: 'a VoiceActivityDetector',
    members: { format: layout, windowSamples: Number.isInteger, scoreSpeech: method },
  },
  upstream: {
    kind: 'an Upstream',
    members: { accepts: (value) => value === 'audio' || value === 'text', openSession: method },
  },
  transcriber: { kind: 'a Transcriber', members: { format: layout, transcribe: method } },
  echoCanceller: { kind: 'an EchoCanceller', members: { format: layout, cancelEcho: method } },
  upstreamEchoCanceller: { kind: 'an EchoCanceller', members: { format: layout, cancelEcho: method } },
  fillers: { kind: 'a FillerLibrary', members: { loadFillers: method } },
};
const required: readonly string[] = ['microphone', 'loudspeaker', 'detector', 'upstream'];

function portProblem(name: string, port: unknown, { kind, members }: PortShape): readonly string[] {
  if (port === undefined || port === null) return required.includes(name) ? [`${name} is missing`] : [];
  // Whoever made it may have made it of a function.
  if (typeof port !== 'object' && typeof port !== 'function')
    return [`${name} must be ${kind}, but is ${show(port)}`];
  const lacking = Object.entries(members)
    .filter(([member, isRight]) => !isRight((port as Readonly<Record<string, unknown>>)[member]))
    .map(([member, isRight]) => (isRight === method ? `${member}()` : member));
  return lacking.length > 0 ? [`${name} must be ${kind}, but has no valid ${lacking.join(', ')}`] : [];
}

/** What is wrong with the ports, for callers without types too. */
export function portProblems(ports: PipelinePorts): readonly string[] {
  if (!isGroup(ports)) return [`ports must be an object with ${required.join(', ')}, but are ${show(ports)}`];
  const problems = Object.entries(shapes).flatMap(([name, shape]) => portProblem(name, ports[name], shape));
  const { upstream, transcriber } = ports as Partial<PipelinePorts>;
  if (upstream?.accepts === 'text' && !transcriber) {
    problems.push(
      'transcriber is missing, but the upstream accepts text; add one, or use an upstream that accepts audio',
    );
  }
  return [...problems, ...floorProblems(ports as PipelinePorts)];
}
