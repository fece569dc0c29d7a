import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Which sound server a virtual kiosk runs. */
export type KioskServer = 'pulseaudio' | 'pipewire';

/** What it takes, and which package of Debian has it. */
const programs: Readonly<
  Record<KioskServer, readonly (readonly [program: string, debianPackage: string])[]>
> = {
  pulseaudio: [
    ['pulseaudio', 'pulseaudio'],
    ['pactl', 'pulseaudio-utils'],
    ['pacat', 'pulseaudio-utils'],
    ['parec', 'pulseaudio-utils'],
  ],
  pipewire: [
    ['pipewire', 'pipewire'],
    ['pipewire-pulse', 'pipewire-pulse'],
    ['wireplumber', 'wireplumber'],
    ['dbus-daemon', 'dbus'],
    ['pactl', 'pulseaudio-utils'],
    ['pacat', 'pulseaudio-utils'],
    ['parec', 'pulseaudio-utils'],
  ],
};

/** Why there can be no virtual kiosk on this machine, with the cure; null where there can. */
export function kioskProblem(server: KioskServer = 'pulseaudio'): string | null {
  if (process.platform !== 'linux') return `the virtual kiosk needs Linux, this is ${process.platform}`;
  const missing = programs[server].filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return null;
  const names = missing.map(([program]) => program).join(', ');
  const packages = [...new Set(missing.map(([, debianPackage]) => debianPackage))].join(' ');
  return `the virtual kiosk on ${server} lacks ${names}; apt-get install ${packages}`;
}

/** Whether a program is in the search path. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
