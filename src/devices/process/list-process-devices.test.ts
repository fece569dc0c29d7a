import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addFakePactl } from '../../../test/support/fake-pactl.js';
import { createFakePrograms, type FakePrograms } from '../../../test/support/fake-programs.js';

import { listProcessDevices, pulseServerAnswers } from './list-process-devices.js';

const allRates = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/** Names and texts of `aplay -L` on a small computer with an HDMI output and a USB microphone. */
const names = `null
    Discard all samples (playback) or generate zero samples (capture)
default
    Playback/recording through the PulseAudio sound server
hw:CARD=Device,DEV=0
    USB PnP Sound Device, USB Audio
    Direct hardware device without any conversions
plughw:CARD=Device,DEV=0
    USB PnP Sound Device, USB Audio
    Hardware device with all software conversions
plughw:CARD=busy,DEV=0
    Somebody else's
front:CARD=Device,DEV=0
    USB PnP Sound Device, USB Audio
    Front output / input
mykiosk
`;

describe('the list of devices', () => {
  let fakes: FakePrograms;
  beforeEach(() => {
    fakes = createFakePrograms();
  });
  afterEach(() => fakes.dispose());

  it('has what the server has: names, descriptions in any script, default, monitors, rates', async () => {
    addFakePactl(fakes, {
      sinks: [
        { name: 'hdmi', description: 'HDMI', spec: 's32le 2ch 44100Hz', availability: 'not available' },
        {
          name: 'usb',
          description: 'Größter Lautsprecher "Ü" 音',
          spec: 's24le 2ch 96000Hz',
          availability: 'available',
        },
      ],
      sources: [
        { name: 'usb.monitor', description: 'Monitor of USB', isMonitor: true },
        { name: 'array', description: 'Array', spec: 's16le 6ch 16000Hz' },
      ],
      defaultSink: 'usb',
      defaultSource: 'array',
    });
    const common = { backend: 'process', api: 'pulse', sampleRatesHz: allRates } as const;
    expect(await listProcessDevices({ api: 'pulse', env: fakes.env })).toEqual([
      {
        ...common,
        name: 'usb.monitor',
        description: 'Monitor of USB',
        direction: 'capture',
        isDefault: false,
        isMonitor: true,
        channels: 1,
        nativeRateHz: 48_000,
        problem: null,
      },
      {
        ...common,
        name: 'array',
        description: 'Array',
        direction: 'capture',
        isDefault: true,
        isMonitor: false,
        channels: 6,
        nativeRateHz: 16_000,
        problem: null,
      },
      {
        ...common,
        name: 'hdmi',
        description: 'HDMI',
        direction: 'playout',
        isDefault: false,
        isMonitor: false,
        channels: 2,
        nativeRateHz: 44_100,
        problem: 'nothing is plugged into its hdmi-output-0',
      },
      {
        ...common,
        name: 'usb',
        description: 'Größter Lautsprecher "Ü" 音',
        direction: 'playout',
        isDefault: true,
        isMonitor: false,
        channels: 2,
        nativeRateHz: 96_000,
        problem: null,
      },
    ]);
  });

  it('has the names of ALSA with the rates at which each really opens', async () => {
    const script = `
case " $* " in *" --list-pcms "*) cat <<'END'
${names}END
exit 0;; esac
arg() { printf '%s\\n' "$@" | sed -n "s/^--$name=//p"; }
name=device; device=$(arg "$@"); name=rate; rate=$(arg "$@"); name=format; format=$(arg "$@"); name=channels; channels=$(arg "$@")
echo "$device $rate $format" >> "$0.tried"
case $device in
  *busy*) echo 'aplay: main:831: audio open error: Device or resource busy' >&2; exit 1;;
  default) can='FLOAT_LE'; rates='[1 384000]'; set=$rate;;
  mykiosk) exec sleep 60;;
  *) can='S16_LE'; rates='[16000 48000]'; set=$rate; if [ $rate = 22050 ] || [ $rate = 24000 ]; then set=16000; fi;;
esac
printf 'FORMAT:  %s\\nCHANNELS: 1\\nRATE: %s\\n' "$can" "$rates" >&2
[ $can = $format ] || { echo 'aplay: set_params:1352: Sample format non available' >&2; exit 1; }
printf '  format : %s\\n  channels : 1\\n  rate : %s\\n  period_size : 480\\n  buffer_size : 1920\\n  boundary : 1\\n' $format $set >&2
`;
    fakes.add('aplay', script);
    fakes.add('arecord', 'exit 0');
    const devices = await listProcessDevices({ api: 'alsa', env: fakes.env });
    expect(devices.map(({ name }) => name)).toEqual([
      'default',
      'plughw:CARD=Device,DEV=0',
      'plughw:CARD=busy,DEV=0',
      'mykiosk',
    ]);
    expect(devices[0]).toEqual({
      backend: 'process',
      api: 'alsa',
      name: 'default',
      description: 'Playback/recording through the PulseAudio sound server',
      direction: 'playout',
      isDefault: true,
      isMonitor: false,
      channels: 1,
      nativeRateHz: null,
      sampleRatesHz: allRates,
      problem: null,
    });
    expect(devices[1]).toMatchObject({
      description: 'USB PnP Sound Device, USB Audio, Hardware device with all software conversions',
      isDefault: false,
      sampleRatesHz: [16_000, 32_000, 44_100, 48_000],
      problem: null,
    });
    expect(devices[2]).toMatchObject({ sampleRatesHz: [], description: "Somebody else's" });
    expect(devices[2]?.problem).toMatch(
      /^the loudspeaker "plughw:CARD=busy,DEV=0" is used by another program \(/,
    );
    // One that hangs is tried once, and killed.
    expect(devices[3]).toMatchObject({ sampleRatesHz: [], description: 'mykiosk' });
    expect(devices[3]?.problem).toContain('did not begin within 2000 ms');
    await fakes.gone('aplay');
  });

  it('says what is missing', async () => {
    const env = { PATH: '/nowhere' };
    const rejection = (api: 'pulse' | 'alsa') =>
      listProcessDevices({ api, env }).then(
        () => 'resolved',
        (error: unknown) => String(error),
      );
    expect(await rejection('pulse')).toMatch(
      /\[DEVICE_BACKEND\] .*pactl, which is not installed; apt install pulseaudio-utils$/,
    );
    expect(await rejection('alsa')).toMatch(
      /\[DEVICE_BACKEND\] .*arecord, which is not installed; apt install alsa-utils$/,
    );
  });

  it('is refused for another sound system, or an environment that is none', async () => {
    await expect(listProcessDevices({ api: 'jack' as never })).rejects.toThrow(
      'api must be one of "pulse", "alsa"',
    );
    await expect(listProcessDevices({ api: 'alsa', env: { A: 1 } as never })).rejects.toThrow(
      'env must be an object of strings',
    );
  });
});

describe('whether a server answers', () => {
  let fakes: FakePrograms;
  beforeEach(() => {
    fakes = createFakePrograms();
  });
  afterEach(() => fakes.dispose());

  it('is yes when pactl says so', async () => {
    addFakePactl(fakes, {});
    expect(await pulseServerAnswers({ env: fakes.env })).toBe(true);
  });

  it.each([
    ['it cannot connect', "echo 'Connection failure: Connection refused' >&2; exit 1"],
    ['it hangs', "trap '' TERM; while :; do sleep 1; done"],
    ['it is killed', 'kill -9 $$'],
  ])('is no when %s', async (_, body) => {
    fakes.add('pactl', body);
    expect(await pulseServerAnswers({ env: fakes.env })).toBe(false);
    await fakes.gone('pactl');
  });

  it('is no without pactl', async () => {
    expect(await pulseServerAnswers({ env: { PATH: '/nowhere' } })).toBe(false);
  });
});
