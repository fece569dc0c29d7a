import type { RtAudioDevice } from '../../src/devices/audify/rt-audio.js';

/**
 * The native library for a child process, without anything native: its streams run by timers. What a device does is its name.
 */
const names = [
  'Good',
  'Aborts',
  'Segfaults',
  'Hangs',
  'Hangs at closing',
  'Suspends',
  'Aborts at opening',
  'Throws',
] as const;
type Name = (typeof names)[number];

/** For how long a stream runs before something happens to it. Units: ms. */
const goodMs = 200;

const listed: readonly RtAudioDevice[] = names.map((name, index) => ({
  id: 129 + index,
  name,
  outputChannels: 2,
  inputChannels: 1,
  isDefaultOutput: name === 'Good',
  isDefaultInput: name === 'Good',
  sampleRates: [48_000],
  preferredSampleRate: 48_000,
}));

function hang(): never {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('a hang came to an end');
}

/** As the class of audify, as far as it is used. */
export class RtAudio {
  #name: Name = 'Good';
  #rate = 48_000;
  #samples = 480;
  #channels = 1;
  #queue = 0;
  #timers: NodeJS.Timeout[] = [];
  #onInput: ((pcm: Uint8Array) => void) | null = null;
  #onOutput: (() => void) | null = null;

  openStream(
    output: { deviceId: number; nChannels: number } | null,
    input: { deviceId: number; nChannels: number } | null,
    _format: number,
    rate: number,
    samples: number,
    _name: string,
    onInput: ((pcm: Uint8Array) => void) | null,
    onOutput: (() => void) | null,
  ): number {
    const end = output ?? input;
    this.#name = names[(end?.deviceId ?? 129) - 129] ?? 'Good';
    if (this.#name === 'Throws') throw new Error("RtAudio Error: Code: 10, Message: 'it broke'");
    if (this.#name === 'Aborts at opening') {
      process.stderr.write('ALSA lib pcm.c:2721: everything is on fire\n');
      process.abort();
    }
    this.#channels = end?.nChannels ?? 1;
    this.#rate = rate;
    this.#samples = samples;
    this.#onInput = onInput;
    this.#onOutput = onOutput;
    return samples;
  }

  start(): void {
    const everyMs = (this.#samples * 1000) / this.#rate;
    this.#timers = [setInterval(() => this.#pass(), everyMs), setTimeout(() => this.#happen(), goodMs)];
  }

  #pass(): void {
    this.#onInput?.(new Uint8Array(4 * this.#samples * this.#channels));
    if (this.#queue === 0) return;
    this.#queue -= 1;
    this.#onOutput?.();
  }

  #happen(): void {
    if (this.#name === 'Aborts') {
      process.stderr.write(`${'noise\n'.repeat(10_000)}terminate called without an active exception\n`);
      process.abort();
    }
    if (this.#name === 'Segfaults') process.kill(process.pid, 'SIGSEGV');
    if (this.#name === 'Suspends') clearInterval(this.#timers[0]);
    if (this.#name === 'Hangs') hang();
  }

  closeStream(): void {
    if (this.#name === 'Hangs at closing' || this.#name === 'Suspends') hang();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#queue = 0;
  }

  write(): void {
    this.#queue += 1;
  }

  clearOutputQueue(): void {
    this.#queue = 0;
  }

  getApi(): string {
    return 'Pulse';
  }

  getStreamLatency(): number {
    return 0;
  }

  getStreamSampleRate(): number {
    return this.#rate;
  }

  getDevices(): readonly RtAudioDevice[] {
    return listed;
  }
}
