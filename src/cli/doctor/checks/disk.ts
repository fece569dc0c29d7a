import { tmpdir } from 'node:os';
import { userCacheFolder } from '../../../adapters/model-store/index.js';
import { pathFrom } from '../../config/config-files.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import { type Check, quickLimitMs } from '../check.js';
import { amber, type Figures, type Finding, green, red } from '../finding.js';
import type { DiskSpace } from '../machine.js';

/** A folder, and what is to be written there. */
export interface DiskFigures {
  readonly folder: string;
  readonly purpose: 'models' | 'temporary files';
  /** Null where nobody tells. */
  readonly space: DiskSpace | null;
  /** Whether a config keeps something there. */
  readonly isNeeded: boolean;
}

/** Kokoro takes 325 MB and Moonshine up to 250 MB, each beside its download. Units: MB. */
const limits = { models: { amber: 1000, red: 400 }, 'temporary files': { amber: 100, red: 10 } } as const;

export function judgeDisk({ folder, purpose, space, isNeeded }: DiskFigures): Finding {
  const subject = { id: 'disk', about: purpose } as const;
  if (space === null) {
    return amber(subject, `nobody tells how much room ${folder} has`, `run: df -h ${folder}`, { folder });
  }
  const freeMb = Math.round(space.freeBytes / 1e6);
  const figures: Figures = {
    folder,
    freeMb,
    totalMb: Math.round(space.totalBytes / 1e6),
    isWritable: space.isWritable,
  };
  const what = `${folder} has room for ${freeMb} MB`;
  const { amber: little, red: none } = limits[purpose];
  if (!space.isWritable) {
    const told = `${folder} cannot be written to by this account, so ${purpose} that are not there cannot be made`;
    return amber(
      subject,
      told,
      'give another folder (store of the voice or the transcriber), or put the models there beforehand',
      figures,
    );
  }
  if (freeMb >= little) return green(subject, what, figures);
  const cure = 'make room, or give a folder on another disk (store of the voice or the transcriber)';
  const isShort = freeMb < none && isNeeded;
  return (isShort ? red : amber)(
    subject,
    what,
    purpose === 'models' ? cure : 'make room, or set TMPDIR',
    figures,
  );
}

/** Where models of this config are kept, and whether there are any. */
export function modelFolders(
  config: EarshotConfig | undefined,
  folder: string,
  usual: string,
): readonly string[] {
  const { voice, transcriber } = config ?? {};
  const kept = [
    ...(voice?.ladder ?? []).flatMap((rung) => (rung.engine === 'kokoro' ? [rung.store] : [])),
    ...(transcriber?.engine === 'moonshine' ? [transcriber.store] : []),
  ];
  return [...new Set(kept.map((store) => (store === undefined ? usual : pathFrom(folder, store))))];
}

export const disk: Check = {
  doing: 'looking at the disk',
  subject: { id: 'disk' },
  limitMs: quickLimitMs,
  async examine({ machine, config, folder }) {
    const usual = userCacheFolder();
    const own = modelFolders(config, folder, usual);
    const asked = (own.length > 0 || config !== undefined ? own : [usual]).map(
      (place) => ({ folder: place, purpose: 'models', isNeeded: config !== undefined }) as const,
    );
    const temporary = { folder: tmpdir(), purpose: 'temporary files', isNeeded: true } as const;
    return Promise.all(
      [...asked, temporary].map(async (one) =>
        judgeDisk({ ...one, space: await machine.diskSpace(one.folder) }),
      ),
    );
  },
};
