import { type Check, quickLimitMs } from '../check.js';
import { amber, type Finding, green, red } from '../finding.js';

const subject = { id: 'system' } as const;

/** What the binaries of the packages have to fit. */
export interface SystemFigures {
  readonly platform: string;
  readonly arch: string;
  readonly release: string;
  /** Null for another C library, and for other systems than Linux. */
  readonly glibc: string | null;
}

/** Binaries of onnxruntime-node 1.24.3: there is one for each of these. */
const known = new Set(['linux x64', 'linux arm64', 'darwin arm64', 'darwin x64', 'win32 x64', 'win32 arm64']);
/** The newest symbol in those for Linux is GLIBC_2.27, and in the binary of WebRTC's canceller GLIBC_2.28. */
const leastGlibc = [2, 28] as const;

export function judgeSystem(figures: SystemFigures): Finding {
  const { platform, arch, release, glibc } = figures;
  const library = platform === 'linux' ? `, ${glibc === null ? 'no glibc' : `glibc ${glibc}`}` : '';
  const what = `${platform} ${release}, ${arch}${library}`;
  const told = { ...figures };
  if (arch === 'arm' || arch === 'ia32') {
    const cure = 'install the 64-bit system: the detector has no binary for 32 bits';
    return red(subject, `${what} is a system of 32 bits`, cure, told);
  }
  if (!known.has(`${platform} ${arch}`)) {
    return amber(subject, what, 'nobody has tried this system; see whether the detector below works', told);
  }
  if (platform !== 'linux') return green(subject, what, told);
  if (glibc === null) {
    return red(
      subject,
      what,
      'take a system with glibc, such as Debian: the detector has no binary for musl',
      told,
    );
  }
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  const isOld = major < leastGlibc[0] || (major === leastGlibc[0] && minor < leastGlibc[1]);
  if (!isOld) return green(subject, what, told);
  return red(
    subject,
    what,
    `take a system with glibc ${leastGlibc.join('.')} or later, such as Debian 12`,
    told,
  );
}

export const system: Check = {
  doing: 'looking at the system',
  subject,
  limitMs: quickLimitMs,
  async examine({ machine }, signal) {
    const { platform, arch, release } = machine;
    const said =
      platform === 'linux' ? await machine.run('getconf', ['GNU_LIBC_VERSION'], signal) : undefined;
    const glibc = said?.type === 'exited' ? (/^glibc (\d+\.\d+)/.exec(said.output)?.[1] ?? null) : null;
    return [judgeSystem({ platform, arch, release, glibc })];
  },
};
