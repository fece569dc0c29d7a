import { createHash } from 'node:crypto';

/** All that decides how a filler sounds. @public */
export interface FillerIdentity {
  /** Names the engine, as `Synthesizer.engine`; `recorded` for a recording of a person. */
  readonly engine: string;
  readonly voice: string;
  /** Speaking rate; 1 is the voice's own. */
  readonly speed: number;
  readonly text: string;
  /** Rate at which it is stored. Units: hertz. */
  readonly sampleRateHz: number;
}

/**
 * The content address of a filler: equal for what sounds the same, on every machine.
 *
 * @returns SHA-256, in hexadecimal, of the JSON of the identity: keys in alphabetical order, no spaces, texts in Unicode form NFC.
 * @public
 */
export function fillerKey({ engine, sampleRateHz, speed, text, voice }: FillerIdentity): string {
  const canonical = JSON.stringify({
    engine: engine.normalize('NFC'),
    sampleRateHz,
    speed,
    text: text.normalize('NFC'),
    voice: voice.normalize('NFC'),
  });
  return sha256(new TextEncoder().encode(canonical));
}

/** A name that a person can read and that two fillers do not share, for file names and events. */
export function fillerIdOf(identity: FillerIdentity): string {
  const readable = identity.text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${readable || 'filler'}-${fillerKey(identity).slice(0, 16)}`;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
