import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from '../package-folder.js';

const inPackage = 'assets/earshot.schema.json';

/**
 * Where editors find the schema of a config: the package beside it, or the one that runs.
 *
 * @param folder - of the config.
 */
export function schemaPlace(folder: string, ownPackage: string = packageFolder()): string {
  const beside = `./node_modules/earshot/${inPackage}`;
  if (existsSync(join(folder, beside))) return beside;
  const path = join(ownPackage, inPackage);
  // An editor takes it up to the first blank, and a drive letter for the scheme of an address.
  return /^\/\S+$/.test(path) ? path : pathToFileURL(path).href;
}
