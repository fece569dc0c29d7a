import { askUntilMeant } from './ask-until-meant.js';
import { type Interview, oneOf } from './interview.js';
import type { Machine } from './machine.js';
import type { ServiceKind } from './next-steps.js';
import { problemOf, type WrittenConfig } from './written-config.js';

/** How a loop is operated. */
export interface OperationAnswers {
  readonly groups: WrittenConfig;
  /** Whose service it is; undefined where systemd does not start it. */
  readonly service: ServiceKind | undefined;
}

/**
 * Buttons and lights, where there are pins for them, and how the program runs.
 *
 * @param ofUser - whether the devices are those of PulseAudio or PipeWire, which belong to a user.
 */
export async function askOperation(
  interview: Interview,
  machine: Machine,
  ofUser: boolean,
): Promise<OperationAnswers> {
  const pins = await askPins(interview, machine);
  const runs = await interview.ask(
    oneOf(['terminal', 'service', 'container'], {
      option: 'runs-as',
      text: 'How does it run: terminal, service (of systemd), or container?',
      preset: 'terminal',
    }),
  );
  const service = runs === 'service' ? serviceOf(interview, machine, ofUser) : undefined;
  const isWatched = runs !== 'terminal' || interview.isGiven('metrics');
  const metrics = isWatched ? await askMetrics(interview, machine) : undefined;
  return {
    groups: {
      ...pins,
      ...(runs !== 'terminal' && { logs: { format: runs === 'service' ? 'journal' : 'json' } }),
      ...(metrics && { metrics }),
    },
    service,
  };
}

/** A service of the system reaches no sound server: that runs for a user, and for nobody else. */
function serviceOf(interview: Interview, { serviceOfFolder }: Machine, ofUser: boolean): ServiceKind {
  if (serviceOfFolder === 'user') return 'user';
  if (!ofUser) return 'system';
  interview.warn(
    'these devices are reached through PulseAudio or PipeWire, which run for a user, and a service of the system (earshot.service) cannot reach them; ' +
      'run it as a service of that user (earshot-user.service), or pick devices of ALSA for the other: --api alsa.',
  );
  return 'user';
}

async function askPins(interview: Interview, machine: Machine): Promise<WrittenConfig> {
  const hasPins = machine.hasPins();
  const isWanted = (option: string) =>
    interview.isGiven(option) || (hasPins && interview.person !== undefined);
  const floorOf = (line: string): WrittenConfig =>
    line === 'none' ? {} : { floor: { kind: 'push-to-talk', button: { kind: 'gpio', line } } };
  const lightsOf = (line: string): WrittenConfig =>
    line === 'none' ? {} : { lights: { show: [{ kind: 'gpio', lines: { white: line } }] } };
  const line = (option: string, text: string, groups: (line: string) => WrittenConfig) =>
    interview.ask<string>({
      option,
      text,
      preset: 'none',
      read(answer) {
        const reason = problemOf(groups(answer), machine.surroundings);
        return reason === undefined ? { value: answer } : { reason };
      },
    });
  const button = isWanted('button')
    ? await line(
        'button',
        'On which line is a button that is held to speak, such as GPIO17 (none: whoever speaks is heard)?',
        floorOf,
      )
    : 'none';
  const light = isWanted('light')
    ? await line('light', 'On which line is a light, such as GPIO27?', (answer) => ({
        ...floorOf(button),
        ...lightsOf(answer),
      }))
    : 'none';
  if (!hasPins && (button !== 'none' || light !== 'none'))
    interview.warn('this machine has no pins; the button or the light is missing here.');
  return { ...floorOf(button), ...lightsOf(light) };
}

/** Below it, systems let nobody but root open a port. */
const firstFreePort = 1024;

const doubtOfPort = (port: number | undefined): string | undefined =>
  port !== undefined && port > 0 && port < firstFreePort
    ? `port ${port} is below ${firstFreePort}, and only root may open it; a service of earshot is not root.`
    : undefined;

async function askMetrics(interview: Interview, machine: Machine): Promise<WrittenConfig | undefined> {
  const port = await askUntilMeant<number | undefined>(
    interview,
    {
      option: 'metrics',
      text: 'On which port of this machine are figures for Prometheus, such as 9464 (off: none)?',
      preset: 'off',
      read(answer) {
        if (answer === 'off') return { value: undefined };
        const value = /^\d{1,5}$/.test(answer) ? Number(answer) : Number.NaN;
        if (Number.isNaN(value)) return { reason: 'must be a port from 0 to 65535, or off' };
        const reason = problemOf({ metrics: { port: value } }, machine.surroundings);
        return reason === undefined ? { value } : { reason };
      },
    },
    doubtOfPort,
  );
  return port === undefined ? undefined : { port };
}
