import { type Check, quickLimitMs } from '../check.js';
import { amber, type Finding, green, red } from '../finding.js';
import { type WantedPrograms, wantedPrograms } from './program-needs.js';

/** Programs that are needed together, and where each is. */
export interface ProgramFigures extends WantedPrograms {
  /** Null for one that is not there. */
  readonly paths: Readonly<Record<string, string | null>>;
}

export function judgePrograms({ name, why, when, cure, paths }: ProgramFigures): Finding {
  const subject = { id: 'program', about: name } as const;
  const missing = Object.keys(paths).filter((program) => paths[program] === null);
  const figures = { ...paths, neededBy: why, needed: when !== 'never' };
  if (missing.length === 0) return green(subject, `${Object.keys(paths).join(', ')}, for ${why}`, figures);
  const names = missing.join(', ');
  const verb = missing.length === 1 ? 'is' : 'are';
  if (when === 'never')
    return green(subject, `${names} ${verb} not installed; only for ${why} (${cure})`, figures);
  const what = `${names} ${verb} not installed, and needed by ${why}`;
  return (when === 'choice' ? amber : red)(subject, what, cure, figures);
}

export const programs: Check = {
  doing: 'looking for programs',
  subject: { id: 'program' },
  limitMs: quickLimitMs,
  async examine({ machine, config }) {
    const { platform } = machine;
    const hasSystemd = (await machine.list('/run/systemd/system')).length > 0;
    return Promise.all(
      wantedPrograms(config, { platform, hasSystemd }).map(async (wanted) => {
        const found = wanted.programs.map(async (one) => [one, await machine.findProgram(one)] as const);
        return judgePrograms({ ...wanted, paths: Object.fromEntries(await Promise.all(found)) });
      }),
    );
  },
};
