import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../package-folder.js';

/**
 * Whether a file is, byte for byte, a config that comes with earshot: nobody has put anything into it that would be lost.
 *
 * @remarks
 * install.sh writes it, and for a service of a user it writes it a little differently; what it wrote it keeps beside `node_modules`.
 */
export function isShippedConfig(path: string, ownPackage: string = packageFolder()): boolean {
  const text = bytesOf(path);
  const kept = join(ownPackage, '../../written');
  const shipped = [
    join(ownPackage, 'examples/raspberry-pi/earshot.yaml'),
    ...namesIn(kept)
      .filter((name) => name.endsWith('-earshot.yaml'))
      .map((name) => join(kept, name)),
  ];
  return text !== undefined && shipped.some((one) => bytesOf(one)?.equals(text));
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
