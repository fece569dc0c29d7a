import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { OptionError } from 'earshot';
import type { Voice } from './speech.js';
import { speechFromWav } from './speech.js';

/**
 * Sentences that were rendered ahead: a folder with `prompts.json`, which maps each sentence to a WAV file beside it.
 *
 * @throws OptionError `OPTION_INVALID` for a folder without a readable `prompts.json`.
 */
export function promptVoice(folder: string): Voice {
  const files = readIndex(join(folder, 'prompts.json'));
  return {
    name: 'prompts rendered ahead',
    async speak(text) {
      const file = files.get(text);
      if (file === undefined) {
        throw new Error(`there is no prompt for ${JSON.stringify(text)}; render it, or install espeak-ng`);
      }
      const path = resolve(folder, file);
      if (!path.startsWith(resolve(folder) + sep))
        throw new Error(`the prompt ${file} is outside its folder`);
      return speechFromWav(await readFile(path));
    },
  };
}

function readIndex(path: string): ReadonlyMap<string, string> {
  if (!existsSync(path)) {
    throw new OptionError(
      'OPTION_INVALID',
      `prompts: there is no ${path}; render the prompts, or name another folder`,
    );
  }
  try {
    const { prompts } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly prompts: Record<string, string>;
    };
    return new Map(Object.entries(prompts));
  } catch (cause) {
    throw new OptionError('OPTION_INVALID', `prompts: ${path} is no index of prompts`, { cause });
  }
}
