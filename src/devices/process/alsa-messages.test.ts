import { describe, expect, it } from 'vitest';
import { type AlsaMessage, createAlsaReader } from './alsa-messages.js';

/** What `arecord -D six -f FLOAT_LE -c 1 -r 16000 --disable-resample --dump-hw-params -v` prints on a card of 6 channels at 48 kHz behind `plug`. */
const plugged = `Recording raw data 'stdin' : Float 32 bit Little Endian, Rate 16000 Hz, Mono
HW Params of device "six":
--------------------
ACCESS:  MMAP_INTERLEAVED MMAP_NONINTERLEAVED MMAP_COMPLEX RW_INTERLEAVED RW_NONINTERLEAVED
FORMAT:  S8 U8 S16_LE S32_LE FLOAT_LE FLOAT64_LE MU_LAW
SUBFORMAT:  STD
SAMPLE_BITS: [4 64]
FRAME_BITS: [4 640000]
CHANNELS: [1 10000]
RATE: [48000 48001)
PERIOD_TIME: (20 4294967295)
BUFFER_TIME: (20 4294967295]
TICK_TIME: ALL
--------------------
Warning: rate is not accurate (requested = 16000Hz, got = 48000Hz)
         please, try the plug plugin (-Dplug:six)
Plug PCM: Linear Integer <-> Linear Float conversion PCM (S16_LE)
Its setup is:
  stream       : CAPTURE
  access       : RW_INTERLEAVED
  format       : FLOAT_LE
  subformat    : STD
  channels     : 1
  rate         : 48000
  exact rate   : 48000 (48000/1)
  msbits       : 32
  buffer_size  : 3840
  period_size  : 480
  period_time  : 10000
  start_threshold  : 1
  boundary     : 8646911284551352320
Slave: Route conversion PCM (sformat=S16_LE)
  Transformation table:
    0 <- 0*0.166667 + 1*0.166667 + 2*0.166667 + 3*0.166667 + 4*0.166667 + 5*0.166667
Its setup is:
  format       : S16_LE
  channels     : 6
  rate         : 44100
  buffer_size  : 7680
  period_size  : 960
  boundary     : 8646911284551352320`;

const readAll = (text: string): { messages: AlsaMessage[]; abilities: unknown } => {
  const reader = createAlsaReader();
  const messages = text.split('\n').map((line) => reader.read(line.trim()));
  return { messages, abilities: reader.abilities };
};

describe('what aplay and arecord say', () => {
  it('tells what the device can do, and once what the device that was asked for was set to', () => {
    const { messages, abilities } = readAll(plugged);
    expect(abilities).toEqual({
      formats: ['S8', 'U8', 'S16_LE', 'S32_LE', 'FLOAT_LE', 'FLOAT64_LE', 'MU_LAW'],
      channels: [1, 10_000],
      sampleRateHz: [48_000, 48_000],
    });
    expect(messages.filter(({ type }) => type !== 'chatter')).toEqual([
      {
        type: 'ready',
        setup: { encoding: 'f32', sampleRateHz: 48_000, channels: 1, periodFrames: 480, bufferFrames: 3840 },
      },
    ]);
  });

  it.each([
    ['RATE: 48000', [48_000, 48_000]],
    ['RATE: [8000 48000]', [8000, 48_000]],
    ['RATE: (7999 48001)', [8000, 48_000]],
    ['RATE: 44100 48000', [44_100, 48_000]],
  ])('%s', (line, sampleRateHz) => {
    const { abilities } = readAll(`FORMAT:  S16_LE\nCHANNELS: 2\n${line}\nCHANNELS: 1`);
    expect(abilities).toEqual({ formats: ['S16_LE'], channels: [2, 2], sampleRateHz });
  });

  it('tells how much aplay has given to the device', () => {
    const { messages } = readAll('Max peak (960 samples): 0x7fffffff ####################100%');
    expect(messages).toEqual([{ type: 'taken', samples: 960 }]);
  });

  it('tells of xruns', () => {
    const { messages } = readAll(
      'underrun!!! (at least 698.304 ms long)\noverrun!!! (at least 1.500 ms long)\nStatus:\n  state       : XRUN\n  trigger_time: 1795237318.541009\n  tstamp      : 1795237319.239312\n  avail_max   : 490\nSuspended. Trying resume. Done.',
    );
    expect(messages.filter(({ type }) => type !== 'chatter')).toEqual([
      { type: 'xrun', detail: 'underrun of at least 698 ms' },
      { type: 'xrun', detail: 'overrun of at least 2 ms' },
    ]);
  });

  it('complains', () => {
    const lines = [
      'ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM nosuch',
      'aplay: main:831: audio open error: No such file or directory',
      'aplay: pcm_write:2127: write error: Input/output error',
      'arecord: xrun:1672: xrun: prepare error: Input/output error',
      'aplay: set_params:1352: Sample format non available',
    ];
    const { messages } = readAll([...lines, 'Available formats:', '- U8', '- S32_BE'].join('\n'));
    expect(messages.map(({ type }) => type)).toEqual([
      ...lines.map(() => 'complaint'),
      'chatter',
      'chatter',
      'chatter',
    ]);
  });
});
