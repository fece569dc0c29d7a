import { channelOf, toneAmplitude } from './find-sound.js';
import { speakInto } from './person.js';
import { kioskDevices } from './room.js';
import type { VirtualKiosk } from './virtual-kiosk.js';

/** What the way from the loudspeaker to the microphone is like. */
export interface Echo {
  /** Units: ms. */
  readonly delayMs: number;
  /** Of a tone. Units: dB. */
  readonly db: number;
}

const toneHz = 1000;
const noiseMs = 250;
const pauseMs = 20;
const toneMs = 250;
/** Looked for around what was asked for. Units: ms. */
const searchMs = 100;

/** Plays a burst of noise and a tone, and compares what the loudspeaker played with what the microphone heard. */
export async function measureEcho(kiosk: VirtualKiosk): Promise<Echo> {
  const { rateHz, echoDelayMs } = kiosk.options;
  const [loudspeaker, microphone] = await Promise.all([kiosk.recordLoudspeaker(), kiosk.recordMicrophone()]);
  const perMs = rateHz / 1000;
  const test = new Float32Array((noiseMs + pauseMs + toneMs) * perMs);
  let seed = 1;
  for (let i = 0; i < noiseMs * perMs; i += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    test[i] = (seed / 2 ** 31 - 1) * 0.5;
  }
  for (let i = (noiseMs + pauseMs) * perMs; i < test.length; i += 1) {
    test[i] = 0.5 * Math.sin((2 * Math.PI * toneHz * i) / rateHz);
  }
  const player = await speakInto(
    { server: kiosk.options.server, env: kiosk.env, folder: kiosk.folder, sink: kioskDevices.loudspeaker },
    { samples: test, rateHz },
  );
  await player.ended;
  await new Promise((resolve) => setTimeout(resolve, echoDelayMs + 2 * searchMs));
  const [played, heard] = await Promise.all([loudspeaker.stop(), microphone.stop()]);
  const direct = channelOf(played, 0);
  const start = direct.findIndex((sample) => sample !== 0);
  const noise = direct.subarray(start, start + noiseMs * perMs);
  const from = Math.round(heard.frameAt(played.msAt(start)));
  const asked = from + echoDelayMs * perMs;
  const lag = bestLag(noise, heard.samples, asked - searchMs * perMs, asked + searchMs * perMs);
  const toneFrom = start + (noiseMs + pauseMs + 20) * perMs;
  const toneTo = toneFrom + (toneMs - 40) * perMs;
  const shift = lag - start;
  return {
    delayMs: heard.msAt(lag) - played.msAt(start),
    db:
      20 *
      Math.log10(
        toneAmplitude(heard.samples, rateHz, toneHz, toneFrom + shift, toneTo + shift) /
          toneAmplitude(direct, rateHz, toneHz, toneFrom, toneTo),
      ),
  };
}

/** Where a stretch of sound is found again best. */
function bestLag(needle: Float32Array, hay: Float32Array, from: number, to: number): number {
  let best = from;
  let most = 0;
  const length = Math.min(needle.length, 4000);
  for (let lag = Math.max(0, from); lag < Math.min(to, hay.length - needle.length); lag += 1) {
    let sum = 0;
    for (let i = 0; i < length; i += 1) sum += (needle[i] as number) * (hay[lag + i] as number);
    if (Math.abs(sum) > most) {
      most = Math.abs(sum);
      best = lag;
    }
  }
  return best;
}
