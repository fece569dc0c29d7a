import { type Check, quickLimitMs } from '../check.js';
import { type Finding, green, red } from '../finding.js';

const subject = { id: 'node' } as const;
/** As `engines` of the package has it. */
const leastMajor = 20;

/** @param version - without a `v`. */
export function judgeNode(version: string): Finding {
  const major = Number(/^\d+/.exec(version)?.[0]);
  if (major >= leastMajor) return green(subject, version, { version });
  const cure = `install Node.js ${leastMajor} or later, such as 22, and run npm install again`;
  return red(subject, `${version} is too old`, cure, { version });
}

export const nodeVersion: Check = {
  doing: 'looking at Node.js',
  subject,
  limitMs: quickLimitMs,
  examine: async ({ machine }) => [judgeNode(machine.nodeVersion)],
};
