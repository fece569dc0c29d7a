import type { FakeCard } from '../virtual-kiosk/fake-card.js';
import type { Recorder } from '../virtual-kiosk/recorder.js';
import { kioskDevices } from '../virtual-kiosk/room.js';
import type { VirtualKiosk } from '../virtual-kiosk/virtual-kiosk.js';

/** Where a conversation takes place: somebody is there, and the loudspeaker can be recorded. */
export interface Place {
  /** To hand to whoever plays or records. */
  readonly env: Readonly<Record<string, string>>;
  /** Somebody says something, now or within seconds. */
  speak(): Promise<unknown>;
  recordLoudspeaker(): Promise<Pick<Recorder, 'stop'>>;
}

/** Short for speech, and long for a click. Units: ms. */
const speechMs = 250;
const speechHz = 600;

function speechOf(channels: number): Float32Array {
  return Float32Array.from(
    { length: 48 * speechMs * channels },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * speechHz * Math.floor(i / channels)) / 48_000),
  );
}

/** @param loudspeaker - name of the one that is listened to, asked each time. */
export function kioskPlace(
  kiosk: VirtualKiosk,
  loudspeaker: () => string = () => kioskDevices.loudspeaker,
): Place {
  return {
    env: kiosk.env,
    speak: () => kiosk.say({ samples: speechOf(1), rateHz: 48_000 }),
    recordLoudspeaker: () => kiosk.record(`${loudspeaker()}.monitor`, 2),
  };
}

/** From the start of the microphone to the first word, and from there to the next. Units: ms. A turn needs 250 to be over. */
const silentMs = 500;
const pauseMs = 600;

/** A sound card without a server. Its microphone hears the same again and again. */
export function cardPlace(card: FakeCard): Place {
  const { captureChannels } = card.options;
  const perMs = 48 * captureChannels;
  const heard = new Float32Array((silentMs + speechMs + pauseMs) * perMs);
  heard.set(speechOf(captureChannels), silentMs * perMs);
  card.hear(heard);
  return {
    env: card.env,
    speak: async () => {},
    recordLoudspeaker: async () => ({ stop: async () => card.played() }),
  };
}
