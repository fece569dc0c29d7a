import type { DeviceListing, DeviceSurvey } from '../devices/index.js';
import { problemsToTell } from './device-problems.js';
import { printable } from './printable.js';

const headings = { playout: 'Loudspeakers', capture: 'Microphones' } as const;

/** What is there, for people. A star marks what `default` opens. */
export function devicesTable(survey: DeviceSurvey): string {
  const { devices } = survey;
  const sections = (['playout', 'capture'] as const).map((direction) => {
    const shown = devices.filter((device) => device.direction === direction && !device.isMonitor);
    const lines = shown.length > 0 ? shown.flatMap(linesOf) : ['    none'];
    return [`${headings[direction]} (* is the default)`, ...lines].join('\n');
  });
  const said = problemsToTell(survey).map(
    ({ backend, api, problem }) => `${backend}/${api} could not be asked: ${printable(problem)}`,
  );
  return `${[...sections, ...said].join('\n\n')}\n`;
}

function linesOf(device: DeviceListing): string[] {
  const { name, description, backend, api, isDefault, channels, nativeRateHz, problem } = device;
  const facts = [
    `${backend}/${api}`,
    ...(channels === null ? [] : [`${channels} ${channels === 1 ? 'channel' : 'channels'}`]),
    ...(nativeRateHz === null ? [] : [`runs at ${nativeRateHz} Hz`]),
    problem === null ? `works at ${ratesOf(device)}` : printable(problem),
  ];
  return [
    `  ${isDefault ? '*' : ' '} ${printable(name)}`,
    ...(description === name || description === '' ? [] : [`      ${printable(description)}`]),
    `      ${facts.join(', ')}`,
  ];
}

function ratesOf({ sampleRatesHz }: DeviceListing): string {
  return sampleRatesHz.length === 0 ? 'no rate that was tried' : `${sampleRatesHz.join(', ')} Hz`;
}
