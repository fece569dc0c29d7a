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
      return green(subject, `not installed, only for ${why} (${install})`, figures);
    case 'choice':
      return amber(subject, `not installed, so ${why} is passed over`, `run: ${install}`, figures);
    case 'always':
    case 'config': {
      const what = `not installed, and needed by ${why}`;
      // Without a config nobody has said yet that a loop is to run here.
      const rate = hasConfig || name === 'rxjs' ? red : amber;
      return rate(subject, what, `run: ${install}`, figures);
    }
  }
}

/** What npm takes; a caret is for npm alone, and not for the shell. */
export const installLine = (name: string, range: string): string =>
  /^[\d.]+$/.test(range) ? `npm install ${name}@${range}` : `npm install "${name}@${range}"`;

/** The packages that earshot leaves to its user, and their versions: what its own package.json says. */
export function optionalPackages(): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    readonly peerDependencies?: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  };
  return { ...manifest.peerDependencies, ...manifest.optionalDependencies };
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
