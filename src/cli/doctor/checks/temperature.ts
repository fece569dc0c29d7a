import { type Check, quickLimitMs } from '../check.js';
import { amber, type Finding, green, red } from '../finding.js';
import type { Machine } from '../machine.js';

const subject = { id: 'temperature' } as const;
/** A Raspberry Pi is made slower from 80 degrees on, and a 3B+ from 60; ten degrees are left for a summer day. Units: degrees Celsius. */
const limits = { amber: 70, red: 80 } as const;
const folder = '/sys/class/thermal';

/** @param celsius - of the processor. */
export function judgeTemperature(celsius: number): Finding {
  const what = `the processor has ${celsius.toFixed(0)} \u00b0C`;
  const figures = { celsius };
  if (celsius >= limits.red) {
    return red(
      subject,
      what,
      'cool it: at 80 \u00b0C it is made slower, and speech gets gaps; a fan or a larger heat sink',
      figures,
    );
  }
  if (celsius >= limits.amber) {
    return amber(
      subject,
      what,
      'give it air or a heat sink before the summer: at 80 \u00b0C it is made slower',
      figures,
    );
  }
  return green(subject, what, figures);
}

/** The hottest zone of the processor, or of whatever there is; undefined where nothing is measured. */
export async function readTemperature({ list, readText }: Machine): Promise<number | undefined> {
  const zones = (await list(folder)).filter((name) => name.startsWith('thermal_zone'));
  const readings = await Promise.all(
    zones.map(async (zone) => ({
      type: (await readText(`${folder}/${zone}/type`))?.trim() ?? '',
      celsius: Number.parseInt((await readText(`${folder}/${zone}/temp`)) ?? '', 10) / 1000,
    })),
  );
  // A zone that is switched off tells -273, or nothing.
  const told = readings.filter(({ celsius }) => celsius > -50 && celsius < 200);
  const processor = told.filter(({ type }) => /cpu|x86_pkg|soc|k10temp|bcm/i.test(type));
  const all = (processor.length > 0 ? processor : told).map(({ celsius }) => celsius);
  return all.length === 0 ? undefined : Math.max(...all);
}

export const temperature: Check = {
  doing: 'taking the temperature',
  subject,
  limitMs: quickLimitMs,
  async examine({ machine }) {
    const celsius = await readTemperature(machine);
    return celsius === undefined ? [] : [judgeTemperature(celsius)];
  },
};
