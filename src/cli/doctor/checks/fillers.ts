import { firstValueFrom, fromEvent, takeUntil } from 'rxjs';
import { type FillerCacheOptions, fillerCache } from '../../../adapters/filler-cache/index.js';
import { pathFrom, shippedFillers } from '../../config/config-files.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { Check } from '../check.js';
import { amber, type Finding, failed, green } from '../finding.js';

/** A folder of speech that was rendered ahead. */
export interface RenderedFolder {
  /** `fillers`, or the name of the voice. */
  readonly about: string;
  readonly options: Pick<FillerCacheOptions, 'directory'> & Partial<FillerCacheOptions>;
}

/** Every such folder of a config; what comes with earshot, where nothing else is said. */
export function renderedFolders(
  config: EarshotConfig | undefined,
  folder: string,
): readonly RenderedFolder[] {
  const { fillers = {}, voice } = config ?? {};
  const rendered = (voice?.ladder ?? []).flatMap((rung) => {
    if (rung.engine !== 'rendered') return [];
    const { engine, directory, ...choice } = rung;
    return [{ about: engine, options: { ...choice, directory: pathFrom(folder, directory) } }];
  });
  if (fillers === 'off') return rendered;
  const { directory, ...choice } = fillers;
  const place = directory === undefined ? shippedFillers() : { directory: pathFrom(folder, directory) };
  return [{ about: 'fillers', options: { ...place, ...choice } }, ...rendered];
}

const format = { sampleRateHz: 48_000, channels: 1 } as const;

async function load({ about, options }: RenderedFolder, signal: AbortSignal): Promise<Finding> {
  const subject = { id: 'fillers', about } as const;
  const { directory } = options;
  const cure = `render them: earshot fillers render --out ${directory}`;
  try {
    const loaded$ = fillerCache(options)
      .loadFillers(format)
      .pipe(takeUntil(fromEvent(signal, 'abort')));
    const { length } = await firstValueFrom(loaded$, { defaultValue: [] });
    const figures = { directory, clips: length };
    return length > 0
      ? green(subject, `${length} ${length === 1 ? 'phrase' : 'phrases'} in ${directory}`, figures)
      : amber(subject, `there is no phrase in ${directory}, so a wait is silent`, cure, figures);
  } catch (error) {
    // A loop goes on without them.
    return failed(subject, error, cure, 'amber');
  }
}

/** Whether what was rendered ahead is whole. */
export const fillers: Check = {
  doing: 'reading fillers',
  subject: { id: 'fillers' },
  limitMs: 15_000,
  async examine({ config, folder }, signal) {
    const found: Finding[] = [];
    for (const one of renderedFolders(config, folder)) found.push(await load(one, signal));
    return found;
  },
};
