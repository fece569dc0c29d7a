import { describe, expect, it } from 'vitest';
import { createComplaints } from './complaints.js';
import { lostError, openingError, openingTimeoutError, type ProcessApi } from './device-errors.js';

const exited = { type: 'exited', code: 1, status: 'exited with code 1' } as const;

function failureOf(api: ProcessApi, command: string, lines: readonly string[]) {
  const complaints = createComplaints();
  for (const line of lines) complaints.add(line);
  return { label: 'the microphone "mic"', api, command, words: complaints.words };
}

describe('why a device does not open', () => {
  it.each([
    ['pulse', 'DEVICE_NOT_FOUND', true, ['Stream error: No such entity']],
    ['pulse', 'DEVICE_FORMAT_UNSUPPORTED', false, ['Invalid sample specification']],
    [
      'pulse',
      'DEVICE_PERMISSION_DENIED',
      false,
      [
        'Failed to load cookie file from cookie: No such file or directory',
        'Connection failure: Access denied',
      ],
    ],
    [
      'pulse',
      'DEVICE_BACKEND',
      true,
      ['Connection failure: Connection refused', 'pa_context_connect() failed: Connection refused'],
    ],
    ['pulse', 'DEVICE_BACKEND', true, ['Connection failure: Timeout']],
    ['pulse', 'DEVICE_BUSY', true, ['Stream error: Device or resource busy']],
    ['alsa', 'DEVICE_BUSY', true, ['aplay: main:831: audio open error: Device or resource busy']],
    ['alsa', 'DEVICE_PERMISSION_DENIED', false, ['aplay: main:831: audio open error: Permission denied']],
    [
      'alsa',
      'DEVICE_NOT_FOUND',
      true,
      [
        'ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM nosuch',
        'aplay: main:831: audio open error: No such file or directory',
      ],
    ],
    [
      'alsa',
      'DEVICE_NOT_FOUND',
      true,
      [
        'ALSA lib confmisc.c:165:(snd_config_get_card) Cannot get card index for Nope',
        'aplay: main:831: audio open error: No such device',
      ],
    ],
    [
      'alsa',
      'DEVICE_NOT_FOUND',
      true,
      [
        "ALSA lib confmisc.c:855:(parse_card) cannot find card '0'",
        'ALSA lib conf.c:5180:(_snd_config_evaluate) function snd_func_card_inum returned error: No such file or directory',
        'ALSA lib confmisc.c:422:(snd_func_concat) error evaluating strings',
        'ALSA lib conf.c:5703:(snd_config_expand) Evaluate error: No such file or directory',
        'ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM default',
        'aplay: main:831: audio open error: No such file or directory',
      ],
    ],
    [
      'alsa',
      'DEVICE_NOT_FOUND',
      true,
      [
        'ALSA lib pcm_pulse.c:758:(pulse_prepare) PulseAudio: Unable to create stream: No such entity',
        'aplay: set_params:1456: Unable to install hw params:',
      ],
    ],
    [
      'alsa',
      'DEVICE_BACKEND',
      true,
      [
        'ALSA lib pulse.c:242:(pulse_connect) PulseAudio: Unable to connect: Connection refused',
        'arecord: main:831: audio open error: Connection refused',
      ],
    ],
    ['alsa', 'DEVICE_FORMAT_UNSUPPORTED', false, ['aplay: set_params:1358: Channels count non available']],
    ['alsa', 'DEVICE_FORMAT_UNSUPPORTED', false, ['aplay: set_params:1352: Sample format non available']],
    ['alsa', 'DEVICE_FORMAT_UNSUPPORTED', false, ['aplay: main:645: bad speed value 999999']],
    ['alsa', 'DEVICE_BACKEND', true, ['aplay: something nobody has seen before']],
    ['alsa', 'DEVICE_BACKEND', true, []],
  ] as const)('%s: %s, may pass: %s: %j', (api, code, retryable, lines) => {
    const error = openingError(failureOf(api, 'aplay', lines), exited);
    expect([error.code, error.retryable]).toEqual([code, retryable]);
    expect(error.message).toMatch(
      /^\[\w+\] the microphone "mic" .+ \(aplay exited with code 1.*\); \S.+[^.]$/,
    );
    const last = lines.at(-1)?.replace(/^\w+: \w+:\d+: /, '');
    if (last) expect(error.message).toContain(last);
  });

  it('says what to install when there is no such program', () => {
    const missing = {
      type: 'not-started',
      cause: Object.assign(new Error('spawn'), { code: 'ENOENT' }),
    } as const;
    expect(openingError(failureOf('pulse', 'parec', []), missing).message).toBe(
      '[DEVICE_BACKEND] the microphone "mic" needs the program parec, which is not installed; apt install pulseaudio-utils',
    );
    const error = openingError(failureOf('alsa', 'arecord', []), missing);
    expect(error.message).toContain('apt install alsa-utils');
    expect(error.retryable).toBe(false);
  });

  it('says that there are too many files, which passes', () => {
    const cause = Object.assign(new Error('spawn'), { code: 'EMFILE' });
    const error = openingError(failureOf('pulse', 'parec', []), { type: 'not-started', cause });
    expect([error.code, error.retryable, error.cause]).toEqual(['DEVICE_BACKEND', true, cause]);
    expect(error.message).toContain('(EMFILE)');
  });

  it('quotes the last lines only, each of them short, in one line', () => {
    const error = openingTimeoutError(
      failureOf(
        'alsa',
        'aplay',
        Array.from({ length: 1000 }, (_, i) => `aplay: "${i}" ${'x'.repeat(5000)}`),
      ),
      1600,
    );
    expect(error.message.length).toBeLessThan(1200);
    expect(error.message).toContain("aplay: '999'");
    expect(error.message).not.toContain('\n');
    expect([error.code, error.retryable]).toEqual(['DEVICE_BACKEND', true]);
  });

  it('says how a device was lost', () => {
    const failure = failureOf('pulse', 'pacat', [
      'Connection failure: Connection terminated',
      'Stream error: Connection terminated',
    ]);
    expect(lostError(failure, 'is gone: pacat exited with code 1').message).toBe(
      '[DEVICE_LOST] the microphone "mic" is gone: pacat exited with code 1: "Connection failure: Connection terminated / ' +
        'Stream error: Connection terminated"; it can be opened again when it is back',
    );
  });
});
