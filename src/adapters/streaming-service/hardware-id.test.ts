import { describe, expect, it } from 'vitest';
import { deriveHardwareId, type HardwareIdSources } from './hardware-id.js';

const application = 'com.example.kiosk';

/** A machine with these files, and programs that print this. */
const machine = (
  files: Readonly<Record<string, string>> = {},
  platform = 'linux',
  programs: Readonly<Record<string, string>> = {},
): HardwareIdSources => ({
  platform,
  readFile: async (path) => files[path],
  run: async (program) => programs[program],
});

const deviceTree = '/proc/device-tree/serial-number';
const cpuinfo = (serial: string) =>
  `processor\t: 0\n\nHardware\t: BCM2835\nSerial\t\t: ${serial}\nModel\t\t: Raspberry Pi 4`;
const machineId = 'b642b4217b34b1e8d3bd915fc65c4452';
const derive = (sources: HardwareIdSources, name = application) =>
  deriveHardwareId({ application: name, sources });

describe('deriveHardwareId', () => {
  it('gives the same 32 digits each time, and never what it was made of', async () => {
    const sources = machine({ '/etc/machine-id': `${machineId}\n` });

    const id = await derive(sources);

    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(id).not.toBe(machineId);
    expect(await derive(sources)).toBe(id);
  });

  it('stays the same in later versions', async () => {
    expect(await derive(machine({ '/etc/machine-id': machineId }))).toBe('a78cf2098ed006ca080c7a464f2b5864');
  });

  it('gives another application another id', async () => {
    const sources = machine({ '/etc/machine-id': machineId });

    expect(await derive(sources, 'com.example.robot')).not.toBe(await derive(sources));
  });

  it('takes the serial number of the board before the machine-id, wherever the board says it', async () => {
    const other = machineId.replace('b', 'a');
    const byTree = await derive(
      machine({ [deviceTree]: '10000000a1b2c3d4\0', '/etc/machine-id': machineId }),
    );
    const byCpu = await derive(
      machine({ '/proc/cpuinfo': cpuinfo('10000000a1b2c3d4'), '/etc/machine-id': other }),
    );

    expect(byTree).toBe(byCpu);
  });

  it.each([
    ['of zeros', { [deviceTree]: '0000000000000000\0', '/proc/cpuinfo': cpuinfo('0000000000000000') }],
    ['empty', { [deviceTree]: '\0' }],
    ['of words', { [deviceTree]: 'To Be Filled By O.E.M.\0' }],
    ['missing', { '/proc/cpuinfo': 'processor\t: 0\n' }],
  ])('goes on to the machine-id where the serial number is %s', async (_title, files) => {
    const withSerial = await derive(machine({ ...files, '/etc/machine-id': machineId }));

    expect(withSerial).toBe(await derive(machine({ '/etc/machine-id': machineId })));
  });

  it('takes the machine-id of D-Bus where there is no other', async () => {
    const byDbus = await derive(
      machine({ '/etc/machine-id': 'uninitialized\n', '/var/lib/dbus/machine-id': machineId }),
    );

    expect(byDbus).toBe(await derive(machine({ '/etc/machine-id': machineId })));
  });

  it('takes the platform UUID of macOS and the MachineGuid of Windows', async () => {
    const ioreg =
      '    "IOPlatformSerialNumber" = "C02XXXX"\n    "IOPlatformUUID" = "564D1A2B-3C4D-5E6F-7081-92A3B4C5D6E7"\n';
    const registry =
      '\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\r\n    MachineGuid    REG_SZ    564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7\r\n';

    const onMac = await derive(machine({}, 'darwin', { '/usr/sbin/ioreg': ioreg }));
    const onWindows = await derive(machine({}, 'win32', { reg: registry }));

    expect(onMac).toMatch(/^[0-9a-f]{32}$/);
    expect(onWindows).toBe(onMac);
  });

  it.each(['linux', 'darwin', 'win32', 'freebsd'])(
    'says what to do on %s where nothing is found',
    async (platform) => {
      await expect(derive(machine({}, platform))).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringMatching(/this machine has no id of its own .*; choose a hardwareId/),
      });
    },
  );

  it.each(['', '  '])('wants the name of an application, and not %j', async (name) => {
    await expect(derive(machine({ '/etc/machine-id': machineId }), name)).rejects.toThrow(
      /deriveHardwareId: application must be a non-empty string/,
    );
  });

  it('reads the machine it runs on', async () => {
    // A container may have no id at all; then it says so, and nothing else goes wrong.
    const outcome = await deriveHardwareId({ application }).catch((error: { code: string }) => error.code);

    expect(outcome).toMatch(/^([0-9a-f]{32}|OPTION_INVALID)$/);
  });
});
