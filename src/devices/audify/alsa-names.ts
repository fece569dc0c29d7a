import { readFileSync } from 'node:fs';

/** What ALSA itself knows of the cards: names that stay over replugging, for those that RtAudio lists. */
export interface AlsaNames {
  /**
   * `hw:CARD=ID,DEV=NUMBER` with the card's id for each name that RtAudio lists, in its order. Equal names of several cards come in the order of the cards; where one of
   * them is left out, because it is in use, nobody can tell which: undefined.
   */
  stableNames(listedNames: readonly string[]): readonly (string | undefined)[];
  /** Every `hw:CARD=ID,DEV=NUMBER` there is in a direction, also those in use, which RtAudio leaves out. */
  readonly all: readonly AlsaDevice[];
}

/** One hardware device as the kernel tells it. */
export interface AlsaDevice {
  /** Such as `hw:CARD=Device,DEV=0`. */
  readonly name: string;
  /** What RtAudio calls it: `CARD NAME (PCM ID)`. */
  readonly listedName: string;
  readonly hasCapture: boolean;
  readonly hasPlayout: boolean;
}

/** RtAudio's names for what are no cards. */
const pseudoDevices: Readonly<Record<string, string>> = {
  'Default ALSA Device': 'default',
  'PulseAudio Sound Server': 'pulse',
};

/**
 * Read the kernel's lists.
 *
 * @param folder - where they are; a machine without sound has none, and then there are no names.
 */
export function readAlsaNames(folder = '/proc/asound'): AlsaNames {
  const cards = new Map<number, { readonly id: string; readonly name: string }>();
  // ` 1 [Device         ]: USB-Audio - USB PnP Sound Device`
  for (const [, number, id, name] of read(folder, 'cards').matchAll(
    /^\s*(\d+) \[(\S+)\s*\]: \S+ - (.*)$/gm,
  )) {
    cards.set(Number(number), { id: id ?? '', name: (name ?? '').trim() });
  }
  // `01-00: USB Audio : USB Audio : playback 1 : capture 1`
  const pcms = [...read(folder, 'pcm').matchAll(/^(\d+)-(\d+): (.*?) :(.*)$/gm)];
  const all = pcms.flatMap(([, cardNumber, device, pcmId, rest]) => {
    const card = cards.get(Number(cardNumber));
    if (!card) return [];
    return [
      {
        name: `hw:CARD=${card.id},DEV=${Number(device)}`,
        listedName: `${card.name} (${(pcmId ?? '').trim()})`,
        hasCapture: /: capture /.test(rest ?? ''),
        hasPlayout: /: playback /.test(rest ?? ''),
      },
    ];
  });
  return {
    all,
    stableNames: (listedNames) =>
      listedNames.map((listedName, index) => {
        const isSame = (name: string): boolean => name === listedName;
        const known = all.filter((device) => isSame(device.listedName));
        if (known.length !== listedNames.filter(isSame).length) return pseudoDevices[listedName];
        return known[listedNames.slice(0, index).filter(isSame).length]?.name;
      }),
  };
}

/**
 * A card and its device in the form of `AlsaDevice.name`, from any that ALSA knows: `hw:Device`, `hw:Device,0`, `plughw:CARD=Device`, since what
 * `plughw` converts is converted here. Anything else as it is.
 */
export function cardName(device: string): string {
  const [, card, number = '0'] = /^(?:plug)?hw:(?:CARD=)?([^,=]+)(?:,(?:DEV=)?(\d+))?$/.exec(device) ?? [];
  return card === undefined ? device : `hw:CARD=${card},DEV=${number}`;
}

function read(folder: string, file: string): string {
  try {
    return readFileSync(`${folder}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
