type Version = readonly [number, number, number];

function read(version: string): Version | undefined {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)$/.exec(version) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/**
 * Whether a version is in a range, of the two kinds that the package has: one version, or a caret.
 *
 * @returns undefined for any other range, and for a version that is no release.
 */
export function satisfies(version: string, range: string): boolean | undefined {
  const has = read(version);
  const least = read(range.replace(/^\^/, ''));
  if (has === undefined || least === undefined) return undefined;
  const order = compare(has, least);
  if (!range.startsWith('^')) return order === 0;
  // What is left of the first number that is not zero, and that number, stay.
  const fixed = least.findIndex((part) => part !== 0);
  return order >= 0 && least.slice(0, fixed + 1).every((part, at) => part === has[at]);
}

function compare(a: Version, b: Version): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
