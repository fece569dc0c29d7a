import type { ServerCertificate } from '../../src/adapters/streaming-service/index.js';
import type { ConfigReading } from '../../src/cli/config/read-config.js';
import { readConfig } from '../../src/cli/config/read-config.js';
import { type Conversation, converse } from '../../src/cli/init/converse.js';
import { yamlOf } from '../../src/cli/init/init.js';
import { createInterview } from '../../src/cli/init/interview.js';
import type { ServiceLook } from '../../src/cli/init/look-at-service.js';
import type { ChosenDevices, Machine } from '../../src/cli/init/machine.js';
import { AnswersEnded, type Prompt } from '../../src/cli/init/prompt.js';
import type { TrialReport } from '../../src/cli/trial-report.js';
import type { DeviceListing, DeviceSurvey } from '../../src/devices/index.js';
import { makeCertificate } from './certificates.js';

/** A machine that is what a test says. */
export interface PlayedMachine {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly hasPins?: boolean;
  readonly serviceOfFolder?: Machine['serviceOfFolder'];
  readonly devices?: readonly DeviceListing[];
  readonly problems?: DeviceSurvey['problems'];
  /** What stands at an address; what answers in plain text without it. */
  readonly lookAt?: (...of: Parameters<Machine['lookAt']>) => ServiceLook;
  /** What a trial comes to; both work without it. */
  readonly trial?: (chosen: ChosenDevices) => Partial<TrialReport>;
}

/** What came of a conversation. */
export interface PlayedInit extends Conversation {
  readonly text: string;
  readonly reading: ConfigReading;
  /** What was asked, in order, with its default. */
  readonly asked: readonly string[];
  readonly said: readonly string[];
  readonly warnings: readonly string[];
  readonly tried: readonly ChosenDevices[];
  /** How often devices were looked for. */
  readonly looks: number;
  /** Whether every answer was asked for. */
  readonly unasked: readonly string[];
}

/** A device as it is listed. */
export const listing = (
  direction: DeviceListing['direction'],
  name: string,
  more: Partial<DeviceListing> = {},
): DeviceListing => ({
  backend: 'process',
  api: 'pulse',
  name,
  description: `${name} of a test`,
  direction,
  isDefault: false,
  isMonitor: false,
  channels: 1,
  nativeRateHz: 48_000,
  sampleRatesHz: [16_000, 48_000],
  problem: null,
  ...more,
});

/** One that nobody has signed but itself. */
export function strangerCertificate(): { readonly certificate: ServerCertificate } {
  const { pem, fingerprint } = makeCertificate({ commonName: 'voice.example.com' });
  const name = 'CN=voice.example.com';
  const certificate: ServerCertificate = {
    pem,
    fingerprint256: fingerprint,
    subject: name,
    issuer: name,
    validFrom: new Date(0),
    validTo: new Date(0),
    names: [],
    selfSigned: true,
  };
  return { certificate };
}

const usual: readonly DeviceListing[] = [
  listing('capture', 'desk-mic', { isDefault: true }),
  listing('capture', 'array-mic'),
  listing('playout', 'speaker', { isDefault: true }),
  listing('playout', 'hdmi'),
];

const works: TrialReport = {
  ok: true,
  verdict: '',
  capture: '',
  playout: '',
  failures: [],
  tonePlayed: true,
  toneHeard: true,
  roomDb: -52,
  toneDb: -31,
  peakDb: -28,
};

/** The machine, and what was tried on it. */
export function playedMachine(of: PlayedMachine): Machine & {
  readonly tried: readonly ChosenDevices[];
  readonly looks: readonly unknown[];
} {
  const { env = {}, files = {}, devices = usual, lookAt, trial } = of;
  const tried: ChosenDevices[] = [];
  const looks: unknown[] = [];
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('not there'), { code: 'ENOENT' });
    return text;
  };
  return {
    tried,
    looks,
    surroundings: { env, readFile },
    has: (path) => path in files,
    serviceOfFolder: of.serviceOfFolder,
    hasPins: () => of.hasPins ?? false,
    wavProblem: (path) => (path in files ? undefined : 'cannot be played: it does not exist'),
    lookAt: async (...asked) => lookAt?.(...asked) ?? { type: 'answers', secured: false },
    async listDevices(way) {
      looks.push(way);
      const { api } = way;
      return {
        devices: devices.filter((device) => api === undefined || api === 'auto' || device.api === api),
        problems: of.problems ?? [],
      };
    },
    async tryDevices(chosen) {
      tried.push(chosen);
      return { ...works, ...trial?.(chosen) };
    },
  };
}

/**
 * Play a conversation to its end, and read what was written.
 *
 * @param answers - in order; Ctrl-D comes after the last one. Null asks nobody.
 */
export async function playInit(
  answers: readonly string[] | null,
  of: PlayedMachine = {},
  options: Readonly<Record<string, string>> = {},
): Promise<PlayedInit> {
  const open = [...(answers ?? [])];
  const asked: string[] = [];
  const said: string[] = [];
  const person: Prompt = {
    async ask(question) {
      asked.push(question.trim());
      const answer = open.shift();
      if (answer === undefined) throw new AnswersEnded('closed');
      return answer;
    },
    say: (line) => void said.push(line),
    draw: () => {},
    forget: () => {},
  };
  const machine = playedMachine(of);
  const interview = createInterview(
    options,
    answers === null ? undefined : person,
    (line) => void said.push(line),
  );
  const found = await converse(interview, machine);
  const text = yamlOf(found, './earshot.schema.json');
  return {
    ...found,
    text,
    reading: readConfig(text, found.surroundings),
    asked,
    said,
    warnings: interview.warnings,
    tried: machine.tried,
    looks: machine.looks.length,
    unasked: open,
  };
}
