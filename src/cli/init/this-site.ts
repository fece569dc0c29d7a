import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { ensureModel } from '../../adapters/model-store/index.js';
import { thisMachine } from '../doctor/this-machine.js';
import { packageFolder, packageVersion } from '../package-folder.js';
import type { Site } from './missing-parts.js';
import type { ModelDownload } from './models-of.js';
import type { ServiceKind, StepsSite } from './next-steps.js';

/** This machine, as what a config is to run on. */
export function thisSite(service: ServiceKind | undefined): Site & StepsSite {
  const { platform, findPackage, findProgram } = thisMachine();
  const own = resolve(packageFolder());
  const [, packages = own] = /^(.*)[\\/]node_modules[\\/]earshot$/.exec(own) ?? [];
  return {
    platform,
    findPackage,
    findProgram,
    hasSystemd: service !== undefined,
    packagesFolder: packages === process.cwd() ? undefined : packages,
    // A service of the system has a folder of its own for models.
    hasModel: async (model) => service !== 'system' && (await isDownloaded(model)),
    home: homedir(),
    packageFolder: own,
    version: packageVersion(),
    has: existsSync,
  };
}

/** Looks at names and sizes alone, and at no network. */
const isDownloaded = ({ model }: ModelDownload): Promise<boolean> =>
  lastValueFrom(ensureModel({ model, offline: true })).then(
    () => true,
    () => false,
  );
