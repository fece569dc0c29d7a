import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { OptionError } from '../../core/errors.js';
import { nonEmptyString, resolveOptions } from '../../core/options.js';

/** Where the ids of a machine are read from. @public */
export interface HardwareIdSources {
  /** Which system this is, as `process.platform` names it. */
  readonly platform: string;
  /** What is in a file; undefined when it cannot be read. */
  readFile(path: string): Promise<string | undefined>;
  /** What a program prints; undefined when it fails. */
  run(program: string, args: readonly string[]): Promise<string | undefined>;
}

/** What `deriveHardwareId` takes. @public */
export interface HardwareIdInit {
  /** Name of the application, such as `com.example.kiosk`: two applications on one machine get two ids. Never change it. */
  readonly application: string;
  /** Where to read from; the machine itself without. */
  readonly sources?: HardwareIdSources;
}

/**
 * A `hardwareId` that stays the same across restarts and updates, and says nothing about the machine.
 *
 * @remarks
 * 32 lower-case hexadecimal digits: the first half of HMAC-SHA-256 over an id of the machine, with the application as
 * key. Nobody can tell from it which machine it is, nor that two applications run on the same one. From, in this order:
 * the serial number of the board (Raspberry Pi and other boards with a device tree), the machine-id of systemd or D-Bus,
 * the platform UUID of macOS, the MachineGuid of Windows. A container has the machine-id of its image: mount that of
 * the host, or name the device yourself.
 * Timing: at most 2 s for a program.
 *
 * @throws OptionError `OPTION_INVALID` when this machine has no id, or `application` is empty.
 * @public
 */
export async function deriveHardwareId({ application, sources = machine }: HardwareIdInit): Promise<string> {
  resolveOptions('deriveHardwareId', { application: '' }, { application }, { application: nonEmptyString });
  const found = await machineId(sources);
  if (found === undefined) {
    throw new OptionError(
      'OPTION_INVALID',
      'deriveHardwareId: this machine has no id of its own (no board serial number, no machine-id, no platform UUID); choose a hardwareId that is unique to this device, and keep it',
    );
  }
  return createHmac('sha256', application).update(`earshot hardware id\n${found}`).digest('hex').slice(0, 32);
}

async function machineId(sources: HardwareIdSources): Promise<string | undefined> {
  for (const source of idsOf[sources.platform] ?? idsOf['linux'] ?? []) {
    const id = usable(await source(sources));
    if (id !== undefined) return id;
  }
  return undefined;
}

type IdSource = (sources: HardwareIdSources) => Promise<string | undefined>;

const file =
  (path: string, pattern = /^[\s\S]*$/): IdSource =>
  async ({ readFile: read }) =>
    pick(await read(path), pattern);

const program =
  (name: string, args: readonly string[], pattern: RegExp): IdSource =>
  async ({ run }) =>
    pick(await run(name, args), pattern);

/** The first group of the pattern where it has one, otherwise all of it. */
function pick(text: string | undefined, pattern: RegExp): string | undefined {
  const match = text === undefined ? null : pattern.exec(text);
  return match?.[1] ?? match?.[0];
}

const idsOf: { readonly [platform: string]: readonly IdSource[] } = {
  linux: [
    file('/proc/device-tree/serial-number'),
    file('/proc/cpuinfo', /^Serial\s*:\s*(\S+)/m),
    file('/etc/machine-id'),
    file('/var/lib/dbus/machine-id'),
  ],
  darwin: [
    program('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'], /"IOPlatformUUID"\s*=\s*"([^"]+)"/),
  ],
  win32: [
    program(
      'reg',
      ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid', '/reg:64'],
      /MachineGuid\s+REG_SZ\s+(\S+)/,
    ),
  ],
};

/**
 * Boards and images that were never given an id have one of zeros, or of words; a text from a device tree ends with a
 * zero byte.
 */
function usable(raw: string | undefined): string | undefined {
  const id = raw?.replaceAll('\0', '').trim().toLowerCase() ?? '';
  const isId = /^[0-9a-z-]{8,128}$/.test(id) && /\d/.test(id) && new Set(id.replaceAll('-', '')).size > 1;
  return isId ? id : undefined;
}

const machine: HardwareIdSources = {
  platform: process.platform,
  readFile: (path) => readFile(path, 'latin1').catch(() => undefined),
  run: (name, args) =>
    new Promise((resolve) => {
      const limits = { timeout: 2000, maxBuffer: 1_000_000, windowsHide: true };
      execFile(name, args, limits, (error, stdout) => resolve(error === null ? stdout : undefined));
    }),
};
