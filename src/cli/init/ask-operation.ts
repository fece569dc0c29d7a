import { type Interview, oneOf } from './interview.js';
import type { Machine } from './machine.js';
import { problemOf, type WrittenConfig } from './written-config.js';

/** Buttons and lights, where there are pins for them, and how the program runs. */
export async function askOperation(interview: Interview, machine: Machine): Promise<WrittenConfig> {
  const pins = await askPins(interview, machine);
  const runs = await interview.ask(
    oneOf(['terminal', 'service', 'container'], {
      option: 'runs-as',
      text: 'How does it run: terminal, service (of systemd), or container?',
      preset: 'terminal',
    }),
  );
  const isWatched = runs !== 'terminal' || interview.isGiven('metrics');
  const metrics = isWatched ? await askMetrics(interview, machine) : undefined;
  return {
    ...pins,
    ...(runs !== 'terminal' && { logs: { format: runs === 'service' ? 'journal' : 'json' } }),
    ...(metrics && { metrics }),
  };
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

async function askMetrics(interview: Interview, machine: Machine): Promise<WrittenConfig | undefined> {
  const port = await interview.ask<number | undefined>({
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
  });
  if (port === undefined) return undefined;
  interview.say('The figures need the package prom-client: npm install prom-client');
  return { port };
}
