import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DeviceError } from '../../core/errors.js';

/** The program of the audio host, and how Node runs it. */
export interface HostProgram {
  readonly file: string;
  /** Options of Node itself. */
  readonly nodeOptions: readonly string[];
}

/**
 * Find the program.
 *
 * Built, this code may be in a shared chunk anywhere under `dist`, so the package is asked where it is. From sources, as in
 * its own tests, the program is beside this file, and tsx runs it.
 *
 * @param self - the file of this code.
 * @throws DeviceError `DEVICE_BACKEND` when this code was cut out of its package by a bundler.
 */
export function findHostProgram(self: string = import.meta.url): HostProgram {
  const require = createRequire(self);
  try {
    if (self.endsWith('.ts')) {
      const tsx = pathToFileURL(require.resolve('tsx')).href;
      return { file: fileURLToPath(new URL('./host.ts', self)), nodeOptions: ['--import', tsx] };
    }
    const root = dirname(require.resolve('earshot/package.json'));
    return { file: join(root, 'dist/devices/audify/host.js'), nodeOptions: [] };
  } catch (cause) {
    throw new DeviceError(
      'DEVICE_BACKEND',
      'the program of the audio host was not found, as when earshot was bundled into another file; keep earshot out of the bundle, or pass hosted: false',
      { cause },
    );
  }
}
