import { type AudioFrame, type AudioSource, audioFrame, type Loudspeaker } from 'earshot';
import { map, Observable, tap } from 'rxjs';
import { format } from '../format.js';

/** How a microphone hears a loudspeaker that is near it: first the direct sound, then what comes back from the walls. */
interface Reflection {
  /** Units: samples. */
  readonly delay: number;
  readonly gain: number;
}

const perMs = format.sampleRateHz / 1000;
/** From the loudspeaker to the microphone: 24 cm and what devices add to it. More than a frame, so that it is known in time. Units: ms. */
const directMs = 22.7;
/** A room of a shop: the sound falls by 60 dB in this time. Units: ms. */
const decayMs = 250;
const reflectionCount = 60;
/** How far the reflections are below the direct sound, all together. Units: dB. */
const reflectedDb = -6;

/**
 * A room response of single reflections, always the same one.
 *
 * @param levelDb - how much less of white noise comes back than was played.
 */
function reflectionsOf(levelDb: number): readonly Reflection[] {
  // A linear congruential generator (Numerical Recipes): no two rooms are wanted, and no library for one.
  let seed = 12_345;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const direct = { delay: Math.round(directMs * perMs), gain: 1 };
  const walls = Array.from({ length: reflectionCount }, (): Reflection => {
    const afterMs = 2 + random() * decayMs;
    const gain = 10 ** ((-60 * afterMs) / decayMs / 20) * (random() < 0.5 ? -1 : 1);
    return { delay: direct.delay + Math.round(afterMs * perMs), gain };
  });
  const energy = walls.reduce((sum, { gain }) => sum + gain ** 2, 0);
  const wallGain = Math.sqrt(10 ** (reflectedDb / 10) / energy);
  const scale = 10 ** (levelDb / 20) / Math.sqrt(1 + 10 ** (reflectedDb / 10));
  return [direct, ...walls.map(({ delay, gain }) => ({ delay, gain: gain * wallGain }))].map(
    ({ delay, gain }) => ({ delay, gain: gain * scale }),
  );
}

/** What was played lately, by the time at which it was heard. */
function createLoudspeakerMemory(longestDelay: number) {
  const length = 2 ** Math.ceil(Math.log2(longestDelay + 500 * perMs));
  const ring = new Float32Array(length);
  let end = 0;
  return {
    add({ timestampMs, samples }: AudioFrame): void {
      const from = Math.round(timestampMs * perMs);
      // What was not rendered, while the device was closed, was silence.
      for (let index = Math.max(end, from - length); index < from; index += 1) ring[wrap(index)] = 0;
      for (const [i, sample] of samples.entries()) ring[wrap(from + i)] = sample;
      end = from + samples.length;
    },
    /** 0 for what is forgotten, or not rendered yet. */
    at: (index: number): number => (index < end && index >= end - length ? (ring[wrap(index)] as number) : 0),
  };
  function wrap(index: number): number {
    return ((index % length) + length) % length;
  }
}

/**
 * Puts an echo path between a loudspeaker and a microphone: an open loudspeaker, and no headset.
 *
 * @param levelDb - how much less the microphone hears than was played. Units: dB; negative.
 */
export function withEchoPath(
  { microphone, loudspeaker }: { readonly microphone: AudioSource; readonly loudspeaker: Loudspeaker },
  levelDb: number,
): { readonly microphone: AudioSource; readonly loudspeaker: Loudspeaker } {
  const reflections = reflectionsOf(levelDb);
  const memory = createLoudspeakerMemory(Math.max(...reflections.map(({ delay }) => delay)));
  return {
    loudspeaker: {
      ...loudspeaker,
      openSink: () =>
        new Observable((subscriber) => {
          const opened$ = loudspeaker.openSink().pipe(
            tap(({ rendered$ }) => {
              // A loss is told to whoever has opened the sink.
              subscriber.add(rendered$.subscribe({ next: (frame) => memory.add(frame), error: () => {} }));
            }),
          );
          subscriber.add(opened$.subscribe(subscriber));
        }),
    },
    microphone: {
      ...microphone,
      capture: () =>
        microphone.capture().pipe(
          map((frame) => {
            const from = Math.round(frame.timestampMs * perMs);
            const heard = Float32Array.from(frame.samples, (near, i) => {
              let sum = near;
              for (const { delay, gain } of reflections) sum += gain * memory.at(from + i - delay);
              return Math.max(-1, Math.min(1, sum));
            });
            return audioFrame(frame.format, heard, frame.timestampMs);
          }),
        ),
    },
  };
}
