import { describe, expect, it } from 'vitest';
import { userCacheFolder } from './user-cache-folder.js';

describe('the cache folder of a user', () => {
  it.each([
    ['linux', '/home/a', {}, '/home/a/.cache/earshot/models'],
    ['linux', '/home/a', { XDG_CACHE_HOME: '/var/a' }, '/var/a/earshot/models'],
    ['linux', '/home/a', { XDG_CACHE_HOME: 'relative' }, '/home/a/.cache/earshot/models'],
    ['linux', '/home/a', { XDG_CACHE_HOME: '' }, '/home/a/.cache/earshot/models'],
    ['darwin', '/Users/a', {}, '/Users/a/Library/Caches/earshot/models'],
    ['win32', 'C:\\Users\\a', {}, 'C:\\Users\\a\\AppData\\Local\\earshot\\models'],
    ['win32', 'C:\\Users\\a', { LOCALAPPDATA: 'D:\\Local' }, 'D:\\Local\\earshot\\models'],
  ] as const)('is on %s, at home in %s, with %j: %s', (platform, home, env, folder) => {
    expect(userCacheFolder({ platform, home, env })).toBe(folder);
  });
});
