import { homedir } from 'node:os';
import { isAbsolute, posix, win32 } from 'node:path';

/** What tells where a user keeps what can be fetched again. @public */
export interface CacheSurroundings {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Where the models of this user are kept unless somebody says otherwise.
 *
 * @remarks
 * `$XDG_CACHE_HOME/earshot/models`, or `~/.cache/earshot/models`; on macOS `~/Library/Caches/earshot/models`; on Windows
 * `%LOCALAPPDATA%\\earshot\\models`, or the same under `AppData\\Local`. A relative `XDG_CACHE_HOME` is ignored, as its specification says.
 * @param surroundings - for tests and for whoever asks for another user. @defaultValue those of this process
 * @public
 */
export function userCacheFolder({ platform, home, env }: CacheSurroundings = thisUser()): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = env;
  if (platform === 'win32') {
    return win32.join(local || win32.join(home, 'AppData', 'Local'), 'earshot', 'models');
  }
  const usual = platform === 'darwin' ? posix.join(home, 'Library', 'Caches') : posix.join(home, '.cache');
  return posix.join(xdg && isAbsolute(xdg) ? xdg : usual, 'earshot', 'models');
}

const thisUser = (): CacheSurroundings => ({
  platform: process.platform,
  home: homedir(),
  env: process.env,
});
