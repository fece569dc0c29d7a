import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cardName, readAlsaNames } from './alsa-names.js';

const cards = ` 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                      bcm2835 Headphones
 1 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full speed
 2 [Device_1       ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.4, full speed
10 [ArrayUAC10     ]: USB-Audio - ReSpeaker 4 Mic Array (UAC1.0)
                      SEEED ReSpeaker 4 Mic Array (UAC1.0) at usb-0000:01:00.0-1.1, high speed
`;
const pcm = `00-00: bcm2835 Headphones : bcm2835 Headphones : playback 8
01-00: USB Audio : USB Audio : playback 1 : capture 1
02-00: USB Audio : USB Audio : playback 1 : capture 1
10-00: USB Audio : USB Audio : playback 1 : capture 1
10-01: Raw : Raw : capture 1
`;

describe('names of ALSA', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asound-'));
    await writeFile(join(folder, 'cards'), cards);
    await writeFile(join(folder, 'pcm'), pcm);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are the id of the card and the number of the device, for what RtAudio lists by a long name', () => {
    expect(
      readAlsaNames(folder).stableNames([
        'ReSpeaker 4 Mic Array (UAC1.0) (Raw)',
        'bcm2835 Headphones (bcm2835 Headphones)',
      ]),
    ).toEqual(['hw:CARD=ArrayUAC10,DEV=1', 'hw:CARD=Headphones,DEV=0']);
  });

  it('follow the order of the cards where two have the same long name', () => {
    const name = 'USB PnP Sound Device (USB Audio)';

    expect(readAlsaNames(folder).stableNames([name, 'Default ALSA Device', name])).toEqual([
      'hw:CARD=Device,DEV=0',
      'default',
      'hw:CARD=Device_1,DEV=0',
    ]);
  });

  it('are not guessed when one of two with the same long name is left out', () => {
    expect(readAlsaNames(folder).stableNames(['USB PnP Sound Device (USB Audio)'])).toEqual([undefined]);
  });

  it('are those that open them for what is no card', () => {
    expect(readAlsaNames(folder).stableNames(['Default ALSA Device', 'PulseAudio Sound Server'])).toEqual([
      'default',
      'pulse',
    ]);
  });

  it('tell which way each device goes', () => {
    const ways = readAlsaNames(folder).all.map((each) => [each.name, each.hasPlayout, each.hasCapture]);

    expect(ways).toEqual([
      ['hw:CARD=Headphones,DEV=0', true, false],
      ['hw:CARD=Device,DEV=0', true, true],
      ['hw:CARD=Device_1,DEV=0', true, true],
      ['hw:CARD=ArrayUAC10,DEV=0', true, true],
      ['hw:CARD=ArrayUAC10,DEV=1', false, true],
    ]);
  });

  it.each(['hw:Device', 'hw:Device,0', 'hw:CARD=Device', 'plughw:CARD=Device,DEV=0', 'plughw:Device,0'])(
    'are one for all that mean the same card: %s',
    (name) => {
      expect(cardName(name)).toBe('hw:CARD=Device,DEV=0');
    },
  );

  it('are left alone where they are no cards', () => {
    for (const name of ['default', 'pulse', 'USB PnP Sound Device (USB Audio)', 'dmix:CARD=Device']) {
      expect(cardName(name)).toBe(name);
    }
  });

  it('are none on a machine without sound', () => {
    const { all, stableNames } = readAlsaNames(join(folder, 'absent'));

    expect(all).toEqual([]);
    expect(stableNames(['USB PnP Sound Device (USB Audio)', 'default'])).toEqual([undefined, undefined]);
  });
});
