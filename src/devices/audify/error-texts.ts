import { DeviceError } from '../../core/errors.js';
import type { AudifyApi } from './rt-audio.js';

/** Which way the samples go. */
export type Direction = 'capture' | 'playout';

/** What something that the library said means for a stream. */
export type Verdict = 'lost' | 'xrun' | 'unknown' | 'not-mine';

/**
 * Judge a text by its words. The codes that come with it cannot be used: those of the package are one off against those of the RtAudio inside.
 *
 * @param text - such as `RtApiPulse::callbackEvent: audio write error, Connection terminated.`
 */
export function judge(text: string, direction: Direction, api: AudifyApi): Verdict {
  const speaker = /^RtApi(Pulse|Alsa|Core|Wasapi)\b/.exec(text)?.[1];
  if (speaker !== undefined && speaker !== speakers[api]) return 'not-mine';
  // What is said when devices are listed or a stream is opened is thrown there too.
  if (/::\s*(probe\w*|openStream|closeStream|getDefault\w*)\b/.test(text)) return 'not-mine';
  const [own, other] = direction === 'capture' ? [captureWords, playoutWords] : [playoutWords, captureWords];
  if (other.test(text) && !own.test(text)) return 'not-mine';
  if (/error preparing device|current state is|disconnect|wasapiThread/.test(text)) return 'lost';
  if (/audio write error, underrun/.test(text)) return 'xrun';
  if (/audio (read|write) error/.test(text)) return 'lost';
  // An overrun that ALSA got over is told with the text of the last error, so with none at all.
  if (text.trim() === '') return direction === 'capture' && api === 'alsa' ? 'xrun' : 'not-mine';
  return 'unknown';
}

const captureWords = /audio read|overrun|input|capture/;
const playoutWords = /audio write|underrun|output|render/;

const speakers: Readonly<Record<AudifyApi, string>> = {
  pulse: 'Pulse',
  alsa: 'Alsa',
  'core-audio': 'Core',
  wasapi: 'Wasapi',
};

/** Without the frame that the package puts around what RtAudio said. */
export function plainText(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return /Message: '(.*)'$/s.exec(text)?.[1] ?? text;
}

/** Why a stream did not open. */
export function openFailure(label: string, thrown: unknown): DeviceError {
  const said = plainText(thrown);
  const words = said.replace(/[.!\s]+$/, '');
  if (/won't open for/.test(said)) {
    return new DeviceError(
      'DEVICE_BUSY',
      `${label} does not open, which mostly means that another program uses it (${words}); end that program (fuser -v /dev/snd/*), or go through the sound server`,
      { retryable: true, cause: thrown },
    );
  }
  if (/device ID is invalid|the device ID was not found/.test(said)) {
    return new DeviceError(
      'DEVICE_NOT_FOUND',
      `${label} went away while it was opened (${words}); plug it in again`,
      {
        retryable: true,
        cause: thrown,
      },
    );
  }
  if (/channel|data format|sample rate|period size/.test(said)) {
    return new DeviceError(
      'DEVICE_FORMAT_UNSUPPORTED',
      `${label} takes no layout that was tried (${words}); choose another device, or reach it through the sound server, which converts`,
      { cause: thrown },
    );
  }
  return new DeviceError(
    'DEVICE_BACKEND',
    `${label} could not be opened (${words}); it is worth another try`,
    {
      retryable: true,
      cause: thrown,
    },
  );
}
