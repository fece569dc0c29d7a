import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeviceError } from '../../core/errors.js';
import type { Light } from '../../core/ports/indicator.js';

/** What a light can be told of; `white` is the strongest of the others. */
export const ledColours = ['white', 'red', 'green', 'blue'] as const;

/** One light of the kernel. */
export interface Led {
  readonly colour: (typeof ledColours)[number];
  readonly path: string;
}

/** One that can be lit. */
export interface OpenLed extends Led {
  readonly maxBrightness: number;
}

/** Never makes a file: a light that vanished would leave one behind. */
const write = (path: string, text: string) => writeFile(path, `${text}\n`, { flag: 'r+' });

/** Take it from whatever lit it before, as the activity of the card. */
export async function openLed(led: Led): Promise<OpenLed> {
  const max = Number((await readFile(join(led.path, 'max_brightness'), 'utf8')).trim());
  await write(join(led.path, 'trigger'), 'none');
  return { ...led, maxBrightness: Number.isInteger(max) && max > 0 ? max : 1 };
}

/** Light it. */
export async function setLed({ colour, path, maxBrightness }: OpenLed, light: Light): Promise<void> {
  const level = colour === 'white' ? Math.max(light.red, light.green, light.blue) : light[colour];
  // An eye sees half the power as three quarters of the light; one that has two states has no half.
  const power = maxBrightness === 1 ? Number(level >= 0.45) : level ** 2.2;
  await write(join(path, 'brightness'), String(Math.round(power * maxBrightness)));
}

/** What a file of the kernel says when it cannot be used. */
export function ledError(label: string, cause: unknown, wasOpen: boolean): DeviceError {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  if (code === 'EACCES' || code === 'EPERM')
    return new DeviceError(
      'DEVICE_PERMISSION_DENIED',
      `${label} may not be lit by this account (${String(code)}); let it write brightness and trigger, as by a udev rule`,
      { cause },
    );
  if (wasOpen)
    return new DeviceError(
      'DEVICE_LOST',
      `${label} was lost (${String(code)}); it is lit again when it is back`,
      {
        retryable: true,
        cause,
      },
    );
  if (code === 'ENOENT' || code === 'ENODEV')
    return new DeviceError(
      'DEVICE_NOT_FOUND',
      `${label} is not there; take names from ls /sys/class/leds, or add dtoverlay=gpio-led,gpio=27,label=NAME to config.txt`,
      { retryable: true, cause },
    );
  return new DeviceError(
    'DEVICE_BACKEND',
    `${label} cannot be lit (${String(cause)}); try to write its brightness by hand`,
    {
      retryable: true,
      cause,
    },
  );
}
