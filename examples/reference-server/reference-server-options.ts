import { fileURLToPath } from 'node:url';
import { OptionError } from 'earshot';
import type { Answers } from './answers.js';
import { readAnswers } from './answers.js';
import type { Fault } from './faults.js';
import { faults, isFault } from './faults.js';
import type { GatewayFault } from './gateway.js';
import { gatewayFaults } from './gateway.js';
import type { Profile } from './profiles.js';
import { isProfile, profiles } from './profiles.js';
import type { Voice } from './speech.js';

/** PEM texts. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Who signs clients; without it any client is taken. */
  readonly clientCa?: string;
}

/** How the server behaves. */
export interface ReferenceServerOptions {
  /** Address to listen at. @defaultValue '127.0.0.1' */
  readonly host: string;
  /** Port to listen at; 0 takes a free one. Range: 0..65535. @defaultValue 0 */
  readonly port: number;
  /** From the request to the first message of its answer, in milliseconds. Range: 0..600000. @defaultValue 300 */
  readonly timeToFirstByteMs: number;
  /** Audio is sent in bursts of so much speech, in milliseconds. Range: 5..10000. @defaultValue 100 */
  readonly chunkMs: number;
  /** Largest piece of audio in one message, in bytes; the real service reads pipes of 4096. Range: 1..65536. @defaultValue 4096 */
  readonly chunkBytes: number;
  /** How many times faster than it is spoken the audio is sent. Range: 0.1..1000. @defaultValue 3 */
  readonly deliveryRate: number;
  /** Which generation of the real service, or its guides. @defaultValue 'v54' */
  readonly profile: Profile;
  /** Answers given at the same time. Range: 1..10000. @defaultValue 50, as on the real service */
  readonly maxStreams: number;
  /** Whether a device may have only one answer at a time. @defaultValue false, as on the real service */
  readonly oneStreamPerDevice: boolean;
  /**
   * `espeak-ng`: the installed one. `prompts`: sentences rendered ahead. `auto`: espeak-ng where it is installed, else
   * prompts. Any other name is one of a voice of espeak-ng. A `Voice` is taken as it is.
   * @defaultValue 'auto'
   */
  readonly voice: string | Voice;
  /** Whether answers are text alone, some words at a time, as from a service without a voice. @defaultValue false */
  readonly isTextOnly: boolean;
  /** Folder with the sentences that were rendered ahead. @defaultValue the `prompts` folder beside this file */
  readonly promptsFolder: string;
  /** What to say to a prompt. @defaultValue `answers.json` beside this file */
  readonly answers: Answers;
  /** A fault for every answer, or for those that the function picks. @defaultValue no fault */
  readonly fault: Fault | 'none' | ((prompt: string) => Fault | undefined);
  /** Answers every call as a proxy whose service is gone. @defaultValue 'none' */
  readonly gateway: GatewayFault | 'none';
  /** What TLS needs; null for plain text. @defaultValue null */
  readonly tls: TlsFiles | null;
  /** Port of `/health` and `/status`, with the same TLS; 0 takes a free one, null has none. @defaultValue null */
  readonly httpPort: number | null;
  /** What `/health` says. @defaultValue true */
  readonly isHealthy: boolean;
  /** Told of every request for an answer that was let in. */
  readonly onRequest: (request: { readonly prompt: string; readonly sessionId: string }) => void;
}

export function resolveReferenceServerOptions(
  given: Partial<ReferenceServerOptions>,
): ReferenceServerOptions {
  const options: ReferenceServerOptions = {
    host: '127.0.0.1',
    port: 0,
    timeToFirstByteMs: 300,
    chunkMs: 100,
    chunkBytes: 4096,
    deliveryRate: 3,
    profile: 'v54',
    maxStreams: 50,
    oneStreamPerDevice: false,
    voice: 'auto',
    isTextOnly: false,
    promptsFolder: fileURLToPath(new URL('prompts', import.meta.url)),
    fault: 'none',
    gateway: 'none',
    tls: null,
    httpPort: null,
    isHealthy: true,
    onRequest: () => {},
    ...given,
    answers: given.answers ?? readAnswers(fileURLToPath(new URL('answers.json', import.meta.url))),
  };
  const { fault, profile, gateway, httpPort } = options;
  const problems = [
    range('port', options.port, 0, 65_535, Number.isInteger),
    range('timeToFirstByteMs', options.timeToFirstByteMs, 0, 600_000),
    range('chunkMs', options.chunkMs, 5, 10_000),
    range('chunkBytes', options.chunkBytes, 1, 65_536, Number.isInteger),
    range('deliveryRate', options.deliveryRate, 0.1, 1000),
    range('maxStreams', options.maxStreams, 1, 10_000, Number.isInteger),
    httpPort === null ? undefined : range('httpPort', httpPort, 0, 65_535, Number.isInteger),
    isProfile(profile)
      ? undefined
      : `profile must be one of ${Object.keys(profiles).join(', ')}, but is ${JSON.stringify(profile)}`,
    gateway === 'none' || Object.hasOwn(gatewayFaults, gateway)
      ? undefined
      : `gateway must be none or one of ${Object.keys(gatewayFaults).join(', ')}, but is ${JSON.stringify(gateway)}`,
    options.host.trim() === '' ? 'host must not be empty' : undefined,
    typeof fault === 'string' && fault !== 'none' && !isFault(fault)
      ? `fault must be none or one of ${Object.keys(faults).join(', ')}, but is ${JSON.stringify(fault)}`
      : undefined,
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0)
    throw new OptionError('OPTION_INVALID', `reference server: ${problems.join('; ')}`);
  return options;
}

function range(
  name: string,
  value: number,
  min: number,
  max: number,
  also: (value: number) => boolean = () => true,
): string | undefined {
  if (value >= min && value <= max && also(value)) return undefined;
  const kind = also === Number.isInteger ? 'a whole number' : 'a number';
  return `${name} must be ${kind} from ${min} to ${max}, but is ${value}`;
}
